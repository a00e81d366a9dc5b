"""A selection in the text that a hunk stands in, moved by the syntax tree: what of it each line shows, and what it is called.

It draws nothing. What a place in the tree is, and what is next to it, `assistant.syntax` says.
"""

from __future__ import annotations

from functools import cached_property
from typing import cast

from assistant.syntax import selection as tree
from assistant.syntax.document import Document
from assistant.syntax.languages import Language
from assistant.syntax.rearrange import all_siblings
from assistant.syntax.symbols import symbol_at


class HunkTree:
    """One side of a hunk.

    Args:
        text: the whole file as that side has it.
        language: None for plain text, in which there is nothing to select.
        line: (from 1) at which the hunk stands.
    """

    def __init__(self, text: str, language: Language | None, line: int) -> None:
        self._text = text
        self._language = language
        self._line = line
        self.selection: tree.Selection | None = None
        """None until a key of the tree was pressed."""

    @cached_property
    def _document(self) -> Document:
        return Document(self._text, self._language)

    @property
    def has_tree(self) -> bool:
        """Whether the text could be parsed."""
        return self._document.quick_tree is not None

    def move(self, how: str) -> None:
        """`expand`, `shrink`, `next_sibling`, `previous_sibling`, `first_child`, `parent`, or all `siblings`."""
        now = self._now()
        self.selection = all_siblings(self._document, now) if how == "siblings" else self._moved(how, now)

    def _moved(self, how: str, now: tree.Selection) -> tree.Selection:
        then: tree.Selection = getattr(tree, how)(self._document, now)
        return then

    def select(self, kind: str, part: str) -> None:
        """The function, class, parameter, comment or test around what is selected, or its inside."""
        wanted = cast("tree.TextObject", kind), cast("tree.Part", part)
        self.selection = tree.text_object(self._document, self._now(), *wanted)

    def _now(self) -> tree.Selection:
        """What is selected; at first the first character of the hunk's line."""
        if self.selection is not None:
            return self.selection
        span = self._document.line_span(self._line)
        line = self._document.text[span.start : span.end]
        start = span.start + len(line) - len(line.lstrip())
        return tree.Selection(start, start)

    @property
    def selected_text(self) -> str:
        """What is selected."""
        return self._document.text[self.selection.start : self.selection.end] if self.selection else ""

    @property
    def lines(self) -> tuple[int, int]:
        """The first and last line (from 1) of what is selected; (1, 0) where nothing is."""
        if self.selection is None:
            return 1, 0
        last = max(self.selection.start, self.selection.end - 1)
        return self._document.line_of(self.selection.start), self._document.line_of(last)

    def columns(self, line: int) -> tuple[int, int] | None:
        """The characters of a line (from 1) that are selected; None where none are."""
        first, last = self.lines
        if self.selection is None or not first <= line <= last:
            return None
        span = self._document.line_span(line)
        start, end = max(self.selection.start, span.start), min(self.selection.end, span.end)
        return (start - span.start, end - span.start) if start < end else None

    def words(self) -> str:
        """What is selected, as a person reads it: `function_definition · Cart.total · lines 4 to 9`."""
        if self.selection is None:
            return ""
        node = self._document.node_at(self.selection.span)
        while node is not None and not node.is_named and node.parent is not None:
            node = node.parent
        symbol = symbol_at(self._document, self.selection.start)
        first, last = self.lines
        where = f"line {first}" if first == last else f"lines {first} to {last}"
        parts = (node.type if node else "", symbol.qualified_name if symbol else "", where)
        return " · ".join(part for part in parts if part)
