"""What of a file goes into a completion's prompt: chosen by the tree, cut at its boundaries, and kept while one types.

A Frame holds both sides of a gap that began at the start of the cursor's line. What is typed into the gap since goes
behind everything else, as the beginning of the middle, so that neither side changes: a key press costs one new token,
and the middle is tokenized in one run from its line's start. (On tiny-starcoder, half-written lines were completed
exactly 46 times of 180 this way and 21 times with the typed part at the end of the prefix.)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.completion.boundaries import cut_after, cut_before
from assistant.completion.fit import CountTokens, without_touched
from assistant.completion.ring import Chunk, Ring
from assistant.engine.api import InfillPrompt
from assistant.syntax.document import Document, Span
from assistant.syntax.symbols import Symbol, symbols_around

_LONGEST_MIDDLE = 1200
"""Characters typed into a gap after which a new one begins."""
_BEFORE_SHARE = 0.8
_BELOW, _BELOW_NOW = 0.2, 0.1
"""How much of the room goes to what follows the cursor, which is read anew after each jump: with time to read ahead, and
where someone waits for the answer. (On tiny-starcoder, 32 and 36 lines of 100 were exact, with 143 and 108 tokens read.)"""
_NEIGHBOURS = 0.5
"""How much of that neighbours may fill."""
_FOR_OTHERS = 0.3
"""What neighbours leave to the ring and the imports."""
_HEADS = 0.15
"""How much of the room the heads of what the cursor is in may go beyond, where a long body has filled it."""
_FILL = 0.5
"""How much of the budget a new frame takes, so that it can stay as it is while the text grows."""
_CHARACTERS_A_TOKEN = 3.2
_RETRIES = 4
_PIECE = re.compile(r"\d|[A-Za-z_]{1,3}|\s+|.")
_MARKS = 4
"""Tokens of the layout between the sides."""


@dataclass(frozen=True)
class Frame:
    """The two sides of one gap. Places are in characters of the document that it was made for."""

    path: str
    start: int
    """Where the part of the file begins that stands right before the gap."""
    anchor: int
    """Where the gap begins: the start of a line."""
    before: str
    """The file from `start` to `anchor`."""
    after: str
    """The file behind the gap, as far as it is in the prompt."""
    ends_file: bool
    """Whether `after` goes to the end of the file."""
    above: str
    """What stands in front of `before`: chunks of the ring, imports, the first lines of what the cursor is in."""
    tokens: int
    """Tokens that the prompt takes at most, with nothing typed."""

    def prompt(self, document: Document, cursor: int) -> tuple[InfillPrompt, str]:
        """The prompt for a cursor that the frame fits, and what stands between the prompt's end and the cursor.

        The reply has to begin with that; see `without_touched`.
        """
        middle, held = without_touched(document.text[self.anchor : cursor])
        return InfillPrompt(self.above + self.before, self.after, middle), held

    def fits(self, document: Document, cursor: int, path: str) -> bool:
        """Whether only the gap itself has changed since."""
        text, end = document.text, cursor + len(self.after)
        return (
            path == self.path
            and 0 <= cursor - self.anchor <= _LONGEST_MIDDLE
            and text[self.start : self.anchor] == self.before
            and text[cursor:end] == self.after
            and (not self.ends_file or end == len(text))
        )


async def build_frame(
    document: Document,
    cursor: int,
    path: str,
    ring: Ring,
    budget: int,
    count: CountTokens,
    last: Frame | None = None,
    waited_for: bool = False,
) -> Frame:
    """The frame for a cursor, of at most `budget` tokens by `count`.

    Args:
        last: the frame before: where the text begins is kept if it can be, so that what was read stays read.
        waited_for: whether an answer is, so that there should be less to read.
    """
    below = _BELOW_NOW if waited_for else _BELOW
    ratio, share = _CHARACTERS_A_TOKEN, 1.0 if last is None else _FILL
    frame = _choose(document, cursor, path, ring, int(budget * ratio * _FILL), below, last)
    for _ in range(_RETRIES):
        tokens = _at_most(frame)
        if tokens > budget:
            tokens = await count(InfillPrompt(frame.above + frame.before, frame.after))
        frame = _counted(frame, tokens)
        if tokens <= budget:
            return frame
        # Denser text than thought (or none of the old beginning fits any more): measured, and chosen anew.
        size = len(frame.above) + len(frame.before) + len(frame.after)
        ratio = min(ratio, size / tokens) * share
        share, last = 0.8, None
        frame = _choose(document, cursor, path, ring, int(budget * ratio * _FILL), below, None)
    return _counted(frame, await count(InfillPrompt(frame.above + frame.before, frame.after)))


def _at_most(frame: Frame) -> int:
    """More tokens than any model is likely to make of a frame: where they are few enough, nobody need be asked."""
    text = frame.above + frame.before + frame.after
    return sum(1 for _ in _PIECE.finditer(text)) + len(text.encode("utf-8", "surrogateescape")) - len(text) + _MARKS


def _counted(frame: Frame, tokens: int) -> Frame:
    return Frame(frame.path, frame.start, frame.anchor, frame.before, frame.after, frame.ends_file, frame.above, tokens)


def _choose(
    document: Document, cursor: int, path: str, ring: Ring, room: int, below: float, last: Frame | None
) -> Frame:
    """A frame of about `room` characters: the symbol around the cursor, its neighbours, and last all else."""
    text = document.text
    anchor = max(document.line_span(document.line_of(cursor)).start, cursor - _LONGEST_MIDDLE // 2)
    around = _symbols_around(document, cursor)
    start, end = _window(document, anchor, cursor, around, room, below)
    kept_start = _still_good(document, anchor, last, path, room)
    if kept_start is not None:
        start = kept_start
    before, after = text[start:anchor], text[cursor:end]
    free = max(0, room - len(before) - len(after))
    if kept_start is not None and last is not None:
        # Anything new in front would have to be read again with all that follows.
        above = last.above
    else:
        heads = "".join(head for symbol in around if (head := _head(document, symbol, start)))
        if len(heads) > max(free, room * _HEADS):
            heads = ""
        above = _above(document, start, ring.chunks(before + after, path), free - len(heads)) + heads
    return Frame(path, start, anchor, before, after, end >= len(text), above, 0)


def _symbols_around(document: Document, cursor: int) -> list[Symbol]:
    """The symbols that the cursor is in, the outermost first.

    Behind the last line of a body the tree says nothing; there a line belongs to what it is indented under. A
    half-written line may break all around it: then what it stands in is looked for with blanks in its place.
    """
    line = document.line_span(document.line_of(cursor))
    written = document.text[line.start : line.end].rstrip()
    if written and document.quick_tree is not None and document.quick_tree.root_node.has_error:
        document = document.edit(line.start, line.start + len(written), " " * len(written))
        cursor = line.start + len(written) - len(written.lstrip())
    text = document.text
    found = list(symbols_around(document, cursor))
    left = text[text.rfind("\n", 0, cursor) + 1 : cursor]
    if left.strip() or not left:
        return found
    last = len(text[:cursor].rstrip())
    above = symbols_around(document, last)
    lines = [text[document.line_span(symbol.start_line).start : symbol.span.end] for symbol in above]
    indents = [len(line) - len(line.lstrip(" \t")) for line in lines]
    return [symbol for symbol, indent in zip(above, indents, strict=True) if symbol in found or indent < len(left)]


def _window(
    document: Document, anchor: int, cursor: int, around: Sequence[Symbol], room: int, below: float
) -> tuple[int, int]:
    """From where to where the file itself is in the prompt."""
    size = len(document.text)
    inner = min((symbol.span for symbol in around), key=len, default=Span(anchor, cursor))
    own = Span(min(inner.start, anchor), max(inner.end, cursor))
    before, after = _shares(anchor - own.start, own.end - cursor, room, below)
    if before + after < room:
        rest = int((room - before - after) * (1 - _FOR_OTHERS))
        most_after = max(0, int(room * below * _NEIGHBOURS) - after)
        more_before, more_after = _shares(own.start, min(size - own.end, most_after), rest, below)
        before, after = before + more_before, after + more_after
    start, end = max(0, anchor - before), min(size, cursor + after)
    first = 0 if start == 0 else cut_before(document, start, anchor)
    if end < own.end:
        return first, cut_after(document, cursor, end)
    # A neighbour that does not go in whole says nothing.
    return first, cut_after(document, own.end, end, share=1.0)


def _shares(before: int, after: int, room: int, below: float) -> tuple[int, int]:
    """How much of two sides goes into `room`: what follows never gets more than its share, since it is read again
    whenever the cursor goes elsewhere; what it does not need, the other side gets."""
    given_after = min(after, int(room * below))
    return min(before, room - given_after), given_after


def _still_good(document: Document, anchor: int, last: Frame | None, path: str, room: int) -> int | None:
    """Where the last frame began, if what followed there still does and not too much has been added."""
    if last is None or last.path != path or not last.start <= anchor:
        return None
    same = min(anchor, last.anchor) - last.start
    if document.text[last.start : last.start + same] != last.before[:same] or same <= 0:
        return None
    return last.start if anchor - last.start + len(last.above) <= room / _FILL * _BEFORE_SHARE else None


def _above(document: Document, start: int, chunks: Sequence[Chunk], free: int) -> str:
    """The ring's chunks and the imports, as far as they are not there anyway."""
    imports = _imports(document, start)
    if len(imports) > max(0, free) // 2:
        imports = imports[: imports.rfind("\n", 0, max(0, free) // 2 + 1) + 1]
    free -= len(imports)
    comment = document.language.comment if document.language else ""
    pieces: list[str] = []
    for chunk in chunks:
        piece = f"{comment} {chunk.path}\n{chunk.text}\n\n" if comment else f"{chunk.text}\n\n"
        if len(piece) <= free:
            # The newest stands nearest.
            pieces.insert(0, piece)
            free -= len(piece)
    return "".join(pieces) + (f"{imports}\n" if imports else "")


def _head(document: Document, symbol: Symbol, start: int) -> str:
    """The lines of a definition down to its body, where the text begins behind them."""
    if symbol.body is None or symbol.definition.start >= start:
        return ""
    first = document.line_span(document.line_of(symbol.definition.start)).start
    body = document.line_span(document.line_of(symbol.body.start)).start
    last = body if body > first else document.line_span(document.line_of(symbol.definition.start)).end
    return document.text[first : min(last, start)]


def _imports(document: Document, start: int) -> str:
    """What stands at the top of the file and brings in names, up to `start`."""
    if document.quick_tree is None or start == 0:
        return ""
    lines: list[str] = []
    for node in document.quick_tree.root_node.children:
        if node.start_byte >= document.byte_of(start):
            break
        kind = node.type
        if any(word in kind for word in ("import", "include", "use_declaration", "using", "package", "require")):
            lines.append(document.text_of(node).strip("\r\n") + "\n")
    return "".join(lines)
