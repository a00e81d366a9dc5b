"""Suggestions are found again by the text around the cursor, also while they are typed; chunks of the ring are told apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.completion.recall import RememberedSuggestions
from assistant.completion.ring import Ring, chunk_text, likeness
from assistant.syntax.document import Document, Span
from assistant.syntax.languages import LANGUAGES

PYTHON = next(row for row in LANGUAGES if row.name == "python")
TEXT = st.text(alphabet="ab (\n", max_size=30)


@given(TEXT, TEXT, st.text(alphabet="ab (\n", min_size=1, max_size=20), st.data())
def test_typing_into_a_suggestion_leaves_its_rest(before: str, after: str, text: str, data: st.DataObject) -> None:
    known = RememberedSuggestions(4)
    known.put("a", before + after, len(before), text)
    typed = data.draw(st.integers(0, len(text) - 1))
    whole, cursor = before + text[:typed] + after, len(before) + typed
    assert known.find("a", whole, cursor) == text[typed:]
    assert known.find("b", whole, cursor) is None
    assert known.find("a", before + text + after, len(before) + len(text)) != ""


@given(TEXT, TEXT, st.text(alphabet="xy", min_size=1, max_size=5))
def test_other_text_around_the_cursor_is_another_place(before: str, after: str, other: str) -> None:
    known = RememberedSuggestions(4)
    known.put("a", before + after, len(before), "ab")
    assert known.find("a", before + other + after, len(before) + len(other)) is None
    assert known.find("a", before + after + other, len(before)) is None
    assert known.find("a", other + before + after, len(other + before)) is None


def test_empty_suggestion_says_that_nothing_belongs_there() -> None:
    known = RememberedSuggestions(2)
    known.put("a", "xy", 1, "")
    assert known.find("a", "xy", 1) == "" and known.find("a", "xy", 2) is None
    known.put("a", "xy", 1, "z")
    assert known.find("a", "xy", 1) == "z"


def test_only_the_newest_are_kept_and_large_files_cost_no_more() -> None:
    known = RememberedSuggestions(2)
    large = "x = 1\n" * 100_000
    for cursor in (300_000, 300_006, 300_012):
        known.put("a", large[:cursor] + str(cursor) + large[cursor:], cursor, f"{cursor}!")
    assert known.find("a", large[:300_000] + "300000" + large[300_000:], 300_000) is None
    assert known.find("a", large[:300_012] + "300012" + large[300_012:], 300_012) == "300012!"


SOURCE = "import os\n\n\ndef one(a):\n    b = a\n    return b\n\n\ndef two(a):\n    return a\n"


def test_chunk_is_the_symbol_around_the_place_or_the_lines() -> None:
    document = Document(SOURCE, PYTHON)
    assert chunk_text(document, Span(SOURCE.index("b = a"), 0)) == "def one(a):\n    b = a\n    return b"
    assert chunk_text(document, Span(0, 0)).startswith("import os")
    huge = "def f():\n" + "    x = 1\n" * 2000
    assert len(chunk_text(Document(huge, PYTHON), Span(9000, 9000)).split("\n")) < 40


def test_ring_keeps_the_newest_once_and_leaves_out_what_is_here_anyway() -> None:
    ring = Ring(2)
    document = Document(SOURCE, PYTHON)
    one, two = SOURCE.index("b = a"), SOURCE.index("def two")
    for place in (one, two, one):
        ring.touch(document, Span(place, place), "a.py")
    assert [chunk.text.split("(")[0] for chunk in ring.chunks("", "b.py")] == ["def one", "def two"]
    assert [chunk.text.split("(")[0] for chunk in ring.chunks(SOURCE[two:], "b.py")] == ["def one"]
    ring.touch(Document("def three():\n    pass\n", PYTHON), Span(0, 0), "c.py")
    assert [chunk.path for chunk in ring.chunks("", "b.py")] == ["c.py", "a.py"]


def test_likeness_counts_lines_in_common() -> None:
    assert likeness("a\nb\n", "b\na") == 1 and likeness("a\nb", "c\nd") == 0 and likeness("a\nb", "a\nc") == 0.5
