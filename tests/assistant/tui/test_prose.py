"""Markdown of replies: what streams in pieces is what comes as a whole, fits its width, and shows every control."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.selection import Selection

from assistant.tui.drawing.wrapping import character_cuts, word_cuts
from assistant.tui.widgets.prose import Prose
from tests.fakes.payloads import raw_controls

PIECES = st.lists(
    st.sampled_from(
        [
            "# ",
            "word ",
            "**",
            "`",
            "\n",
            "\n\n",
            "1. ",
            "2. ",
            "- ",
            "  - ",
            "> ",
            "| a ",
            "|---|\n",
            "---\n",
            "界面",
            "    ",
            "\t",
            "[x](http://y)",
            "&#x202e;",
            "\x1b[2J",
            "\u202e",
            "verylongwordthatdoesnotfitanywhere",
            "~~",
            "\\",
            "* ",
            "```\n",
        ]
    ),
    max_size=40,
)


def _rows(prose: Prose, width: int) -> list[str]:
    prose._wrapped_at = width
    prose._wrap_all()
    return [row.content().plain for row in prose._rows]


@settings(max_examples=60, deadline=None)
@given(PIECES, st.integers(8, 60))
def test_every_row_fits_and_shows_what_cannot_be_seen(pieces: list[str], width: int) -> None:
    for row in _rows(Prose("".join(pieces)), width):
        assert raw_controls(row) == []
        assert cell_len(row.rstrip()) <= max(width, 40), row


def test_pieces_make_the_rows_that_the_whole_makes() -> None:
    text = (
        "# Head\n\nA long paragraph with **bold** words that is wrapped.\n\n1. one\n1. two\n   - nested\n\n"
        "   more of two\n1. three\n\n> said\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n---\n\n- x\n- y\n\nend [here](http://x)"
    )
    for size in (1, 5, 17):
        streamed = Prose()
        streamed._wrapped_at = 30
        for at in range(0, len(text), size):
            streamed._take(text[at : at + size])
        assert [r.plain for r in streamed._rows] == [r.plain for r in _whole(text, 30)._rows]
        assert streamed.source == text


def _whole(text: str, width: int) -> Prose:
    prose = Prose(text)
    _rows(prose, width)
    return prose


def test_a_growing_reply_lays_out_its_last_block_only() -> None:
    prose = Prose()
    prose._wrapped_at = 40
    for number in range(1, 200):
        prose._take(f"{number}. an item of the list\n")
        assert len(prose._open) < 100
    assert prose._rows[-1].plain.startswith("199. ")


def test_marked_text_is_copied_without_the_screen_s_line_ends() -> None:
    prose = _whole("one two three four five six\n\n- seven eight nine ten\n", 12)
    assert len(prose._rows) > 5
    assert prose.get_selection(Selection(None, None)) == ("one two three four five six\n\n• seven eight nine ten", "\n")


@given(st.text("ab c界\u0301", max_size=60), st.integers(2, 20))
def test_cuts_cover_the_text_in_order(text: str, width: int) -> None:
    for cuts in (character_cuts(text, width), word_cuts(text, width)):
        assert "".join(text[begin:end] for begin, end in cuts) == text
        assert all(cell_len(text[begin:end].rstrip()) <= width for begin, end in cuts)
