"""A text area for code: colours for the lines in view only, keys that move by the syntax tree, hostile text made visible.

The text belongs to the file; what is drawn is made visible character by character, so columns stay what they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult, TextAreaTheme
from textual.widgets.text_area import Selection as AreaSelection

from assistant.ground.visible import visible_in_place
from assistant.syntax import selection as tree
from assistant.syntax.document import Document

_BLOCK = 64
"""Lines that are coloured at a time."""

_KNOWN = (
    "bash",
    "css",
    "go",
    "html",
    "java",
    "javascript",
    "json",
    "markdown",
    "python",
    "rust",
    "sql",
    "toml",
    "xml",
    "yaml",
)


class _LinesInView(defaultdict[int, list[Any]]):
    """Highlights by line, asked of the tree a block at a time when a line of it is drawn."""

    def __init__(self, editor: CodeEditor) -> None:
        super().__init__(list)
        self._editor = editor
        self._blocks: set[int] = set()

    def __bool__(self) -> bool:
        """There is always something to ask for."""
        return True

    def clear(self) -> None:
        """The text has changed."""
        super().clear()
        self._blocks.clear()

    def __missing__(self, line: int) -> list[Any]:
        block = line // _BLOCK
        if block not in self._blocks:
            self._blocks.add(block)
            self._editor.colour_lines(block * _BLOCK, (block + 1) * _BLOCK, self)
        return self.setdefault(line, [])


class CodeEditor(TextArea):
    """The editor of one file.

    Args:
        text: with LF line ends.
        language: of the tree; plain text where Textual brings no colours for it.
        parse: makes a Document of the text, for the structural keys.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("alt+up,alt+o", "by_tree('expand')", "Select more: the node around"),
        Binding("alt+down,alt+i", "by_tree('shrink')", "Select less"),
        Binding("alt+right,alt+n", "by_tree('next_sibling')", "Next sibling"),
        Binding("alt+left,alt+p", "by_tree('previous_sibling')", "Previous sibling"),
        Binding("alt+c", "by_tree('first_child')", "First child"),
        Binding("alt+f", "select_object('function')", "Select the function"),
        Binding("alt+t", "select_object('class')", "Select the class"),
    ]

    def __init__(self, text: str, language: str, parse: Callable[[str], Document], id: str | None = None) -> None:
        self._parse = parse
        self._parsed: Document | None = None
        self._came_from: tree.Selection | None = None
        self.revision = 0
        known = language if language in _KNOWN else None
        super().__init__(
            text, language=known, soft_wrap=False, show_line_numbers=True, tab_behavior="indent", id=id, compact=True
        )

    def on_mount(self) -> None:
        """Take the app's colours."""
        self.recolour()
        self.app.theme_changed_signal.subscribe(self, lambda _: self.recolour())

    def recolour(self) -> None:
        """Syntax colours from the theme's variables."""
        variables = self.app.get_css_variables()

        def of(name: str) -> Style:
            return Style(color=variables[name][:7])

        muted = Style(dim=True, italic=True)
        styles = {
            **dict.fromkeys(
                (
                    "keyword",
                    "keyword.function",
                    "keyword.return",
                    "keyword.operator",
                    "include",
                    "repeat",
                    "conditional",
                    "exception",
                    "tag",
                ),
                of("primary"),
            ),
            **dict.fromkeys(("string", "string.documentation", "inline_code"), of("success")),
            **dict.fromkeys(("number", "float", "boolean", "constant.builtin", "constant", "escape"), of("accent")),
            **dict.fromkeys(("function", "function.call", "method", "method.call", "heading"), of("warning")),
            **dict.fromkeys(
                ("type", "type.builtin", "class", "constructor", "function.builtin", "property"), of("secondary")
            ),
            "comment": muted,
        }
        self.register_theme(TextAreaTheme(f"wizard {self.app.theme}", syntax_styles=styles))
        self.theme = f"wizard {self.app.theme}"

    def _build_highlight_map(self) -> None:
        if not isinstance(self._highlights, _LinesInView):
            self._highlights = _LinesInView(self)
        self._line_cache.clear()
        self._highlights.clear()
        self._parsed = None
        self.revision += 1

    def colour_lines(self, first: int, last: int, lines: dict[int, list[Any]]) -> None:
        """Put the highlights of lines `first` to `last` (not included) into `lines`."""
        if not self._highlight_query:
            return
        found = self.document.query_syntax_tree(self._highlight_query, (first, 0), (last, 0))
        for name, nodes in found.items():
            for node in nodes:
                (row, column), (end_row, end_column) = node.start_point, node.end_point
                for line in range(max(row, first), min(end_row + 1, last)):
                    start = column if line == row else 0
                    lines.setdefault(line, []).append((start, end_column if line == end_row else None, name))

    def get_line(self, line_index: int) -> Text:
        """A line as it is drawn."""
        return Text(visible_in_place(self.document.get_line(line_index)), end="", no_wrap=True)

    @property
    def parsed(self) -> Document:
        """The text as a tree; after an edit only what changed is parsed again."""
        text = self.text
        if self._parsed is None or self._parsed.text != text:
            self._parsed = self._parse(text)
        return self._parsed

    def edit(self, edit: Edit) -> EditResult:
        """Change the text, and the tree with it."""
        before = self._parsed
        if before is None:
            return super().edit(edit)
        start, end = sorted((edit.from_location, edit.to_location))
        span = self._offset_in(before, start), self._offset_in(before, end)
        result = super().edit(edit)
        self._parsed = before.edit(*span, edit.text)
        return result

    def replace_all(self, text: str) -> None:
        """Another text, as one change that can be undone; the cursor stays on its line."""
        at = self.cursor_location
        self.replace(text, self.document.start, self.document.end)
        self.move_cursor(at)

    @property
    def span(self) -> tree.Selection:
        """What is selected, in characters of the text."""
        start, end = sorted((self.selection.start, self.selection.end))
        return tree.Selection(self._offset(start), self._offset(end))

    def select_span(self, start: int, end: int) -> None:
        """Select characters `start` to `end` and bring their beginning, where the cursor is then, into view."""
        self.selection = AreaSelection(self._location(end), self._location(start))
        self.scroll_cursor_visible()

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

    def _offset(self, location: tuple[int, int]) -> int:
        return self._offset_in(self.parsed, location)

    @staticmethod
    def _offset_in(document: Document, location: tuple[int, int]) -> int:
        return document.line_span(location[0] + 1).start + location[1]

    def _location(self, offset: int) -> tuple[int, int]:
        line = self.parsed.line_of(offset)
        return line - 1, offset - self.parsed.line_span(line).start
