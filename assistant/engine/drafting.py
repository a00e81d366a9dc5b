"""Guesses what a reply says next, so that several tokens are checked in one batch: drafts without a draft model.

The old text of what is being edited is the best guess, followed from place to place as the reply repeats it; otherwise
it is what followed the last time that the same three tokens were seen in the prompt or the reply. A guess stands only
where the model itself chooses the same token, so drafts change the speed and nothing else. How long a guess pays is
worked out from what a batch of that size costs on this machine and from how many guesses were right of late.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.engine.batch_cost import BatchCost

_GRAM = 3
_OLD_GRAM = 2
_LENGTHS = (3, 7, 15, 31)
# A repeated text breaks off without warning, so a draft from it has to promise more.
_WORTH = {True: 1.05, False: 1.2}
_MEMORY = 0.93
_TRUST_IN_OLD_TEXT, _TRUST_IN_REPEATS = 0.96, 0.6


class Drafter:
    """The guesses for one reply.

    Args:
        prompt: its tokens.
        old_text: tokens of a text that the reply will mostly repeat; empty for none.
    """

    def __init__(self, prompt: Sequence[int], old_text: Sequence[int], cost: BatchCost) -> None:
        self._cost = cost
        self._said = list(prompt)
        self._prompt_length = len(self._said)
        self._seen: dict[tuple[int, ...], int] = {}
        for end in range(_GRAM, len(self._said)):
            self._seen[tuple(self._said[end - _GRAM : end])] = end
        self._old = list(old_text)
        self._places: dict[tuple[int, ...], list[int]] = {}
        for end in range(_OLD_GRAM, len(self._old)):
            self._places.setdefault(tuple(self._old[end - _OLD_GRAM : end]), []).append(end)
        self._start_over()
        self._right = {True: 10 * _TRUST_IN_OLD_TEXT, False: 10 * _TRUST_IN_REPEATS}
        self._tried = {True: 10.0, False: 10.0}
        self._guess: Sequence[int] = ()

    def _start_over(self) -> None:
        self._cursor = 0
        self._following = bool(self._old)

    def go_back(self, length: int) -> None:
        """Forget what the reply said after its first `length` tokens."""
        del self._said[self._prompt_length + length :]
        self._guess = ()
        said, self._said = self._said, self._said[: self._prompt_length]
        self._start_over()
        for token in said[self._prompt_length :]:
            self._said.append(token)
            if self._old:
                self._follow(token)

    def draft(self, most: int) -> Sequence[int]:
        """The tokens to check along with the last one, at most `most`; none where that does not pay."""
        self._guess = self._continuation(min(most, _LENGTHS[-1]))
        return self._guess[: self._length(len(self._guess))]

    def observe(self, token: int) -> None:
        """Take note of the token that the model chose."""
        if self._guess:
            right = self._guess[0] == token
            kind = self._following
            self._right[kind] = self._right[kind] * _MEMORY + right
            self._tried[kind] = self._tried[kind] * _MEMORY + 1
            self._guess = self._guess[1:] if right else ()
        self._said.append(token)
        said = self._said
        if len(said) > _GRAM:
            self._seen[tuple(said[-_GRAM - 1 : -1])] = len(said) - 1
        if self._old:
            self._follow(token)

    def _continuation(self, most: int) -> Sequence[int]:
        if self._following:
            return self._old[self._cursor : self._cursor + most]
        place = self._seen.get(tuple(self._said[-_GRAM:]))
        return self._said[place : place + most] if place is not None else ()

    def _follow(self, token: int) -> None:
        """Move on in the old text, or find the place in it again after the reply has left it."""
        if self._following and self._cursor < len(self._old) and self._old[self._cursor] == token:
            self._cursor += 1
        else:
            self._following = False
            places = self._places.get(tuple(self._said[-_OLD_GRAM:]), ())
            ahead = next((place for place in places if place >= self._cursor), None)
            if ahead is not None:
                self._cursor, self._following = ahead, True
        if self._cursor >= len(self._old):
            self._following = False

    def _length(self, available: int) -> int:
        """How many of the guessed tokens to check: the number that gains most a second, or none."""
        chance = min(self._right[self._following] / self._tried[self._following], 0.995)
        best, best_gain = 0, _WORTH[self._following]
        for length in (*_LENGTHS, available):
            if length <= available:
                expected = (1 - chance ** (length + 1)) / (1 - chance)
                gain = expected / self._cost.of(length + 1)
                if gain > best_gain:
                    best, best_gain = length, gain
        return best
