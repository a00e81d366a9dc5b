"""vim on Textual's text area: the buffer that `Vim` works on."""

from __future__ import annotations

from collections.abc import Sequence

from textual.widgets import TextArea
from textual.widgets.text_area import Selection

from assistant.tui.vim.motions import Place


class AreaBuffer:
    """The text of a `TextArea`."""

    def __init__(self, area: TextArea) -> None:
        self._area = area

    @property
    def lines(self) -> Sequence[str]:
        """The document's own list of lines; not a copy, for a motion must not cost the length of the file."""
        return self._area.document.lines

    @property
    def cursor(self) -> Place:
        """Row and column."""
        row, column = self._area.cursor_location
        return row, column

    def move(self, place: Place) -> None:
        """Put the cursor there."""
        self._area.selection = Selection(place, place)
        self._area.scroll_cursor_visible()

    def select(self, start: Place, end: Place) -> None:
        """Select, the cursor at the end."""
        self._area.selection = Selection(start, end)
        self._area.scroll_cursor_visible()

    def replace(self, start: Place, end: Place, text: str) -> None:
        """Change the text."""
        if not self._area.read_only:
            self._area.replace(text, start, end, maintain_selection_offset=False)

    def begin_step(self) -> None:
        """Undo stops here."""
        self._area.history.checkpoint()

    def undo(self) -> None:
        """Take the last step back."""
        self._area.undo()

    def redo(self) -> None:
        """Do it again."""
        self._area.redo()
