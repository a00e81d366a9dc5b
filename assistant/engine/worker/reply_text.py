"""Turns the tokens of one reply into text as they come: never half a character, and nothing from a stop string on.

The work for a token does not depend on how long the reply already is.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable


class ReplyText:
    """The text of one reply. `feed` takes the bytes of each token; `finish` gives what was held back.

    Held back are bytes of an unfinished character and a tail that may be the beginning of a stop string.
    """

    def __init__(self, stop: tuple[str, ...] = ()) -> None:
        self._stop = tuple(text for text in stop if text)
        self._longest = max((len(text) for text in self._stop), default=0)
        self._begin()

    def _begin(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._tail = ""
        self.stopped = False
        """Whether a stop string was met; it and what follows it are no part of the text."""
        self.characters = 0
        """How many whole characters there were so far, the ones held back among them."""

    def feed(self, piece: bytes) -> str:
        """The text that is certain after `piece`."""
        new = self._decoder.decode(piece)
        self.characters += len(new)
        return self._pass_on(new)

    def go_back(self, pieces: Iterable[bytes]) -> int:
        """Begin anew behind these pieces; returns how many of their characters are certain."""
        self._begin()
        return sum(len(self.feed(piece)) for piece in pieces)

    def finish(self) -> str:
        """The rest, at the end of the reply."""
        if self.stopped:
            return ""
        rest = self._pass_on(self._decoder.decode(b"", final=True))
        rest, self._tail = rest + self._tail, ""
        return rest

    def _pass_on(self, new: str) -> str:
        if not self._stop or self.stopped:
            return "" if self.stopped else new
        text = self._tail + new
        cut = min((at for stop in self._stop if (at := text.find(stop)) >= 0), default=-1)
        if cut >= 0:
            self.stopped, self._tail = True, ""
            return text[:cut]
        held = self._possible_start(text)
        self._tail = text[len(text) - held :]
        return text[: len(text) - held]

    def _possible_start(self, text: str) -> int:
        """How many of the last characters may begin a stop string."""
        for length in range(min(self._longest - 1, len(text)), 0, -1):
            if any(stop.startswith(text[-length:]) for stop in self._stop):
                return length
        return 0
