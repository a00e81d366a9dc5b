"""The ring of chunks that were touched last: what one has just read or changed elsewhere helps the next line here.

A chunk is the symbol around the touched place, or the lines around it. Chunks that say almost the same are kept once,
and chunks that say what stands around the cursor anyway are left out, since a model would only repeat them.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass

from assistant.syntax.document import Document, Span
from assistant.syntax.symbols import symbol_at

_LARGEST = 4000
"""Characters of a chunk; a larger symbol is cut to the lines around the touched place."""
_LINES = 24
_SAME, _HERE_ALREADY = 0.9, 0.5


@dataclass(frozen=True)
class Chunk:
    """A piece of a file as it was when it was touched."""

    path: str
    text: str


class Ring:
    """The `most` newest chunks."""

    def __init__(self, most: int) -> None:
        self._chunks: deque[Chunk] = deque(maxlen=most)

    def touch(self, document: Document, span: Span, path: str) -> None:
        """Keep the chunk around `span` as the newest one."""
        text = chunk_text(document, span)
        if not text.strip():
            return
        for old in list(self._chunks):
            if likeness(old.text, text) > _SAME or (old.path == path and likeness(old.text, text) > _HERE_ALREADY):
                self._chunks.remove(old)
        self._chunks.append(Chunk(path, text))

    def chunks(self, around: str, path: str) -> tuple[Chunk, ...]:
        """The chunks that add something to what stands `around` the cursor in `path`, the newest first."""
        lines = _lines(around)
        return tuple(
            chunk
            for chunk in reversed(self._chunks)
            if _held(_lines(chunk.text), lines) <= _HERE_ALREADY and not (chunk.path == path and chunk.text in around)
        )


def chunk_text(document: Document, span: Span) -> str:
    """The text of the symbol around a place; of the lines around it where there is none, or where it is too large."""
    symbol = symbol_at(document, span.start)
    if symbol is not None and len(symbol.span) <= _LARGEST:
        start = document.line_span(symbol.start_line).start
        return document.text[start : symbol.span.end]
    line = document.line_of(span.start)
    first = document.line_span(max(1, line - _LINES // 2)).start
    last = document.line_span(line + _LINES // 2).end
    return document.text[first:last][:_LARGEST].strip("\r\n")


def likeness(one: str, other: str) -> float:
    """How alike two texts are by their lines: twice the common ones over all (Dice)."""
    ours, theirs = _lines(one), _lines(other)
    total = ours.total() + theirs.total()
    return 2 * (ours & theirs).total() / total if total else 1.0


def _held(lines: Counter[str], within: Counter[str]) -> float:
    return (lines & within).total() / lines.total() if lines else 1.0


def _lines(text: str) -> Counter[str]:
    return Counter(line for raw in text.splitlines() if (line := raw.strip()))
