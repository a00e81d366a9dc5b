"""Guesses what a reply says next, so that several tokens are checked in one batch: drafts without a draft model.

The old text of what is being edited is the best guess, followed from place to place as the reply repeats it; otherwise
it is what followed the last time that the same tokens were seen in the prompt or the reply. A guess stands only where
the model itself chooses the same token, so drafts change the speed and nothing else. How long a guess pays is worked
out from what a batch of that size costs on this machine and from how often a guess was right after so many that were;
where none pays, a sure one is tried now and then all the same, because the cost changes with the load of the machine.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.engine.worker.batch_cost import BatchCost

_LENGTHS = (1, 3, 7, 15, 31)
# A repeated text breaks off without warning, so a draft from it has to promise more.
_OLD_WORTH, _REPEAT_WORTH = 1.05, 1.2
_RUNS = (2, 4, 8, 16)
"""After how many right guesses in a row the next one is surer: the bounds of the classes below."""
_OLD_CHANCES = (0.55, 0.8, 0.93, 0.98, 0.996)
_REPEAT_CHANCES = (0.4, 0.6, 0.8, 0.9, 0.95)
_PRIOR, _MEMORY = 12.0, 0.99
_OLD_GRAM, _GRAM = 2, 3
_LOOK_BACK = 12
_BACKWARDS = 3
_SURE, _TRY_AGAIN_AFTER = 0.9, 64
_RECENT = 0.25


class _Source:
    """A text that the reply may be repeating, and where in it the reply stands.

    Args:
        text: its tokens; they may grow at the end, each addition told to `index`.
        gram: how many tokens must agree for a place to be found.
        chances: how often the next token is right, by class of `_RUNS`, before anything is known.
        newest: of several places the last one is taken; else the one that follows most closely on where the reply left.
    """

    def __init__(self, text: list[int], gram: int, chances: Sequence[float], worth: float, newest: bool) -> None:
        self.text, self.worth = text, worth
        self._gram, self._newest = gram, newest
        self._places: dict[tuple[int, ...], list[int]] = {}
        for end in range(gram, len(text)):
            self.index(end)
        self._right = [_PRIOR * chance for chance in chances]
        self._tried = [_PRIOR] * len(chances)
        self.start_over()

    def start_over(self) -> None:
        """Stand at the beginning of an old text, and nowhere in a growing one."""
        self.cursor = -1 if self._newest or not self.text else 0
        self.run = _RUNS[1] if self.cursor == 0 else 0
        self._left = 0

    def index(self, end: int) -> None:
        """Make the place before token `end` known by the tokens before it."""
        self._places.setdefault(tuple(self.text[end - self._gram : end]), []).append(end)

    def forget(self, length: int) -> None:
        """Let no place be known from token `length` on; to be told before the text is cut there."""
        for end in range(max(length, self._gram), len(self.text)):
            self._places[tuple(self.text[end - self._gram : end])].pop()

    def step(self, said: Sequence[int], learn: bool) -> None:
        """Go on behind the last token of `said`; with `learn`, its agreement is counted."""
        if self.cursor >= 0 and self.cursor < len(self.text):
            right = self.text[self.cursor] == said[-1]
            if learn:
                kind = _class_of(self.run)
                self._right[kind] = self._right[kind] * _MEMORY + right
                self._tried[kind] = self._tried[kind] * _MEMORY + 1
            if right:
                self.cursor, self.run = self.cursor + 1, self.run + 1
                if self.run >= _RUNS[1]:
                    self._left = self.cursor
                return
        self.cursor, self.run = self._find(said), 0

    def _find(self, said: Sequence[int]) -> int:
        places = self._places.get(tuple(said[-self._gram :]), ()) if len(said) >= self._gram else ()
        if not places:
            return -1
        if self._newest:
            return places[-1]

        def likely(place: int) -> tuple[int, int]:
            distance = place - self._left
            return _agreement(self.text, place, said), -(distance if distance >= 0 else -_BACKWARDS * distance)

        return max(places, key=likely)

    def guess(self, most: int) -> Sequence[int]:
        """What comes next in it, at most `most` tokens; a growing text goes on as it has since the place found."""
        if self.cursor < 0:
            return ()
        known = self.text[self.cursor : self.cursor + most]
        return (known * (most // len(known) + 1))[:most] if self._newest and known else known

    def chances(self, count: int) -> list[float]:
        """How likely the first, the first two, … of the next `count` tokens are all right."""
        together, found = 1.0, []
        for run in range(self.run, self.run + count):
            kind = _class_of(run)
            together *= min(self._right[kind] / self._tried[kind], 0.998)
            found.append(together)
        return found


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
        self._old = _Source(list(old_text), _OLD_GRAM, _OLD_CHANCES, _OLD_WORTH, newest=False)
        self._repeats = _Source(self._said, _GRAM, _REPEAT_CHANCES, _REPEAT_WORTH, newest=True)
        self._plain_seconds = 0.0
        self._since_draft = 0

    def draft(self, most: int) -> Sequence[int]:
        """The tokens to check along with the last one, at most `most`; none where that does not pay."""
        if self._old.cursor < 0 and self._repeats.cursor < 0:
            return ()
        source = max((self._old, self._repeats), key=lambda source: sum(source.chances(len(source.guess(_LENGTHS[2])))))
        guess = source.guess(min(most, _LENGTHS[-1]))
        length = self._length(source, len(guess))
        if length:
            self._since_draft = 0
        return guess[:length]

    def observe(self, token: int) -> None:
        """Take note of the token that the model chose."""
        self._since_draft += 1
        self._say(token, learn=True)

    def note_batch(self, tokens: int, seconds: float) -> None:
        """Take note of what a batch of the last token and a draft, `tokens` in all, took."""
        if tokens == 1:
            recent = self._plain_seconds
            self._plain_seconds = recent + _RECENT * (seconds - recent) if recent else seconds
        elif self._plain_seconds:
            self._cost.learn(tokens, seconds / self._plain_seconds)

    def go_back(self, length: int) -> None:
        """Forget what the reply said after its first `length` tokens."""
        kept = self._said[self._prompt_length : self._prompt_length + length]
        self._repeats.forget(self._prompt_length)
        del self._said[self._prompt_length :]
        self._old.start_over()
        self._repeats.start_over()
        for token in kept:
            self._say(token, learn=False)

    def _say(self, token: int, learn: bool) -> None:
        self._said.append(token)
        self._old.step(self._said, learn)
        self._repeats.step(self._said, learn)
        if len(self._said) > _GRAM:
            self._repeats.index(len(self._said) - 1)

    def _length(self, source: _Source, available: int) -> int:
        """How many of the guessed tokens to check: the number that gains most a second, or none."""
        if not available:
            return 0
        chances = source.chances(available)
        best, best_gain = 0, source.worth
        for length in (*_LENGTHS, available):
            if length <= available:
                gain = (1 + sum(chances[:length])) / self._cost.of(length + 1)
                if gain > best_gain:
                    best, best_gain = length, gain
        if not best and chances[0] >= _SURE and available >= _LENGTHS[-1] and self._since_draft >= _TRY_AGAIN_AFTER:
            return _LENGTHS[-1]
        return best


def _class_of(run: int) -> int:
    return sum(run >= bound for bound in _RUNS)


def _agreement(text: Sequence[int], place: int, said: Sequence[int]) -> int:
    """How many tokens before `place` are the last ones of `said`, counted to a dozen."""
    count = 0
    while count < min(_LOOK_BACK, place, len(said)) and text[place - 1 - count] == said[-1 - count]:
        count += 1
    return count
