"""One hunk of a change, with the lines around it: unified or side by side, marked by what was decided about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from textual.content import Content

from assistant.editing.edit import Hunk
from assistant.ground.visible import visible_line
from assistant.tui.code_lines import coloured
from assistant.tui.untrusted import Plain, joined, plain_line

Decision = Literal["open", "accepted", "rejected"]

_AROUND = 3
_TAB = 4
_SIGNS = {
    "open": ("○ undecided", "$foreground 60%"),
    "accepted": ("✔ accepted", "$success"),
    "rejected": ("✖ rejected", "$error"),
}


class HunkView(Plain):
    """A hunk.

    Args:
        lines: the whole old text, for the lines around.
        language: for the colours.
    """

    DEFAULT_CSS = """
    HunkView {
        height: auto;
        padding: 0 1;
        margin: 0 0 1 0;
        border-left: outer $border;
        background: $surface;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        &.-current { border-left: outer $accent; background: $panel; }
    }
    """

    def __init__(self, hunk: Hunk, lines: Sequence[str], language: str) -> None:
        super().__init__()
        self.hunk = hunk
        self.edited = False
        self.decision: Decision = "open"
        self.comment = ""
        self._side_by_side = False
        end = hunk.start + len(hunk.old)
        self._language = language
        self._before = _colour(lines[max(0, hunk.start - _AROUND) : hunk.start], language)
        self._old = _colour(hunk.old, language)
        self._new = _colour(hunk.new, language)
        self._after = _colour(lines[end : end + _AROUND], language)

    def on_mount(self) -> None:
        """Draw it."""
        self.draw()

    def on_resize(self) -> None:
        """Columns depend on the width."""
        self.draw()

    def decide(self, decision: Decision, comment: str = "") -> None:
        """Mark it."""
        self.decision = decision
        self.comment = comment
        self.draw()

    def rewrite(self, hunk: Hunk) -> None:
        """Show the hunk as the user has rewritten it, which accepts it."""
        self.edited = hunk.new != self.hunk.new or self.edited
        self.hunk = hunk
        self._new = _colour(hunk.new, self._language)
        self.decide("accepted")

    def lay_out(self, side_by_side: bool) -> None:
        """Unified, or old and new beside each other."""
        self._side_by_side = side_by_side
        self.draw()

    def draw(self) -> None:
        """Show hunk, decision and comment."""
        sign, colour = _SIGNS[self.decision]
        head = joined((f"line {self.hunk.first_line}  ", "$foreground 60%"), (sign, colour))
        if self.edited:
            head = joined(head, ("  ✎ rewritten by you", "$accent"))
        if self.comment:
            head = joined(head, "  ", plain_line(f"“{self.comment}”", "$foreground 80%"))
        rows = self._columns() if self._side_by_side else self._unified()
        self.show(Content("\n").join([head, *rows]))

    def _unified(self) -> list[Content]:
        rows = [joined("  ", line) for line in self._before]
        width = self.content_size.width
        rows += [_tinted(joined(("- ", "$error"), line), "on $error 15%", width) for line in self._old]
        rows += [_tinted(joined(("+ ", "$success"), line), "on $success 15%", width) for line in self._new]
        return rows + [joined("  ", line) for line in self._after]

    def _columns(self) -> list[Content]:
        width = max(10, (self.size.width - 3) // 2)
        rows = [_pair(line, line, width) for line in self._before]
        for index in range(max(len(self._old), len(self._new))):
            old = _tinted(self._old[index], "on $error 15%", width) if index < len(self._old) else Content("")
            new = _tinted(self._new[index], "on $success 15%", width) if index < len(self._new) else Content("")
            rows.append(_pair(old, new, width))
        return rows + [_pair(line, line, width) for line in self._after]


def _pair(left: Content, right: Content, width: int) -> Content:
    return joined(
        left.truncate(width, ellipsis=True, pad=True), (" │ ", "$border"), right.truncate(width, ellipsis=True)
    )


def _tinted(line: Content, style: str, width: int) -> Content:
    return line.pad_right(max(0, width - line.cell_length)).stylize(style)


def _colour(lines: Sequence[str], language: str) -> list[Content]:
    if not lines:
        return []
    return coloured("\n".join(visible_line(line.rstrip("\r\n").expandtabs(_TAB)) for line in lines), language)
