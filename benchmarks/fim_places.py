"""The 100 places at which completion is measured: lines of a real file whose second half was taken away.

Of each the text before the last key is known too, since editors act on keys. Nobody is asked anything here.
"""

from __future__ import annotations

import heapq
import random
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from assistant.syntax.document import Document
from assistant.syntax.languages import LANGUAGES

PYTHON = next(row for row in LANGUAGES if row.name == "python")


@dataclass(frozen=True)
class Gap:
    """A line of `text` that ends at `cursor`, where `wanted` stood; nothing stands right of the cursor."""

    text: str
    cursor: int
    wanted: str

    def before_key(self) -> Document:
        """The text before the last key, parsed, as an editor has it that draws it."""
        document = Document(self.text[: self.cursor - 1] + self.text[self.cursor :], PYTHON)
        assert document.quick_tree is not None
        return document

    @property
    def key(self) -> str:
        """The last key."""
        return self.text[self.cursor - 1]

    def typed_on(self) -> Gap:
        """The place once the next key is typed as the file has it."""
        text = self.text[: self.cursor] + self.wanted[0] + self.text[self.cursor :]
        return Gap(text, self.cursor + 1, self.wanted[1:])


def gaps(count: int) -> list[Gap]:
    """Places of a file in its order: code lines without their second half, which begins with a word."""
    text = Path(textwrap.__file__).read_text(encoding="utf-8") + Path(heapq.__file__).read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    document = Document(text, PYTHON)
    assert document.tree is not None
    choose = random.Random(7)
    found: list[tuple[int, Gap]] = []
    start = 0
    for number, line in enumerate(lines):
        words = [match.start() for match in re.finditer(r"\w+", line)]
        node = document.node_at(document.line_span(number + 1))
        if len(words) > 2 and node is not None and "string" not in node.type and not line.lstrip().startswith("#"):
            cursor, end = start + words[len(words) * 3 // 5], start + len(line.rstrip("\n"))
            gap = Gap(text[:cursor] + text[end:], cursor, text[cursor:end].rstrip())
            found.append((number, gap))
        start += len(line)
    return [gap for _, gap in sorted(choose.sample(found, min(count, len(found))), key=lambda one: one[0])]
