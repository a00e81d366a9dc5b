"""Keys that move by the syntax tree: select more and less, siblings, text objects, swap and move; folds by symbol.

What a place in the tree is, and what is next to it, `assistant.syntax` says.
"""

from __future__ import annotations

import re
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset
from textual.widgets.text_area import Selection as AreaSelection

from assistant.session.files.large_file import LargeLines
from assistant.syntax.languages import Language
from assistant.syntax.many_selections import Many, turned, with_next_alike
from assistant.syntax.rearrange import swap_all
from assistant.syntax.selection import Part, TextObject
from assistant.syntax.symbols import Symbol
from assistant.syntax.tree_steps import Step, TreeSteps, objects
from assistant.tui.keymap import named
from assistant.tui.widgets.many_area import ManyArea, ManyEdits

_WORD = re.compile(r"\w+")

SELECTING: tuple[BindingType, ...] = (
    *named(
        "editor",
        [
            Binding("alt+up,alt+o", "by_tree('expand')", "Select more: the node around"),
            Binding("alt+down,alt+i", "by_tree('shrink')", "Select less"),
            Binding("alt+right,alt+n", "by_tree('next_sibling')", "Next sibling"),
            Binding("alt+left,alt+p", "by_tree('previous_sibling')", "Previous sibling"),
            Binding("alt+c", "by_tree('first_child')", "First child"),
            Binding("alt+u", "by_tree('parent')", "The node around, as it is"),
            Binding("alt+a", "siblings", "All siblings, each by itself"),
            Binding("alt+s", "select_alike", "The next place with the same text, too"),
            Binding("alt+f,alt+d", "select_object('function')", "Select the function"),
            Binding("alt+shift+f,alt+shift+d", "select_object('function', 'inside')", "Select inside the function"),
            Binding("alt+t", "select_object('class')", "Select the class"),
            Binding("alt+shift+t", "select_object('class', 'inside')", "Select inside the class"),
            Binding("alt+m", "select_object('parameter')", "Select the parameter"),
            Binding("alt+shift+m", "select_object('parameter', 'inside')", "Select inside the parameter"),
            Binding("alt+k", "select_object('comment')", "Select the comment"),
            Binding("alt+e", "select_object('test')", "Select the test"),
        ],
    ),
)
"""The keys that select by the tree, in text that is typed into and in text that is only read."""


