"""Keys that move by the syntax tree: select more and less, siblings, text objects, swap and move; folds by symbol.

What a place in the tree is, and what is next to it, `assistant.syntax` says.
"""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from assistant.syntax import selection as tree
from assistant.tui.keymap import named
from assistant.tui.widgets.code_area import CodeArea


class StructuredArea(CodeArea):
    """Code with actions by the tree."""

    BINDINGS: ClassVar[list[BindingType]] = named(
        "editor",
        [
            Binding("alt+up,alt+o", "by_tree('expand')", "Select more: the node around"),
            Binding("alt+down,alt+i", "by_tree('shrink')", "Select less"),
            Binding("alt+right,alt+n", "by_tree('next_sibling')", "Next sibling"),
            Binding("alt+left,alt+p", "by_tree('previous_sibling')", "Previous sibling"),
            Binding("alt+c", "by_tree('first_child')", "First child"),
            Binding("alt+f", "select_object('function')", "Select the function"),
            Binding("alt+t", "select_object('class')", "Select the class"),
            Binding("ctrl+home", "edge(False)", "To the beginning", show=False, id="editor.first_line"),
            Binding("ctrl+end", "edge(True)", "To the end", show=False, id="editor.last_line"),
        ],
    )
    _came_from: tree.Selection | None = None

    def action_by_tree(self, how: str) -> None:
        """Move the selection by the syntax tree."""
        now = self.span
        if self._came_from is not None and self._came_from.span == now.span:
            now = self._came_from
        then = getattr(tree, how)(self.parsed, now)
        self._came_from = then
        self.select_span(then.start, then.end)

    def action_select_object(self, kind: str) -> None:
        """Select the function or class around the cursor."""
        then = tree.text_object(self.parsed, self.span, "class" if kind == "class" else "function", "around")
        self.select_span(then.start, then.end)
