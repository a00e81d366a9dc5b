"""vim's keys do here what they do in vim; no keys crash, and what is not vim's goes back to the editor.

`recorded.json` holds what Vim 9.0 made of some texts by some keys (`vim -u NONE`, autoindent, expandtab, sw=4).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.tui.vim.vim import Vim
from tests.fakes.plain_buffer import PlainBuffer, Told, press

RECORDED = json.loads(Path(__file__).with_name("recorded.json").read_text(encoding="utf-8"))


def _typed(text: str, keys: str, at: tuple[int, int] = (0, 0)) -> tuple[PlainBuffer, Vim, Told]:
    buffer, host = PlainBuffer(text, at), Told()
    vim = Vim(buffer, host)
    press(vim, buffer, keys)
    return buffer, vim, host


def test_keys_do_what_vim_did_with_them() -> None:
    assert len(RECORDED["cases"]) > 300
    for number, (row, column), steps, text, cursor in RECORDED["cases"]:
        buffer, vim, _ = _typed(RECORDED["texts"][number], "", (row, column))
        for step in steps:
            press(vim, buffer, step)
            if vim.mode != "normal" or " " in vim.status:
                press(vim, buffer, "\x1b\x1b")
        assert (buffer.text, list(buffer.cursor)) == (text, cursor), (number, (row, column), steps)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("iX\x1b", "Xone two\nthree"),
        ("wcwTWO\x1bj0.", "one TWO\nTWO"),
        ("ddp", "three\none two"),
        ("yyP", "one two\none two\nthree"),
        ("xu\x12", "ne two\nthree"),
        ("oa\x1bu", "one two\nthree"),
        ("fo,x", "ne two\nthree"),
        ("tw;x", "one wo\nthree"),
        ("vex", " two\nthree"),
        ("Vjd", ""),
        ("d/three\r", "three"),
        (":%s/t(.)/<\\1>/g\r", "one <w>o\n<h>ree"),
        (":2\rx", "one two\nhree"),
        ("/THREE\r/three\rx", "one two\nhree"),
        ("2>>", "    one two\n    three"),
        ("dw.", "\nthree"),
    ],
)
def test_a_change_is_made_taken_back_and_repeated(keys: str, text: str) -> None:
    assert _typed("one two\nthree", keys)[0].text == text


def test_the_command_line_saves_and_leaves_and_says_what_it_does_not_know() -> None:
    _, _, host = _typed("x", ":w\r:q\r:wq\r:x\r:tabnew\r/nowhere\r")
    assert host.asked[:4] == ["save", "leave", "save and leave", "save and leave"]
    assert "there is no command :tabnew" in host.asked[4]
    assert host.asked[5] == "nowhere is not in this file"


def test_the_mode_and_a_half_typed_command_are_shown() -> None:
    assert _typed("x", "")[1].status == "NORMAL"
    assert _typed("x", "2d")[1].status == "NORMAL 2d"
    assert _typed("x", "i")[1].status == "INSERT"
    assert _typed("x", "V")[1].status == "VISUAL LINE"
    assert _typed("x", ":w")[1].status == ":w"


def test_keys_that_are_not_vims_are_the_editors() -> None:
    buffer = PlainBuffer("x")
    vim = Vim(buffer, Told())
    assert not vim.key("f5")
    assert not vim.key("ctrl+s", "\x13")
    assert not vim.key("escape")
    assert vim.key("i", "i")
    assert not vim.key("tab", "\t")
    assert vim.key("escape")


def test_an_open_editor_shows_what_is_selected() -> None:
    assert _typed("one two\nthree", "ve")[0].selected == ((0, 0), (0, 3))
    assert _typed("one two\nthree", "wvb")[0].selected == ((0, 5), (0, 0))
    assert _typed("one two\nthree", "V")[0].selected == ((0, 0), (0, 7))


KEYS = st.text(
    st.sampled_from("hjklwbe0$^GgdycxpPuiaoOAIsSCDJrfFtT;,nN*vV~.{}%<>(\"'2349 \x1b\x1b\r\x12:/s"), max_size=25
)


@example(text="_", keys="V:")
@given(text=st.text(st.sampled_from("ab _(){}'\"\t\né漢"), max_size=40), keys=KEYS)
def test_no_keys_crash_and_the_cursor_stays_in_the_text(text: str, keys: str) -> None:
    buffer, vim, _ = _typed(text, keys)
    press(vim, buffer, "\x1b\x1b\x1b")
    assert vim.mode == "normal"
    row, column = buffer.cursor
    assert 0 <= row < len(buffer.lines)
    assert 0 <= column <= max(0, len(buffer.lines[row]) - 1)