class StructuredArea(ManyArea):
    """Code with actions by the tree."""

    BINDINGS: ClassVar[list[BindingType]] = named(
        "editor",
        [
            *SELECTING,
            Binding("alt+shift+down,alt+shift+right", "swap(True)", "Change places with the next sibling"),
            Binding("alt+shift+up,alt+shift+left", "swap(False)", "Change places with the sibling before"),
            Binding("alt+z", "fold", "Fold the symbol, or open it"),
            Binding("alt+shift+z", "fold_all", "Fold all symbols, or open all"),
            Binding("ctrl+home", "edge(False)", "To the beginning", show=False, id="editor.first_line"),
            Binding("ctrl+end", "edge(True)", "To the end", show=False, id="editor.last_line"),
        ],
    )
    _was_seen = False
    symbols: tuple[Symbol, ...] = ()
    """Of the text as it was when typing last paused; who shows the area sets them."""

    def __init__(self, text: str | LargeLines, language: Language | None, id: str | None = None) -> None:
        self._steps = TreeSteps()
        super().__init__(text, language, id)

    def action_by_tree(self, how: Step) -> None:
        """Move the selections by the syntax tree."""
        if self._within_reach():
            self._take(self._steps.step(self.parsed, self.many, how))

    def action_select_object(self, kind: TextObject, part: Part = "around") -> None:
        """Select the function, class, parameter, comment or test around each cursor, or the inside of it."""
        if self._within_reach():
            self._take(objects(self.parsed, self.many, kind, part))

    def action_siblings(self) -> None:
        """Select all siblings of what is selected, each by itself."""
        self.action_by_tree("siblings")

    def action_select_alike(self) -> None:
        """Select the next place too that has the text selected; of a bare cursor, first the word that it is in."""
        if not self._within_reach():
            return
        if self.selection.is_empty:
            self.at_each(self._select_word)
            return
        now = self.many
        then = with_next_alike(self.document.text, now)
        if then == now:
            self.notify("Nothing else has this text.")
        else:
            self.select_many(then)

    def _within_reach(self) -> bool:
        """Whether places can be counted in this text; of a large file, which is only read, they are not, which is said."""
        if self.document.large:
            self.notify("This file is too large for keys that select in it.")
        return not self.document.large

    def _select_word(self) -> None:
        row, column = self.cursor_location
        words = (match.span() for match in _WORD.finditer(self.document[row]))
        start, end = next((span for span in words if span[0] <= column <= span[1]), (column, column))
        self.selection = AreaSelection((row, start), (row, end))

    def _take(self, then: Many) -> None:
        """Select, with the cursors where what is selected begins."""
        self.select_many(turned(then, backward=True))

    def action_swap(self, forward: bool) -> None:
        """Change what is selected for its sibling; it stays selected. Selections that are siblings change round."""
        if self.read_only:
            return
        now = self.many
        changes, then = swap_all(self.parsed, now, forward)
        if changes:
            self.edit(ManyEdits(changes, now, turned(then, backward=True)))
            self._bring_into_view()

    def take_back(self) -> bool:
        """What Esc ends before it leaves: further selections, then the selection; False where there is nothing."""
        if self.only_main():
            return True
        if self.selection.is_empty:
            return False
        self.selection = AreaSelection.cursor(self.selection.end)
        return True

    def action_edge(self, last: bool) -> None:
        """To the beginning or the end of the text."""
        self.move_cursor(self.document.end if last else (0, 0))

    def node_kind(self) -> str:
        """What the tree has at the cursor, or around the selection; "" for plain text."""
        root = self.parsed.tree_soon(0.0)
        if root is None:
            return ""
        start, end = sorted(self.selection)
        if start == end:
            end = (end[0], min(end[1] + 1, len(self.document[end[0]])))
        points = [
            (row, len(self.document[row][:column].encode("utf-8", "surrogateescape"))) for row, column in (start, end)
        ]
        node = root.root_node.descendant_for_point_range(*points)
        while node is not None and not node.is_named and node.parent is not None:
            node = node.parent
        return node.type if node is not None else ""

    # -- the view

    def scroll_cursor_visible(self, center: bool = False, animate: bool = False) -> Offset:
        """Scroll to the cursor, but never to the right without need; while there is no room yet, nowhere."""
        if not self.size:
            return Offset()
        scrolled = super().scroll_cursor_visible(center, animate)
        if self.scroll_offset.x and self._cursor_offset[0] + self.gutter_width + 3 < self.size.width:
            self.scroll_to(x=0, animate=False, force=True)
        return scrolled

    def on_resize(self) -> None:
        """The cursor was put somewhere before there was room: see it as soon as there is."""
        if not self._was_seen and self.size:
            self._was_seen = True
            if self.cursor_location != (0, 0):
                self._bring_into_view()
                self.scroll_cursor_visible()

    # -- folds

    def action_fold(self) -> None:
        """Fold the innermost symbol of several lines around the cursor; what is folded here is opened."""
        row = self.cursor_location[0]
        if self.view.unfold(row):
            self._folded(row)
            return
        holding = [(first, last) for first, last in self._foldable() if first <= row <= last]
        if holding:
            first, last = min(holding, key=lambda pair: pair[1] - pair[0])
            self.view.fold(first, last)
            self._folded(first)

    def action_fold_all(self) -> None:
        """Fold every symbol; where something is folded, open all."""
        row = self.cursor_location[0]
        if self.view.folds:
            self.view.clear()
        else:
            for first, last in self._foldable():
                self.view.fold(first, last)
            row = next((first for first, last in self._foldable() if first <= row <= last), row)
        self._folded(row)

    def toggle_fold(self, line: int) -> None:
        """Fold the symbol that begins in a line, or open it."""
        if self.view.unfold(line):
            self._folded(self.cursor_location[0])
            return
        last = next((last for first, last in self._foldable() if first == line), line)
        self.view.fold(line, last)
        row = self.cursor_location[0]
        self._folded(line if line < row <= last else row)

    def _foldable(self) -> list[tuple[int, int]]:
        """First and last line (from 0) of each symbol of several lines, the line of its name the first."""
        lines = ((self.document.location(s.name_span.start)[0], s.end_line - 1) for s in self.symbols)
        return [(first, last) for first, last in lines if last > first]

    def _folded(self, row: int) -> None:
        if row != self.cursor_location[0]:
            self.move_cursor((row, 0))
        self._refresh_size()
        self.scroll_cursor_visible()
        self.refresh()

    async def _on_mouse_down(self, event: events.MouseDown) -> None:
        line = self.view.line_of(int(event.y) + self.scroll_offset.y)
        if event.x < self.gutter_width and line is not None:
            event.stop()
            event.prevent_default()
            self.toggle_fold(line)
            return
        await super()._on_mouse_down(event)
