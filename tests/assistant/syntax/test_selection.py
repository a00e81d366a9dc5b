"""Moving by the tree, as the Helix editor does it."""

from __future__ import annotations

import pytest

from assistant.syntax.document import Document
from assistant.syntax.languages import language_named
from assistant.syntax.selection import (
    Selection,
    expand,
    first_child,
    next_sibling,
    previous_sibling,
    text_object,
)

TEXT = '''\
import os


# One.
# Two.
@wrapped
def größe(first, *, second="😀"):
    """Doc."""
    return call(first, second=lambda x: x)


class Jar:
    def test_open(self):
        assert self.lid
'''
DOCUMENT = Document(TEXT, language_named("python"))


def at(words: str, offset: int = 0) -> Selection:
    start = TEXT.index(words) + offset
    return Selection(start, start)


def shown(selection: Selection) -> str:
    return TEXT[selection.start : selection.end]


def test_expand_grows_node_by_node() -> None:
    steps = [at("first, second")]
    for _ in range(4):
        steps.append(expand(DOCUMENT, steps[-1]))
    assert [shown(step) for step in steps] == [
        "",
        "first",
        "(first, second=lambda x: x)",
        "call(first, second=lambda x: x)",
        "return call(first, second=lambda x: x)",
    ]


def test_expand_skips_nodes_that_cover_the_same_text() -> None:
    whole = expand(DOCUMENT, Selection(TEXT.index("import os"), TEXT.index("import os") + 9))
    assert shown(whole) == TEXT


def test_expand_at_the_top_stays() -> None:
    top = Selection(0, len(TEXT))
    assert expand(DOCUMENT, top) == top


def test_siblings_pass_over_punctuation_and_climb_at_the_end() -> None:
    first = Selection(TEXT.index("first, second"), TEXT.index("first, second") + 5)
    second = next_sibling(DOCUMENT, first)
    assert shown(second) == "second=lambda x: x"
    assert shown(previous_sibling(DOCUMENT, second)) == "first"
    assert shown(next_sibling(DOCUMENT, second)).startswith("class Jar")


def test_a_sibling_where_there_is_none_stays() -> None:
    top = Selection(0, len(TEXT))
    assert next_sibling(DOCUMENT, top) == previous_sibling(DOCUMENT, top) == top


def test_the_first_child_is_the_first_node_within() -> None:
    name = Selection(TEXT.index("Jar"), TEXT.index("Jar") + 3)
    up = expand(DOCUMENT, name)
    assert shown(up).startswith("class Jar")
    assert shown(first_child(DOCUMENT, up)) == "Jar"
    assert first_child(DOCUMENT, name) == name


@pytest.mark.parametrize(
    ("cursor", "kind", "inside", "around"),
    [
        ("Doc.", "function", '"""Doc."""\n    return call(first, second=lambda x: x)', "@wrapped\ndef größe"),
        ("x)", "function", "x", "lambda x: x"),
        ("self.lid", "class", "def test_open(self):\n        assert self.lid", "class Jar:"),
        ("self.lid", "test", "assert self.lid", "def test_open"),
        ("first, *", "parameter", "first", "first,"),
        ("😀", "parameter", 'second="😀"', 'second="😀"'),
        ("lambda", "parameter", "second=lambda x: x", "second=lambda x: x"),
        ("Two", "comment", "# Two.", "# One.\n# Two."),
    ],
)
def test_text_objects_are_the_smallest_around_the_cursor(cursor: str, kind, inside: str, around: str) -> None:
    assert shown(text_object(DOCUMENT, at(cursor), kind, "inside")) == inside
    assert shown(text_object(DOCUMENT, at(cursor), kind, "around")).startswith(around)


def test_a_text_object_that_is_not_there_leaves_the_selection() -> None:
    cursor = at("import")
    assert text_object(DOCUMENT, cursor, "class", "around") == cursor
    plain = Document("words")
    assert text_object(plain, Selection(1, 2), "comment", "inside") == Selection(1, 2)
    assert expand(plain, Selection(1, 2)) == next_sibling(plain, Selection(1, 2)) == Selection(1, 2)


def test_a_test_includes_its_attributes() -> None:
    text = "#[test]\n#[ignore]\nfn opens() {\n    go();\n}\n"
    document = Document(text, language_named("rust"))
    cursor = Selection(text.index("go"), text.index("go"))
    around = text_object(document, cursor, "test", "around")
    assert text[around.start : around.end] == text.strip()


def test_positions_past_the_end_of_a_short_text_are_no_trouble() -> None:
    document = Document("", language_named("python"))
    nothing = Selection(0, 0)
    for move in (expand, first_child, next_sibling, previous_sibling):
        assert move(document, nothing) == nothing
