"""Holds a reply to lists of texts at certain places: where it says "after", one of them must follow.

Bytes in, verdicts out: tokens, logits and llama.cpp are the sampler's business. Away from such a place the work for a
token is one search in a few bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
        self._lists = [(after, texts) for after, texts in lists if after]
        self._kept = max((len(after) for after, _ in self._lists), default=1) - 1
        self._place = _Place(b"", tuple(text for after, texts in lists if not after for text in texts))

    @property
    def bound(self) -> bool:
        """Whether the next token must be part of a text of a list."""
        return bool(self._place.texts)

    def allows(self, piece: bytes) -> bool:
        """Whether a token that stands for `piece` may come next."""
        return self._beyond(self._place, piece) is not None

    def take(self, piece: bytes) -> None:
        """Go on behind `piece`, which must be allowed."""
        self._place = self._beyond(self._place, piece) or self._free(piece)

    def possible(self, tokens: Mapping[bytes, Sequence[int]]) -> list[int]:
        """Of `tokens` (by their bytes), the ones that go on within a text of a list.

        At a free place these are the ones that end what comes before a list and begin one of its texts: whoever chose
        to end it in another way gets these to choose from.
        """
        pieces = dict.fromkeys(self._inside(self._place) if self.bound else self._entries())
        return [token for piece in pieces if self.allows(piece) for token in tokens.get(piece, ())]

    def _inside(self, place: _Place) -> Iterator[bytes]:
        said = len(place.said)
        for text in place.texts:
            yield from (text[said:end] for end in range(said + 1, len(text) + 1))

    def _entries(self) -> Iterator[bytes]:
        for after, texts in self._lists:
            for known in range(len(after)):
                if self._place.said.endswith(after[:known]):
                    yield after[known:]
                    yield from (after[known:] + piece for piece in self._inside(_Place(b"", texts)))

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
