"""A text area for code: it paints the rows that changed and no others, colours what is in view, and makes hostile text visible.

Text and tree are `CodeText`'s, rows and folds `LineView`'s, looks `LinePainter`'s; here keys and mouse meet them. The
text belongs to the file; what is drawn is made visible character by character, so columns stay what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.cache import LRUCache
from textual.document._document import Location
from textual.geometry import Offset, Region, Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widgets.text_area import Edit, EditResult
from textual.widgets.text_area import Selection as AreaSelection

from assistant.session.large_file import LargeLines
from assistant.syntax import selection as tree
from assistant.syntax.document import Document
from assistant.syntax.languages import Language
from assistant.tui.code_text import CodeText
from assistant.tui.line_painter import Columns, LineLook, LinePainter
from assistant.tui.line_view import LineNavigator, LineView
from assistant.tui.palette import palette_of
from assistant.tui.widgets.text_box import TextBox

_WIDTH_STEP = 32


@dataclass(frozen=True)
class _RowLook:
    """What a row depends on: a line of the text, something drawn over it, or nothing; and the view."""

    what: LineLook | str | None
    scroll: int
    width: int
    gutter: int


class CodeArea(TextBox):
    """Code, to be typed into or only read.

    Args:
        text: with LF line ends, or the lines of a file that is only read.
        language: of the tree; None for plain text.
    """

    DEFAULT_CSS = """
    CodeArea, CodeArea:focus {
        width: 1fr;
        height: 1fr;
        border: none;
        padding: 0;
        background: $background;
        background-tint: transparent;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
    }
    """

    selection = reactive(AreaSelection(), init=False, always_update=True, repaint=False)

    def __init__(self, text: str | LargeLines, language: Language | None, id: str | None = None) -> None:
        self._source_language = language
        self._large = None if isinstance(text, str) else text
        self._painter: LinePainter | None = None
        self._painted: dict[int, _RowLook] = {}
        self._strips: LRUCache[_RowLook, Strip] = LRUCache(512)
        self._found: dict[int, tuple[Columns, ...]] = {}
        super().__init__(
            text if isinstance(text, str) else "",
            soft_wrap=False,
            show_line_numbers=True,
            tab_behavior="indent",
            id=id,
            compact=True,
            max_checkpoints=1000,
        )

    # -- the text

    def _set_document(self, text: str, language: str | None) -> None:
        self.document: CodeText = CodeText(text if self._large is None else self._large, self._source_language)
        self.wrapped_document: LineView = LineView(self.document, self.indent_width)
        self.navigator = LineNavigator(self.wrapped_document)
        self._painted.clear()
        self.move_cursor((0, 0))
        self._rewrap_and_refresh_virtual_size()

    @property
    def view(self) -> LineView:
        """Rows and folds."""
        return self.wrapped_document

    @property
    def parsed(self) -> Document:
        """The text as a tree; after an edit only what changed is parsed again."""
        return self.document.parsed

    @property
    def revision(self) -> int:
        """Grows with each change of the text."""
        return self.document.revision

    @property
    def span(self) -> tree.Selection:
        """What is selected, in characters of the text."""
        start, end = sorted((self.selection.start, self.selection.end))
        return tree.Selection(self.document.offset(start), self.document.offset(end))

    def select_span(self, start: int, end: int) -> None:
        """Select characters `start` to `end` and bring their beginning, where the cursor is then, into view."""
        self.selection = AreaSelection(self.document.location(end), self.document.location(start))
        self._bring_into_view()

    def select_places(self, start: Location, end: Location) -> None:
        """Select from one location to another and bring it into view."""
        self.selection = AreaSelection(start, end)
        self._bring_into_view()

    def go_to(self, location: Location) -> None:
        """Put the cursor somewhere and bring it into view."""
        self.move_cursor(self.clamp_visitable(location))
        self._bring_into_view()

    def _bring_into_view(self) -> None:
        """Scroll so that the cursor is seen with some lines around it."""
        row = self.view.row_of(self.cursor_location[0])
        top, height = self.scroll_offset.y, self.size.height
        if not top + 2 <= row < top + height - 2:
            self.scroll_to(y=max(0, row - height // 3), animate=False, force=True)

    def replace_span(self, start: int, end: int, text: str) -> None:
        """Put `text` in the place of characters `start` to `end`, as one change."""
        self.replace(text, self.document.location(start), self.document.location(end), maintain_selection_offset=False)

    def edit(self, edit: Edit) -> EditResult:
        """Change the text, and the tree with it."""
        result = super().edit(edit)
        self._paint_changed()
        return result

    def _undo_batch(self, edits: Sequence[Edit]) -> None:
        super()._undo_batch(edits)
        self._paint_changed()

    def _redo_batch(self, edits: Sequence[Edit]) -> None:
        super()._redo_batch(edits)
        self._paint_changed()

    def _build_highlight_map(self) -> None:
        """Colours are asked of the tree when lines are drawn."""

    def _refresh_size(self) -> None:
        width, _ = self.document.get_size(self.indent_width)
        width = -(-(width + self.gutter_width + 1) // _WIDTH_STEP) * _WIDTH_STEP
        room = self.size.width
        size = Size(width if width > room else 0, self.view.height)
        if size != self.virtual_size:
            self.virtual_size = size
            self._refresh_scrollbars()

    def take_back(self) -> bool:
        """What Esc ends before it leaves: a selection; False where there is nothing."""
        if self.selection.is_empty:
            return False
        self.selection = AreaSelection.cursor(self.selection.end)
        return True

    def action_edge(self, last: bool) -> None:
        """To the beginning or the end of the text."""
        self.move_cursor(self.document.end if last else (0, 0))

    # -- what is drawn

    def on_mount(self) -> None:
        """Take the app's colours."""
        self.recolour()
        self.app.theme_changed_signal.subscribe(self, lambda _: self.recolour())

    def recolour(self) -> None:
        """Syntax colours from the theme's variables."""
        self._painter = LinePainter(palette_of(self.app.get_css_variables()))
        self._painted.clear()
        self._strips.clear()
        self.refresh()

    def mark_found(self, places: Sequence[tuple[Location, Location]]) -> None:
        """Mark what was found: places within a line each."""
        found: dict[int, list[Columns]] = {}
        for (row, start), (end_row, end) in places:
            found.setdefault(row, []).append((start, end if end_row == row else start + 1))
        self._found = {row: tuple(columns) for row, columns in found.items()}
        self._paint_changed()

    def _watch_selection(self, previous_selection: AreaSelection, selection: AreaSelection) -> None:
        if self.is_mounted and self.view.show(selection.end[0]):
            self._refresh_size()
        super()._watch_selection(previous_selection, selection)
        self._paint_changed()

    def find_matching_bracket(self, bracket: str, search_from: Location) -> Location | None:
        """The other half of a bracket, if it stands near."""
        return self.document.other_bracket(bracket, search_from)

    def _paint_changed(self) -> None:
        """Ask for the rows that look otherwise than they were drawn."""
        if not self.is_mounted:
            return
        for y in range(self.size.height):
            if self._painted.get(y) != self._look(y):
                self.refresh(Region(0, y, self.size.width, 1))

    def _look(self, y: int) -> _RowLook:
        """What the row `y` of the view depends on."""
        row = self.scroll_offset.y + y
        line = self.view.line_of(row)
        what: LineLook | str | None = self.over_row(row)
        if what is None and line is not None:
            what = self._line_look(line)
        return _RowLook(what, self.scroll_offset.x, self.size.width, self.gutter_width)

    def over_row(self, row: int) -> str | None:
        """What is drawn over a row of the text; None where the text is seen."""
        return None

    def suggested(self) -> tuple[str, int]:
        """What is drawn at the cursor without being text, and how many lines of it follow below."""
        return "", 0

    def _line_look(self, line: int) -> LineLook:
        (start_row, start), (end_row, end) = sorted(self.selection)
        row, column = self.cursor_location
        text = self.document[line]
        top = self.scroll_offset.y
        first = self.view.line_of(top) or 0
        last = self.view.line_of(top + self.size.height - 1)
        pieces = self.document.colours(first, (self.document.line_count if last is None else last + 1))
        selected = None
        if (start_row, start) != (end_row, end) and start_row <= line <= end_row:
            selected = (start if line == start_row else 0, end if line == end_row else len(text) + 1)
        brackets: tuple[int, ...] = ()
        if self._matching_bracket_location is not None and self.selection.is_empty:
            places = (self._matching_bracket_location, (row, column))
            brackets = tuple(at for bracket_row, at in places if bracket_row == line)
        here = row == line
        return LineLook(
            text,
            line + 1,
            tuple(pieces.get(line, ())),
            selected,
            self._found.get(line, ()),
            brackets,
            here and self.has_focus,
            column if here and self._draw_cursor else -1,
            self.view.folds.get(line, line) - line,
            *(self.suggested() if here else ("", 0)),
        )

    def render_line(self, y: int) -> Strip:
        """One row."""
        if self._painter is None:
            return Strip.blank(self.size.width)
        look = self._look(y)
        self._painted[y] = look
        strip = self._strips.get(look)
        if strip is None:
            strip = self._strips[look] = self._drawn(look, self._painter)
        return strip

    def _drawn(self, look: _RowLook, painter: LinePainter) -> Strip:
        if isinstance(look.what, LineLook):
            return painter.paint(look.what, look.width, look.scroll, look.gutter, self.indent_width)
        if look.what is not None:
            return painter.ghost_row(look.what, look.width, look.scroll, look.gutter, self.indent_width)
        return painter.blank(look.width)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of a part of the view; Textual's own would look up eight styles first."""
        return [self.render_line(y).crop(crop.x, crop.right) for y in range(crop.y, crop.bottom)]

    def get_target_document_location(self, event: events.MouseEvent) -> Location:
        """What is under the mouse."""
        x = event.x - self.gutter_width + self.scroll_offset.x
        return self.view.offset_to_location(Offset(int(x), int(event.y) + self.scroll_offset.y))
