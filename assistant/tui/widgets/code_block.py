"""A block of code in a reply: grows line by line, wraps long lines, is copied by one key or one click."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.selection import Selection
from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget

from assistant.ground.visible import VisibleStream, visible_line
from assistant.tui.drawing.code_lines import CodeLines
from assistant.tui.drawing.drawn_rows import DrawnRows
from assistant.tui.drawing.wrapping import character_cuts
from assistant.tui.keymap import named
from assistant.tui.messages import CopyRequested

_TITLE_ROWS = 1


class CodeBlock(Widget, can_focus=True):
    """Code that may still be growing.

    Args:
        language: as the reply names it.
    """

    DEFAULT_CSS = """
    CodeBlock {
        height: auto;
        margin: 0 0 1 0;
        padding: 0 1;
        background: $surface;
        border-left: outer $border;
        &:focus { border-left: outer $accent; background: $panel; }
        &:hover { border-left: outer $primary; }
        & > .code-block--title { color: $foreground 55%; }
        & > .code-block--hint { color: $accent; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"code-block--title", "code-block--hint"}
    BINDINGS: ClassVar[list[BindingType]] = named("block", [Binding("y,enter", "copy", "Copy this code")])

    def __init__(self, language: str = "") -> None:
        super().__init__()
        self._title = visible_line(language) or "text"
        self._border = VisibleStream()
        self._code = CodeLines(visible_line(language))
        self._rows: list[tuple[int, int, int]] = []
        self._wrapped_at = 0
        self._drawn = DrawnRows()

    @property
    def code(self) -> str:
        """The code as it is shown."""
        return self._code.text.rstrip("\n") + "\n"

    @property
    def language(self) -> str:
        """The language as the reply names it, "text" where it names none."""
        return self._title

    def feed(self, text: str) -> None:
        """Add code at the end."""
        rows = len(self._rows)
        first = self._code.feed(self._border.feed(text))
        row = self._wrap(from_line=first)
        changed = Region(0, _TITLE_ROWS + row, self.size.width, max(rows, len(self._rows)) - row)
        self.refresh(changed, layout=len(self._rows) != rows)

    def finish(self) -> None:
        """The block is complete."""
        self._code.feed(self._border.flush())
        self._code.close()
        self._wrap()
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Rows of the title and of the wrapped code."""
        if width != self._wrapped_at:
            self._wrapped_at = width
            self._wrap()
        return _TITLE_ROWS + len(self._rows)

    def render_line(self, y: int) -> Strip:
        """One row: the title, or a part of a line."""
        width = self.size.width
        # The title says which key copies, while the block has the focus.
        kept = y >= _TITLE_ROWS and self.text_selection is None
        if kept and (known := self._drawn.get(y, width)) is not None:
            return known
        content = self._title_row(width) if y < _TITLE_ROWS else self._code_row(y - _TITLE_ROWS)
        strips = Visual.to_strips(self, content, width, 1, self.visual_style, apply_selection=False, pad=True)
        strip = strips[0].apply_offsets(0, y) if strips else Strip.blank(width)
        return self._drawn.keep(y, width, strip) if kept else strip

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The part of the code that the mouse has marked."""
        rows = ["", *(self._code.lines[line].plain[start:end] for line, start, end in self._rows)]
        return selection.extract("\n".join(rows)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw the marked part."""
        self.refresh()

    def action_copy(self) -> None:
        """Ask for the code to be copied."""
        self.post_message(CopyRequested(self.code, self.language))

    def on_click(self, event: events.Click) -> None:
        """A click on the title row copies."""
        if event.y < _TITLE_ROWS:
            self.action_copy()

    def on_resize(self) -> None:
        """Wrap anew when the width has changed."""
        if self.size.width != self._wrapped_at:
            self._wrapped_at = self.size.width
            self._wrap()
            self.refresh(layout=True)

    def _title_row(self, width: int) -> Content:
        hint = "y copies" if self.has_focus else "copy"
        room = max(1, width - len(hint) - 1)
        title = Content.styled(self._title[:room].ljust(room), "$foreground 55%")
        return Content("").join(
            [title, Content(" "), Content.styled(hint, "$accent" if self.has_focus else "$foreground 40%")]
        )

    def _code_row(self, row: int) -> Content:
        if row >= len(self._rows):
            return Content("")
        line, start, end = self._rows[row]
        content = self._code.lines[line][start:end]
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(row + _TITLE_ROWS)) is not None:
            style = self.screen.get_visual_style("screen--selection")
            content = content.stylize(style, span[0], None if span[1] == -1 else span[1])
        return content

    def _wrap(self, from_line: int = 0) -> int:
        """Wrap from a line on; returns its first row."""
        while self._rows and self._rows[-1][0] >= from_line:
            self._rows.pop()
        first = len(self._rows)
        # A row less, for the last one may have been left out before.
        self._drawn.forget(_TITLE_ROWS + first - 1 if from_line else 0)
        width = max(1, self._wrapped_at)
        for line in range(from_line, len(self._code.lines)):
            text = self._code.lines[line].plain
            self._rows += [(line, start, end) for start, end in character_cuts(text, width)]
        if self._rows and self._rows[-1][1:] == (0, 0) and len(self._rows) > 1:
            self._rows.pop()
        return first

    def notify_style_update(self) -> None:
        """Colours come from the theme, so a new theme is a new drawing."""
        super().notify_style_update()
        self._drawn.forget()
        self.refresh(Region(0, 0, *self.size))
