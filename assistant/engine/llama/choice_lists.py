"""Holds a reply to lists of texts at certain places: where it says "after", one of them must follow.

Bytes in, verdicts out: tokens, logits and llama.cpp are the sampler's business. Away from such a place the work for a
token is one search in a few bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assistant.engine.api import Choice


@dataclass(frozen=True)
class _Place:
    """Where a reply stands: `said` of one of `texts`, or, without texts, free with `said` as its last bytes."""

    said: bytes
    texts: tuple[bytes, ...] = ()


class Choices:
    """What of a reply to a request with `choices` may come next."""

    def __init__(self, choices: Sequence[Choice]) -> None:
        lists = [
            (choice.after.encode(), tuple((text + choice.end).encode() for text in choice.texts))
            for choice in choices
            if choice.texts
        ]
        self._open = frozenset(text.encode() for choice in choices if not choice.end for text in choice.texts)
        self._lists = [(after, texts) for after, texts in lists if after]
        self._kept = max((len(after) for after, _ in self._lists), default=1) - 1
        self._place = _Place(b"", tuple(text for after, texts in lists if not after for text in texts))

    @property
    def bound(self) -> bool:
        """Whether the next token must be part of a text of a list."""
        return bool(self._place.texts)

    @property
    def decided(self) -> bytes:
        """What must be written next, where only one text is left; else nothing.

        A text that may go on after its end decides nothing: a longer token may hold it and more.
        """
        place = self._place
        if len(place.texts) != 1 or place.texts[0] in self._open:
            return b""
        return place.texts[0][len(place.said) :]

    def allows(self, piece: bytes) -> bool:
        """Whether a token that stands for `piece` may come next."""
        return self._beyond(self._place, piece) is not None

    def take(self, piece: bytes) -> None:
        """Go on behind `piece`, which must be allowed."""
        self._place = self._beyond(self._place, piece) or self._free(piece)

    def possible(
        self, first: Callable[[bytes], Sequence[int]], longer: Callable[[bytes], Sequence[int]] = lambda text: ()
    ) -> list[int]:
        """The tokens that `first` names as the beginnings of what may follow here.

        At a free place they end what comes before a list: whoever chose to end it in another way has these to choose
        from. Where a text may go on after its end, the tokens that `longer` names as holding it and more are among them.
        """
        found: dict[int, None] = {}
        for rest, is_open in dict.fromkeys(self._rests()):
            found |= dict.fromkeys((*first(rest), *(longer(rest) if is_open and rest else ())))
        return list(found)

    def _rests(self) -> Iterator[tuple[bytes, bool]]:
        """What may be written next, and whether it may go on after that."""
        said = self._place.said
        yield from ((text[len(said) :], text in self._open) for text in self._place.texts)
        for after, texts in self._lists if not self.bound else ():
            for known in range(len(after)):
                if said.endswith(after[:known]):
                    yield from ((after[known:] + text, text in self._open) for text in texts)

    def _beyond(self, place: _Place, piece: bytes) -> _Place | None:
        """Where `piece` leads to from `place`; None where it may not stand there."""
        if not place.texts:
            return self._beyond_free(place.said, piece)
        said = place.said + piece
        done = max((text for text in place.texts if said.startswith(text)), key=len, default=None)
        if done is not None:
            return self._beyond_free(done, said[len(done) :])
        left = tuple(text for text in place.texts if text.startswith(said))
        return _Place(said, left) if left else None

    def _beyond_free(self, before: bytes, piece: bytes) -> _Place | None:
        tail = before[max(0, len(before) - self._kept) :] if self._kept else b""
        text = tail + piece
        ends = []
        for after, texts in self._lists:
            # One that ended before `piece` was seen already.
            at = text.find(after, max(0, len(tail) - len(after) + 1))
            if at >= 0:
                ends.append((at + len(after), texts))
        if not ends:
            return self._free(text)
        end, texts = min(ends, key=lambda found: found[0])
        return self._beyond(_Place(b"", texts), text[end:]) if text[end:] else _Place(b"", texts)

    def _free(self, text: bytes) -> _Place:
        return _Place(text[max(0, len(text) - self._kept) :] if self._kept else b"")
