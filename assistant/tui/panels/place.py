"""What the lines above and below a text say: the way to the cursor through folders and symbols, and what is there."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from assistant.syntax.symbols import Symbol
from assistant.tui.drawing.untrusted import joined, plain_line
from assistant.tui.panels.buffer import Buffer, Disk
from assistant.tui.panels.outline import SIGNS

_ON_DISK = {Disk.SAME: "", Disk.CHANGED: "changed on disk", Disk.GONE: "gone from disk: Ctrl+S writes it again"}
_BETWEEN = ("  ›  ", "$foreground 35%")


def way_to(path: str, around: Sequence[Symbol] = ()) -> Content:
    """The folders of a path, then the symbols that hold the cursor, the outer ones first."""
    steps = [plain_line(path.replace("/", " › "))]
    steps += [joined((f"{SIGNS.get(s.kind, '•')} ", "$secondary"), plain_line(s.name)) for s in around]
    return joined(*[part for step in steps for part in (step, _BETWEEN)][:-1])


def place_in(buffer: Buffer, around: Sequence[Symbol]) -> Content:
    """Where the cursor stands and on what, and what is to be said of the file."""
    text = buffer.text
    row, column = text.cursor_location
    parts = [
        text.modal.status if text.modal else "",
        f"{row + 1}:{column + 1}",
        text.selected_words(),
        text.node_kind(),
        around[-1].qualified_name if around else "",
        buffer.language_name,
        "read only" if text.read_only else "",
        _ON_DISK[buffer.disk],
    ]
    return plain_line("  ·  ".join(part for part in parts if part))
