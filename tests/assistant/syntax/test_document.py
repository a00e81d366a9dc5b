"""A Document keeps every byte, counts in characters, and its incremental tree is the tree of a fresh parse."""

from __future__ import annotations

from pathlib import Path

import pytest
import tree_sitter
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import AssistantError
from assistant.syntax.document import Document, Span
from assistant.syntax.languages import LANGUAGES, grammar, language_named

SAMPLES = Path(__file__).parent / "samples"
PIECES = (
    *(
        "\n",
        "\r\n",
        "\r",
        " ",
        "  ",
        "\t",
        "x",
        "0",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        '"',
        "'",
        "`",
        "#",
        "//",
        "/*",
        "*/",
    ),
    *(":", ";", ",", "=", "<", ">", "\\", "é", "😀", "e\u0301", "\u202e", "\ufeff", "\0", "\udcff", "\udcc3", "\udca9"),
    *("def f():\n", "class A {\n", "return 1\n", "<p>", "- a\n", "# b\n"),
)
texts = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def shape(tree: tree_sitter.Tree) -> list[tuple[object, ...]]:
    """Every node of a tree: what it is and where it lies."""
    nodes = []
    cursor = tree.walk()
    while True:
        node = cursor.node
        assert node is not None
        nodes.append((node.type, node.byte_range, node.start_point, node.end_point, node.is_missing, node.is_error))
        if cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return nodes


@st.composite
def edit(draw: st.DrawFn, length: int) -> tuple[int, int, str]:
    start = draw(st.integers(0, length))
    end = draw(st.integers(start, min(length, start + 12)))
    return start, end, draw(texts)


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_after_any_edits_the_tree_is_that_of_a_fresh_parse_and_the_rest_keeps_its_bytes(
    language, data: st.DataObject
) -> None:
    document = Document.read(next((SAMPLES / language.name).glob("sample.*")))
    assert document.tree is not None
    for _ in range(data.draw(st.integers(1, 4))):
        start, end, text = data.draw(edit(len(document.text)))
        before = document.data[: document.byte_of(start)], document.data[document.byte_of(end) :]
        document = document.edit(start, end, text)
        replaced = document.data[len(before[0]) : len(document.data) - len(before[1])]
        assert document.data.startswith(before[0])
        assert document.data.endswith(before[1])
        assert replaced.decode("utf-8", "surrogateescape") == text.encode("utf-8", "surrogateescape").decode(
            "utf-8", "surrogateescape"
        )
        if data.draw(st.booleans()):
            assert document.tree is not None
    fresh = tree_sitter.Parser(grammar(language)).parse(document.data)
    assert shape(document.tree) == shape(fresh)


