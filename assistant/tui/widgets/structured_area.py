"""Keys that move by the syntax tree: select more and less, siblings, text objects, swap and move; folds by symbol.

What a place in the tree is, and what is next to it, `assistant.syntax` says.
"""

from __future__ import annotations

from typing import ClassVar, cast

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets.text_area import Selection as AreaSelection

from assistant.syntax import selection as tree
from assistant.syntax.rearrange import all_siblings, swap
from assistant.syntax.symbols import Symbol
from assistant.tui.keymap import named
from assistant.tui.widgets.code_area import CodeArea

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
            Binding("alt+a", "siblings", "All siblings"),
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


class StructuredArea(CodeArea):
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
    _came_from: tree.Selection | None = None
    symbols: tuple[Symbol, ...] = ()
    """Of the text as it was when typing last paused; who shows the area sets them."""

    def action_by_tree(self, how: str) -> None:
        """Move the selection by the syntax tree."""
        now = self.span
        if self._came_from is not None and self._came_from.span == now.span:
            now = self._came_from
        then = getattr(tree, how)(self.parsed, now)
        self._came_from = then
        self.select_span(then.start, then.end)

    def action_select_object(self, kind: str, part: str = "around") -> None:
        """Select the function, class, parameter, comment or test around the cursor, or the inside of it."""
        wanted, now = cast("tree.TextObject", kind), self.span
        then = tree.text_object(self.parsed, now, wanted, cast("tree.Part", part))
        if part == "inside" and then == now:
            # On the header of a function one is not inside of it, but it is the one that is meant.
            around = tree.text_object(self.parsed, now, wanted, "around")
            last = tree.Selection(max(around.start, around.end - 1), around.end)
            then = now if around == now else tree.text_object(self.parsed, last, wanted, "inside")
        self.select_span(then.start, then.end)

    def action_siblings(self) -> None:
        """Select all siblings of what is selected."""
        then = all_siblings(self.parsed, self.span)
        self.select_span(then.start, then.end)

    def action_swap(self, forward: bool) -> None:
        """Change what is selected for its sibling; it stays selected."""
        done = None if self.read_only else swap(self.parsed, self.span, forward)
        if done is not None:
            self.replace_span(done.span.start, done.span.end, done.text)
            self.select_span(done.moved.start, done.moved.end)

    def take_back(self) -> bool:
        """What Esc ends before it leaves: a selection; False where there is nothing."""
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
