"""One test body for every row of LANGUAGES: a new row brings a sample, a broken sample and the symbols it expects."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.syntax import languages
from assistant.syntax.document import Document
from assistant.syntax.faults import faults, new_faults
from assistant.syntax.languages import LANGUAGES, Language, detect, grammar, language_named, query
from assistant.syntax.many_selections import many
from assistant.syntax.selection import Selection, text_object
from assistant.syntax.symbols import find, outline
from assistant.syntax.tree_steps import TreeSteps

SAMPLES = Path(__file__).parent / "samples"
EVERY_TEXT_IS_VALID = {"markdown"}
each_language = pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)


def sample_of(language: Language) -> Path:
    return next((SAMPLES / language.name).glob("sample.*"))


def listed(document: Document) -> list[str]:
    return [f"{s.kind} {s.start_line}-{s.end_line} {s.qualified_name}" for s in outline(document)]


def expected(language: Language) -> list[str]:
    return (SAMPLES / language.name / "symbols.txt").read_text(encoding="utf-8").splitlines()


def test_there_are_at_least_sixteen_languages_with_names_of_their_own() -> None:
    names = [language.name for language in LANGUAGES]
    extensions = [extension for language in LANGUAGES for extension in language.extensions]
    assert len(names) >= 16
    assert len(set(names)) == len(names)
    assert len(set(extensions)) == len(extensions)


@each_language
def test_the_sample_is_told_by_its_name_and_has_no_faults(language: Language) -> None:
    document = Document.read(sample_of(language))
    assert document.language == language
    assert faults(document) == ()


@each_language
def test_the_sample_has_the_expected_symbols(language: Language) -> None:
    assert listed(Document.read(sample_of(language))) == expected(language)


@each_language
def test_every_symbol_is_found_by_its_qualified_name_and_holds_its_parts(language: Language) -> None:
    document = Document.read(sample_of(language))
    for symbol in outline(document):
        assert find(document, symbol.qualified_name) == symbol
        assert symbol.span.contains(symbol.definition)
        assert symbol.definition.contains(symbol.name_span)
        assert symbol.body is None or symbol.definition.contains(symbol.body)
        assert symbol.start_line == document.text.count("\n", 0, symbol.span.start) + 1


@each_language
def test_line_ends_and_a_byte_order_mark_change_no_symbol(language: Language) -> None:
    data = sample_of(language).read_bytes().replace(b"\n", b"\r\n")
    document = Document.from_bytes(b"\xef\xbb\xbf" + data, language)
    assert listed(document) == expected(language)
    assert document.to_bytes() == b"\xef\xbb\xbf" + data
    assert not any(document.text[s.span.start : s.span.end].endswith(("\r", "\n")) for s in outline(document))


@each_language
def test_the_broken_sample_is_refused(language: Language) -> None:
    if language.name in EVERY_TEXT_IS_VALID:
        pytest.skip(f"every text is {language.title}")
    broken = Document.read(next((SAMPLES / language.name).glob("broken.*")))
    found = faults(broken)
    assert found
    assert all(1 <= fault.line <= broken.text.count("\n") + 1 and fault.column >= 1 for fault in found)
    assert all(fault.reason and "\n" not in fault.reason for fault in found)
    assert new_faults(Document.read(sample_of(language)), broken)
    assert new_faults(broken, broken) == ()


@each_language
def test_both_query_files_are_there_and_compile(language: Language) -> None:
    for name in ("symbols", "objects"):
        assert (Path(languages.__file__).parent / "queries" / language.name / f"{name}.scm").is_file()
        assert query(language, name).pattern_count > 0


@each_language
def test_the_objects_capture_both_parts_of_a_comment_or_none(language: Language) -> None:
    objects = query(language, "objects")
    captures = {objects.capture_name(i) for i in range(objects.capture_count)}
    for name in captures:
        kind, dot, part = name.partition(".")
        if dot:
            assert kind in ("function", "class", "parameter", "comment", "test")
            assert {f"{kind}.inside", f"{kind}.around"} <= captures
            assert part in ("inside", "around")


OBJECTS = {"function": "function", "method": "function", "class": "class", "test": "test", "rule": "class"}


@each_language
def test_what_has_a_body_is_a_text_object_around_its_inside(language: Language) -> None:
    document = Document.read(sample_of(language))
    met: dict[str, bool] = {}
    for symbol in outline(document):
        kind = OBJECTS.get(symbol.kind)
        if kind is None or symbol.body is None:
            continue
        cursor = Selection(symbol.body.start + 1, symbol.body.start + 1)
        inside = text_object(document, cursor, kind, "inside")
        around = text_object(document, cursor, kind, "around")
        met[kind] = met.get(kind, False) or (inside != cursor and around.span.contains(symbol.body))
        if inside != cursor:
            assert around.span.contains(inside.span)
            assert inside.span.contains(cursor.span)
    assert all(met.values()), met


@each_language
def test_expanding_reaches_the_whole_text_and_shrinking_goes_back_the_same_way(language: Language) -> None:
    document = Document.read(sample_of(language))
    walk = TreeSteps()
    steps = [many([Selection(len(document.text) // 2, len(document.text) // 2)])]
    while (larger := walk.step(document, steps[-1], "expand")) != steps[-1]:
        assert larger.spans[0].contains(steps[-1].spans[0])
        steps.append(larger)
    assert len(steps) > 1
    for before in reversed(steps[:-1]):
        assert walk.step(document, steps.pop(), "shrink") == before


@pytest.mark.parametrize(
    ("name", "first_line", "language"),
    [
        ("a.py", "", "python"),
        ("A.PY", "", "python"),
        ("dir.d/Rakefile", "", "ruby"),
        ("a.test.tsx", "", "tsx"),
        ("a.h", "", "c"),
        ("a.C", "", "cpp"),
        ("a.c", "", "c"),
        ("run", "#!/usr/bin/env python3\n", "python"),
        ("run", "#! /usr/bin/python3.11 -u\n", "python"),
        ("run", "#!/usr/bin/env -S LC_ALL=C bash -e\n", "bash"),
        ("run", "#!/bin/sh\n", "bash"),
        ("run", "#!/usr/bin/env node\n", "javascript"),
        ("notes.txt", "#!/bin/sh\n", "bash"),
        ("notes.txt", "hello\n", None),
        ("py", "", None),
        (".gitignore", "", None),
        ("", "", None),
        ("a.", "", None),
    ],
)
def test_the_language_is_told_by_name_extension_or_shebang(name: str, first_line: str, language: str | None) -> None:
    found = detect(name, first_line.encode())
    assert (found.name if found else None) == language


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Exception, match=r"no language cobol.*python"):
        language_named("cobol")


def test_a_missing_grammar_says_which_package_helps() -> None:
    row = Language("nolang", "No Language", "tree_sitter_nolang", ("nolang",))
    with pytest.raises(Exception, match="pip install tree-sitter-nolang"):
        grammar(row)