@given(st.binary(max_size=60) | texts.map(lambda text: text.encode("utf-8", "surrogateescape")))
def test_the_bytes_of_a_file_come_back_as_they_were(data: bytes) -> None:
    for mark in (b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        assert Document.from_bytes(mark + data).to_bytes() == mark + data


@given(st.lists(texts, min_size=1, max_size=60).map(lambda parts: "".join(parts) * 9))
@settings(max_examples=40, deadline=None)
def test_characters_and_bytes_count_each_other(text: str) -> None:
    document = Document(text)
    byte = 0
    for char, letter in enumerate(document.text):
        assert document.byte_of(char) == byte
        size = len(letter.encode("utf-8", "surrogateescape"))
        assert [document.char_of(byte + offset) for offset in range(size)] == [char] * size
        byte += size
    assert document.byte_of(len(document.text)) == byte == len(document.data)
    assert document.char_of(byte) == len(document.text)


def test_two_escaped_bytes_that_meet_become_the_character_they_are() -> None:
    document = Document.from_bytes(b"\xc3 \xa9").edit(1, 2, "")
    assert document.text == "é"
    assert document.to_bytes() == b"\xc3\xa9"


def test_what_no_file_can_hold_becomes_a_replacement_character() -> None:
    assert Document("a").edit(1, 1, "\ud800").to_bytes() == b"a\xef\xbf\xbd"
    assert Document.from_bytes("\ufeffa".encode("utf-16-le")).edit(1, 1, "\udcff").to_bytes() == "\ufeffa\ufffd".encode(
        "utf-16-le"
    )


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-8"])
def test_a_file_keeps_its_encoding_and_mark_through_an_edit(codec: str) -> None:
    data = "\ufeffx = 'é😀'\r\n".encode(codec)
    document = Document.from_bytes(data, language_named("python"))
    assert document.text == "x = 'é😀'\r\n"
    assert document.edit(0, 1, "ÿ").to_bytes() == "\ufeffÿ = 'é😀'\r\n".encode(codec)


def test_an_edit_leaves_the_document_it_was_made_from() -> None:
    before = Document("def f():\n    pass\n", language_named("python"))
    tree = shape(before.tree)
    after = before.edit(4, 5, "grüße")
    assert after.text == "def grüße():\n    pass\n"
    assert before.text == "def f():\n    pass\n"
    assert shape(before.tree) == tree


@pytest.mark.parametrize(("start", "end"), [(-1, 0), (2, 1), (0, 4), (4, 4)])
def test_positions_outside_the_text_are_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="no characters"):
        Document("abc").edit(start, end, "")


def test_lines_count_from_one_and_only_a_line_feed_ends_one() -> None:
    document = Document("a\r\nb\rc\u2028d\n")
    assert [document.line_of(i) for i in (0, 2, 3, 7, 9)] == [1, 1, 2, 2, 3]
    assert document.line_span(1) == Span(0, 3)
    assert document.line_span(2) == Span(3, 9)
    assert document.line_span(3) == Span(9, 9)
    assert document.line_span(7) == Span(9, 9)


def test_plain_text_has_no_tree() -> None:
    document = Document("just words").edit(0, 4, "only")
    assert document.tree is None
    assert document.quick_tree is None
    assert document.node_at(Span(0, 1)) is None


def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path: Path) -> None:
    for path, why in ((tmp_path / "no.py", "no such file"), (tmp_path, "it is a folder"), (Path("/dev/null"), "plain")):
        with pytest.raises(AssistantError, match=why):
            Document.read(path)
    huge = tmp_path / "huge.py"
    with huge.open("wb") as file:
        file.truncate(65_000_000)
    with pytest.raises(AssistantError, match=r"limit is 64\.0 MB"):
        Document.read(huge)


def test_what_takes_too_long_to_parse_is_plain_text_with_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    from assistant.syntax import document as module
    from assistant.syntax.faults import faults, new_faults
    from assistant.syntax.symbols import outline

    monkeypatch.setattr(module, "_PATIENCE", 0.2)
    lua = language_named("lua")
    hard = Document("<a>" * 20_000, lua)
    assert hard.too_hard
    assert hard.tree is None
    assert outline(hard) == ()
    assert [fault.reason for fault in faults(hard)] == ["takes too long to parse"]
    assert new_faults(Document("x = 1\n", lua), hard)
    assert not hard.edit(0, len(hard.text), "x = 1\n").too_hard


def test_a_flat_heap_of_nonsense_has_no_symbols_and_takes_no_time_to_say_so() -> None:
    from assistant.syntax.symbols import outline_and_uses

    heap = Document("(" * 300_000, language_named("python"))
    assert outline_and_uses(heap) == ((), {})


def test_deep_nesting_and_binary_content_end_in_faults_not_in_a_crash() -> None:
    from assistant.syntax.faults import faults
    from assistant.syntax.symbols import outline

    deep = Document("(" * 20_000, language_named("python"))
    assert faults(deep)
    binary = Document.from_bytes(bytes(range(256)) * 40, language_named("c"))
    assert faults(binary)
    assert outline(binary) is not None
