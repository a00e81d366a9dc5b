"""Colours between a change and its parse: nothing outside of the change loses its colour or gets another's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.syntax.languages import language_named
from assistant.tui.code_text import CodeText
from assistant.tui.drawing.moved_colours import moved

TEXT = (
    'class A:\n    """Words."""\n\n    def f(self, x):\n        return "a\\tb" + 12  # why\n\n\nB = {"k": A().f(3)}\n'
)


def painted(lines: dict[int, list[tuple[int, int, str]]], texts: list[str]) -> list[list[str]]:
    """The role of each character, as the painter lays the pieces over each other."""
    roles = [[""] * len(text) for text in texts]
    for row, pieces in lines.items():
        for first, last, role in pieces:
            for at in range(first, min(last, len(roles[row]))):
                roles[row][at] = role
    return roles


@given(st.data(), st.text(alphabet='ab"\n #', max_size=6))
def test_what_is_not_changed_keeps_its_colour(data: st.DataObject, typed: str) -> None:
    text = CodeText(TEXT, language_named("python"))
    lines = TEXT.split("\n")
    before = painted(text.colours(0, len(lines)), lines)
    places = sorted(data.draw(st.integers(0, len(TEXT))) for _ in range(2))
    start, end = (text.location(place) for place in places)
    new_end = text.replace_range(start, end, typed).end_location
    now = text.text.split("\n")
    after = painted(text._coloured[3], now)
    assert after[: start[0]] == before[: start[0]]
    assert after[start[0]][: start[1]] == before[start[0]][: start[1]]
    assert after[new_end[0]][new_end[1] :] == before[end[0]][end[1] :]
    assert after[new_end[0] + 1 :] == before[end[0] + 1 :]
    # And once it is parsed, the colours are those of a text that was never another.
    while not text.catch_up(0.001):
        pass
    fresh = CodeText(text.text, language_named("python"))
    if not fresh.parsed.quick_tree.root_node.has_error:  # type: ignore[union-attr]  # Python has a grammar
        assert painted(text.colours(0, len(now)), now) == painted(fresh.colours(0, len(now)), now)


def test_a_letter_typed_into_a_string_has_its_colour_at_once() -> None:
    assert moved({3: [(2, 8, "string")]}, (3, 4), (3, 4), (3, 5)) == {3: [(2, 9, "string")]}
    assert moved({3: [(2, 8, "string")]}, (3, 8), (3, 8), (3, 9)) == {3: [(2, 8, "string")]}
    assert moved({3: [(2, 8, "string")], 4: [(0, 3, "keyword")]}, (3, 8), (3, 8), (4, 0)) == {
        3: [(2, 8, "string")],
        4: [],
        5: [(0, 3, "keyword")],
    }
