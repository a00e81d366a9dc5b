"""What a symbol is called, what belongs to it, and how it is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.syntax.document import Document, Span
from assistant.syntax.languages import language_named
from assistant.syntax.symbols import NoSuchSymbol, Symbol, find, nearest_names, outline, symbol_at, symbols_around


def python(text: str) -> Document:
    return Document(text, language_named("python"))


def of(document: Document, symbol: Symbol) -> str:
    return document.text[symbol.span.start : symbol.span.end]


JAR = """\
@sealed
class Jar:
    def fill(self):
        def fits():
            pass

    def open(self): pass

    def open(self, wide): pass


def fill(): pass
"""


@pytest.mark.parametrize("asked", ["Jar.fill", "Jar::fill", "Jar#fill", " Jar.fill() ", "Jar.fill(self)"])
def test_a_method_is_found_in_the_ways_people_write_it(asked: str) -> None:
    assert find(python(JAR), asked).start_line == 3


def test_the_end_of_a_name_is_enough_where_only_one_symbol_has_it() -> None:
    assert find(python(JAR), "fits").qualified_name == "Jar.fill.fits"
    assert find(python(JAR), "fill.fits").qualified_name == "Jar.fill.fits"


def test_a_whole_name_wins_over_the_ends_of_others() -> None:
    assert find(python(JAR), "fill").start_line == 12


def test_a_second_definition_of_a_name_has_a_number() -> None:
    document = python(JAR)
    assert find(document, "Jar.open").start_line == 7
    assert find(document, "Jar.open#2").start_line == 9


def test_a_miss_tells_the_nearest_names() -> None:
    with pytest.raises(NoSuchSymbol, match=r"no symbol Jar\.fil\. Try: Jar\.fill") as caught:
        find(python(JAR), "Jar.fil")
    assert caught.value.nearest[0] == "Jar.fill"
    with pytest.raises(NoSuchSymbol, match=r"no symbol x: nothing is defined there") as caught:
        find(python(""), "x")
    assert caught.value.nearest == ()


def test_an_ambiguous_end_tells_all_that_have_it() -> None:
    with pytest.raises(NoSuchSymbol, match="more than one") as caught:
        find(python("class A:\n    def f(self): pass\nclass B:\n    def f(self): pass\n"), "f")
    assert caught.value.nearest == ("A.f", "B.f")


def test_a_name_in_another_class_is_among_the_nearest() -> None:
    assert nearest_names([s.qualified_name for s in outline(python(JAR))], "Box.open")[:1] == ("Jar.open",)


def test_decorators_belong_to_the_symbol_and_comments_above_a_python_function_do_not() -> None:
    document = python("# a\n@one\n# b\n@two(1)\ndef f():\n    pass\n")
    symbol = find(document, "f")
    assert of(document, symbol) == "@one\n# b\n@two(1)\ndef f():\n    pass"
    assert document.text[symbol.definition.start :].startswith("def f")


@pytest.mark.parametrize(
    ("language", "text", "name", "first_words"),
    [
        ("rust", "/// Doc.\n#[inline]\npub fn f() {}\n", "f", "/// Doc."),
        ("rust", "// No doc.\nfn f() {}\n", "f", "fn f"),
        ("rust", "/// Of another.\n\nfn f() {}\n", "f", "fn f"),
        ("go", "package a\n\n// F does.\n// More.\nfunc F() {}\n", "F", "// F does."),
        ("go", "package a\n\nvar x = 1 // Of x.\nfunc F() {}\n", "F", "func F"),
        ("javascript", "/** Doc. */\nexport default function f() {}\n", "f", "/** Doc."),
        ("javascript", "// No doc.\nfunction f() {}\n", "f", "function f"),
        ("java", "class A {\n  /** Doc. */\n  @Override\n  void f() {}\n}\n", "A.f", "/** Doc."),
        ("csharp", "class A {\n  /// Doc.\n  [X]\n  void F() {}\n}\n", "A.F", "/// Doc."),
        ("cpp", "/// Doc.\ntemplate <class T>\nT f(T x) { return x; }\n", "f", "/// Doc."),
        ("ruby", "# Doc.\ndef f\n  1\nend\n", "f", "# Doc."),
        ("bash", "#!/bin/sh\nf() { true; }\n", "f", "f()"),
        ("typescript", "class A {\n  @log\n  f() {}\n}\n", "A.f", "@log"),
        ("toml", "# About a.\n[a]\nb = 1\n", "a", "# About a."),
    ],
)
def test_what_documents_or_marks_a_definition_belongs_to_it(
    language: str, text: str, name: str, first_words: str
) -> None:
    document = Document(text, language_named(language))
    assert of(document, find(document, name)).startswith(first_words)


def test_the_body_of_a_python_function_starts_at_its_first_line_even_if_that_is_a_comment() -> None:
    document = python("def f(a,\n      b):  # why\n    # first\n    return 1\n")
    body = find(document, "f").body
    assert body is not None
    assert document.text[body.start : body.end].endswith("return 1")


def test_of_an_overloaded_function_the_one_with_a_body_bears_the_plain_name() -> None:
    document = Document("function f(a: 1): 1;\nfunction f(a: any) { return a; }\n", language_named("typescript"))
    assert find(document, "f").start_line == 2
    assert find(document, "f#2").start_line == 1


def test_a_symbol_is_told_by_any_character_within() -> None:
    document = python(JAR)
    assert symbol_at(document, JAR.index("fits")).qualified_name == "Jar.fill.fits"  # type: ignore[union-attr]
    assert symbol_at(document, JAR.index("@sealed")).qualified_name == "Jar"  # type: ignore[union-attr]
    assert symbol_at(document, JAR.index("\n\ndef fill") + 1) is None


def test_positions_are_characters_whatever_stands_before() -> None:
    document = python('"""é😀e\u0301"""\nä = "\t"\n\n\ndef größe(x):\n    return "😀"\n')
    symbol = find(document, "größe")
    assert of(document, symbol) == 'def größe(x):\n    return "😀"'
    assert document.text[symbol.name_span.start : symbol.name_span.end] == "größe"


@settings(deadline=None)
@given(st.lists(st.sampled_from(["def f():", "class A:", "    def f(self):", "  pass", "    x", "@d", "", "é = 1"])))
def test_names_are_unique_and_order_is_that_of_the_text_in_any_text(lines: list[str]) -> None:
    document = python("\n".join(lines))
    symbols = outline(document)
    names = [symbol.qualified_name for symbol in symbols]
    assert len(set(names)) == len(names)
    assert [s.span.start for s in symbols] == sorted(s.span.start for s in symbols)
    for symbol in symbols:
        assert find(document, symbol.qualified_name) == symbol
        assert of(document, symbol).strip() == of(document, symbol)


SAMPLES = sorted((Path(__file__).parent / "samples").glob("*/sample.*"))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.parent.name)
def test_the_symbols_around_a_place_are_those_of_the_outline_that_hold_it(path: Path) -> None:
    text = Document.read(path)
    whole = Document(text.text, text.language)
    for char in range(0, len(text.text) + 1, 7):
        near = symbols_around(Document(text.text, text.language), char)
        wanted = [symbol for symbol in outline(whole) if symbol.span.contains(Span(char, char))]
        assert [(one.name, one.span) for one in near] == [(one.name, one.span) for one in wanted], char


def test_in_a_large_file_only_what_is_near_is_looked_at() -> None:
    text = "".join(f"class A{n}:\n    @property\n    def f(self):\n        return {n}\n\n\n" for n in range(300))
    for char in (0, text.index("return 150"), text.index("@property", 5000), len(text)):
        found = symbols_around(python(text), char)
        assert [(one.name, one.span) for one in found] == [
            (one.name, one.span) for one in outline(python(text)) if one.span.contains(Span(char, char))
        ]
