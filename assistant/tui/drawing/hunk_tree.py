"""A selection in the text that a hunk stands in, moved by the syntax tree: what of it each line shows, and what it is called.

It draws nothing. What a place in the tree is, and what is next to it, `assistant.syntax` says.
"""

from __future__ import annotations

from functools import cached_property

from assistant.syntax.document import Document
from assistant.syntax.languages import Language
from assistant.syntax.many_selections import Many, with_next_alike
from assistant.syntax.selection import Part, Selection, TextObject
from assistant.syntax.symbols import symbol_at
from assistant.syntax.tree_steps import Step, TreeSteps, objects


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
        self.selected: Many | None = None
        """None until a key of the tree was pressed."""
        self._steps = TreeSteps()

    @cached_property
    def _document(self) -> Document:
        return Document(self._text, self._language)

    @property
    def has_tree(self) -> bool:
        """Whether the text could be parsed."""
        return self._document.quick_tree is not None

    def move(self, how: Step) -> None:
        """`expand`, `shrink`, `next_sibling`, `previous_sibling`, `first_child`, `parent`, or all `siblings`, each by itself."""
        self.selected = self._steps.step(self._document, self._now(), how)

    def select(self, kind: TextObject, part: Part) -> None:
        """The function, class, parameter, comment or test around what is selected, or its inside."""
        self.selected = objects(self._document, self._now(), kind, part)

    def add_alike(self) -> bool:
        """Select the next place too that has the text selected, at first the word; False where there is none."""
        if not self.selected_text:
            self.move("expand")
            return True
        then = with_next_alike(self._document.text, self._now())
        more, self.selected = then != self._now(), then
        return more

    def _now(self) -> Many:
        """What is selected; at first the first character of the hunk's line."""
        if self.selected is not None:
            return self.selected
        span = self._document.line_span(self._line)
        line = self._document.text[span.start : span.end]
        start = span.start + len(line) - len(line.lstrip())
        return Many((Selection(start, start),))

    @property
    def selected_text(self) -> str:
        """What is selected; of several selections, each on lines of its own."""
        every = self.selected.every if self.selected else ()
        return "\n".join(self._document.text[one.start : one.end] for one in every)

    @property
    def lines(self) -> tuple[int, int]:
        """The first and last line (from 1) of the main selection; (1, 0) where nothing is selected."""
        return (1, 0) if self.selected is None else self._lines_of(self.selected.every[self.selected.main])

    def _lines_of(self, one: Selection) -> tuple[int, int]:
        return self._document.line_of(one.start), self._document.line_of(max(one.start, one.end - 1))

    def columns(self, line: int) -> list[tuple[int, int]]:
        """The characters of a line (from 1) that are selected, from and to."""
        span = self._document.line_span(line)
        found = []
        for one in self.selected.every if self.selected else ():
            start, end = max(one.start, span.start), min(one.end, span.end)
            if start < end:
                found.append((start - span.start, end - span.start))
        return found

    def words(self) -> str:
        """What is selected, as a person reads it: `function_definition · Cart.total · lines 4 to 9`."""
        if self.selected is None:
            return ""
        main = self.selected.every[self.selected.main]
        node = self._document.node_at(main.span)
        while node is not None and not node.is_named and node.parent is not None:
            node = node.parent
        symbol = symbol_at(self._document, main.start)
        first, last = self.lines
        where = f"line {first}" if first == last else f"lines {first} to {last}"
        count = len(self.selected.every)
        several = f"{count} selections" if count > 1 else ""
        parts = (several, node.type if node else "", symbol.qualified_name if symbol else "", where)
        return " · ".join(part for part in parts if part)
