"""A text area for code: it paints the rows that changed and no others, colours what is in view, and makes hostile text visible.

Text and tree are `CodeText`'s, rows and folds `LineView`'s, looks `LinePainter`'s; here keys and mouse meet them. The
text belongs to the file; what is drawn is made visible character by character, so columns stay what they are.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from textual import events
from textual.cache import LRUCache
from textual.document._document import Location
from textual.geometry import Offset, Region, Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer
from textual.widgets.text_area import Edit, EditResult
from textual.widgets.text_area import Selection as AreaSelection

from assistant.session.files.large_file import LargeLines
from assistant.syntax import selection as tree
from assistant.syntax.document import Document
from assistant.syntax.languages import Language
from assistant.tui.code_text import CodeText
from assistant.tui.drawing.line_painter import Columns, LineLook, LinePainter
from assistant.tui.drawing.line_view import LineNavigator, LineView
from assistant.tui.drawing.painting import paint_now
from assistant.tui.drawing.palette import palette_of
from assistant.tui.drawing.row_looks import RowLook, ViewNow, by_line, line_look
from assistant.tui.widgets.text_box import TextBox

_WIDTH_STEP = 32
_AFTER_KEY, _SECONDS_TO_PARSE, _BETWEEN_PARSES = 0.025, 0.004, 0.01
"""When a change is parsed, how long at a stretch, and how long others have their turn then: seconds."""


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
        self._holding = False
        self._parsing: Timer | None = None
        self._painted: dict[int, RowLook] = {}
        self._strips: LRUCache[RowLook, Strip] = LRUCache(512)
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
        with self._one_paint():
            return super().edit(edit)

    def _undo_batch(self, edits: Sequence[Edit]) -> None:
        with self._one_paint():
            super()._undo_batch(edits)

    def _redo_batch(self, edits: Sequence[Edit]) -> None:
        with self._one_paint():
            super()._redo_batch(edits)

    @contextlib.contextmanager
    def _one_paint(self) -> Iterator[None]:
        """Look once, at the end, for rows to paint."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
            self._paint_changed()
            if self._parsing is None and self.document.is_behind():
                self._parsing = self.set_timer(_AFTER_KEY, self._catch_up)

    def _build_highlight_map(self) -> None:
        """Not ours."""

    def _refresh_size(self) -> None:
        width, _ = self.document.get_size(self.indent_width)
        width = -(-(width + self.gutter_width + 1) // _WIDTH_STEP) * _WIDTH_STEP
        room = self.size.width
        size = Size(width if width > room else 0, self.view.height)
        if size == self.virtual_size:
            return
        if self.is_mounted and self.show_vertical_scrollbar and size.height > self.size.height:
            # The scrollbar stays, so nothing else on the screen has to be laid out anew for a line more.
            self.set_reactive(CodeArea.virtual_size, size)
            self._scroll_update(size)
            if self.scroll_y > self.max_scroll_y:
                self.scroll_to(y=self.max_scroll_y, animate=False)
        else:
            self.virtual_size = size
            self._refresh_scrollbars()

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

    def _catch_up(self) -> None:
        """Parse for a moment, then let keys be heard; at the end, colour by the tree as it is now."""
        self._parsing = None
        if self.document.catch_up(_SECONDS_TO_PARSE):
            self._paint_changed()
        else:
            self._parsing = self.set_timer(_BETWEEN_PARSES, self._catch_up)

    def mark_found(self, places: Sequence[tuple[Location, Location]]) -> None:
        """Mark what was found: places within a line each."""
        self._found = by_line(places)
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
        if not self.is_mounted or self._holding:
            return
        now = self._now()
        changed = [y for y in range(self.size.height) if self._painted.get(y) != self._look(y, now)]
        if changed:
            self.refresh(*(Region(0, y, now.width, 1) for y in changed))
            self.call_next(paint_now, self)

    def over_rows(self) -> dict[int, str]:
        """What is drawn over rows of the text."""
        return {}

    def suggested(self) -> tuple[str, int]:
        """What is drawn at the cursor without being text, and how many lines of it follow below."""
        return "", 0

    def further_in(self, first: int, end: int) -> tuple[AreaSelection, ...]:
        """Selections beside the main one that touch lines `first` to `end` (not included)."""
        return ()

    def _now(self) -> ViewNow:
        scroll_x, top = self.scroll_offset
        width, height = self.size
        cursor = self.cursor_location
        first, last = self.view.line_of(top), self.view.line_of(top + height - 1)
        end = self.document.line_count if last is None else last + 1
        bracket = self._matching_bracket_location if self.selection.is_empty else None
        return ViewNow(
            top,
            scroll_x,
            width,
            self.gutter_width,
            tuple(sorted(self.selection)),
            cursor,
            cursor[1] if self._draw_cursor else -1,
            self.has_focus,
            (bracket, cursor) if bracket is not None else (),
            self.document.colours(first or 0, end),
            self.over_rows(),
            self.suggested(),
            self.further_in(first or 0, end),
        )

    def _look(self, y: int, now: ViewNow) -> RowLook:
        """What the row `y` of the view depends on."""
        row = now.top + y
        what: LineLook | str | None = now.over.get(row)
        if what is None and (line := self.view.line_of(row)) is not None:
            what = line_look(line, self.document[line], now, self._found.get(line, ()), self.view.folds.get(line, line))
        return RowLook(what, now.scroll, now.width, now.gutter)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of a part of the view; Textual's own would look up eight styles first."""
        now = self._now()
        return [self._strip(y, now).crop(crop.x, crop.right) for y in range(crop.y, crop.bottom)]

    def render_line(self, y: int) -> Strip:
        """One row."""
        return self._strip(y, self._now())

    def _strip(self, y: int, now: ViewNow) -> Strip:
        look = self._painted[y] = self._look(y, now)
        if self._painter is None:
            return Strip.blank(now.width)
        strip = self._strips.get(look)
        if strip is None:
            strip = self._strips[look] = self._drawn(look, self._painter)
        return strip

    def _drawn(self, look: RowLook, painter: LinePainter) -> Strip:
        strip = painter.row(look.what, look.width, look.scroll, look.gutter, self.indent_width)
        for line_filter in self.get_line_filters():
            strip = strip.apply_filter(line_filter, self.background_colors[1])
        return strip

    def get_target_document_location(self, event: events.MouseEvent) -> Location:
        """What is under the mouse."""
        x = event.x - self.gutter_width + self.scroll_offset.x
        return self.view.offset_to_location(Offset(int(x), int(event.y) + self.scroll_offset.y))
