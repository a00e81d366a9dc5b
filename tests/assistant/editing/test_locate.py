"""Blocks are found exactly, then more tolerantly, only where they are unique; a miss names the closest place."""

from __future__ import annotations

import pytest

from assistant.editing.locate import NotFound, Place, common_indent, find_block, indent_unit, reindented

FILE = [
    "class A:",
    "    def one(self):",
    "        return 1",
    "",
    "    def two(self):",
    "        x = 2   ",
    "        return x",
    "",
]


def test_exact_match() -> None:
    assert find_block(FILE, ["    def one(self):", "        return 1"]) == Place(1, 3, "    ", "    ")


def test_trailing_blanks_do_not_matter() -> None:
    assert find_block(FILE, ["        x = 2", "        return x"]).start == 5


def test_indentation_does_not_matter_and_is_told() -> None:
    assert find_block(FILE, ["def two(self):", "    x = 2"]) == Place(4, 6, "    ", "")


def test_blank_lines_around_do_not_matter() -> None:
    assert find_block(FILE, ["", "        return 1", ""]).start == 2


def test_two_places_are_refused_by_name() -> None:
    with pytest.raises(NotFound, match="at lines 1, 3"):
        find_block(["x", "y", "x"], ["x"])


def test_a_miss_names_the_closest_lines() -> None:
    with pytest.raises(NotFound, match=r"closest are lines 6 to 7(.|\n)*return x"):
        find_block(FILE, ["        x = 3", "        return x"])
    with pytest.raises(NotFound, match="closest are lines 1 to 1"):
        find_block(FILE, ["class B:"])
    with pytest.raises(NotFound, match="nothing is like"):
        find_block(FILE, ["zzzzzzzzzzzzzzzz"])


def test_empty_search_is_refused() -> None:
    with pytest.raises(NotFound, match="no lines"):
        find_block(FILE, ["", " "])


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("if a:\n  b\n  if c:\n    d", "  "),
        ("if a:\n\tb", "\t"),
        ("a\nb", "    "),
        ("if a:\n    b", "    "),
        ("f(a,\n  b)", "  "),
    ],
)
def test_indent_unit_is_the_commonest_step(text: str, unit: str) -> None:
    assert indent_unit(text.split("\n")) == unit


def test_reindenting_moves_blocks_and_takes_the_files_unit() -> None:
    assert reindented(["def f():", "    a", "", "    if b:", "        c"], "", "\t", "\t") == [
        "\tdef f():",
        "\t\ta",
        "",
        "\t\tif b:",
        "\t\t\tc",
    ]
    assert reindented(["  if a:", "    b"], "  ", "", "    ") == ["if a:", "    b"]
    assert reindented(["f(a,", "  b)"], "", "", "    ") == ["f(a,", "  b)"], "aligned text is left as it is"


def test_common_indent_ignores_blank_lines() -> None:
    assert common_indent(["    a", "", "      b"]) == "    "
    assert common_indent(["\ta", "    b"]) == ""
