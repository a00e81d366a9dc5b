"""The names that a source file uses, counted; which definition a name means is not known here."""

from __future__ import annotations

from collections import Counter

import tree_sitter

from assistant.syntax.document import Document, is_hopeless
from assistant.syntax.languages import query


def references(document: Document) -> Counter[str]:
    """How often each name is used, by the `@reference` captures of `symbols.scm`.

    A name called on something (`@reference.member`) has a full stop before it: it may be anything's.
    """
    if document.language is None or document.tree is None or is_hopeless(document.tree):
        return Counter()
    cursor = tree_sitter.QueryCursor(query(document.language, "symbols", only="@reference"))
    captures = cursor.captures(document.tree.root_node)
    data = document.data
    found: Counter[str] = Counter()
    for capture, mark in (("reference", ""), ("reference.member", ".")):
        names = Counter(data[node.start_byte : node.end_byte] for node in captures.get(capture, ()))
        found.update({mark + name.decode("utf-8", "surrogateescape"): count for name, count in names.items()})
    return found
