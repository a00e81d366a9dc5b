"""Rows that are kept as they were drawn: a text that grew piece by piece looks like one that was there at once."""

from __future__ import annotations

import random

import pytest
from textual.app import App, ComposeResult
from textual.strip import Strip
from textual.widget import Widget

from assistant.tui.drawing.drawn_rows import DrawnRows
from assistant.tui.themes import THEMES
from assistant.tui.widgets.code_block import CodeBlock
from assistant.tui.widgets.prose import Prose

WORDS = (
    "# A title\n\nSome **bold** words that are long enough to be wrapped, `code` and a list:\n\n1. one\n2. two\n   goes on\n\n"
    "| a | b |\n|---|---|\n| 1 | 2 |\n\n> said\n\nThe end of it.\n"
) * 3
CODE = (
    '@wraps(f)\ndef f(x):\n    """Long\n    words."""\n    return [x for x in range(10) if x > 3 and x < 7 and x != 5]\n\n\n'
    * 6
)


class _Two(App[None]):
    AUTO_FOCUS = None

    def __init__(self, grown: Widget, at_once: Widget) -> None:
        super().__init__()
        self._widgets = grown, at_once
        for theme in THEMES:
            self.register_theme(theme)

    def compose(self) -> ComposeResult:
        yield from self._widgets


def _rows(widget: Widget) -> list[Strip]:
    return [widget.render_line(y) for y in range(widget.size.height)]


@pytest.mark.parametrize("seed", range(3))
async def test_prose_that_grew_looks_like_prose_that_was_there(seed: int) -> None:
    chance = random.Random(seed)
    grown, at_once = Prose(), Prose(WORDS)
    app = _Two(grown, at_once)
    async with app.run_test(size=(44, 30)) as pilot:
        at = 0
        while at < len(WORDS):
            step = chance.randrange(1, 40)
            grown.append(WORDS[at : at + step])
            at += step
            _rows(grown)
            if chance.random() < 0.1:
                await pilot.pause()
                _rows(grown)
        await pilot.pause()
        assert _rows(grown) == _rows(at_once) and len(_rows(grown)) > 20
        await pilot.resize_terminal(60, 30)
        assert _rows(grown) == _rows(at_once)
        dark = _rows(grown)
        app.theme = "wizard-light"
        await pilot.pause()
        assert _rows(grown) == _rows(at_once) != dark


async def test_code_that_grew_looks_like_code_that_was_there() -> None:
    chance = random.Random(5)
    grown, at_once = CodeBlock("python"), CodeBlock("python")
    app = _Two(grown, at_once)
    async with app.run_test(size=(44, 30)) as pilot:
        at_once.feed(CODE)
        at_once.finish()
        at = 0
        while at < len(CODE):
            step = chance.randrange(1, 60)
            grown.feed(CODE[at : at + step])
            at += step
            _rows(grown)
            if chance.random() < 0.2:
                await pilot.pause()
                _rows(grown)
        grown.finish()
        await pilot.pause()
        assert _rows(grown) == _rows(at_once) and len(_rows(grown)) > 20


def test_rows_of_another_width_are_not_kept() -> None:
    rows, strip = DrawnRows(), Strip.blank(5)
    rows.keep(3, 5, strip)
    assert rows.get(3, 5) is strip
    assert rows.get(3, 6) is None
    rows.keep(4, 5, strip)
    rows.forget(4)
    assert rows.get(3, 5) is strip and rows.get(4, 5) is None
    rows.keep(1, 9, strip)
    assert rows.get(3, 5) is None and rows.get(3, 9) is None
