"""An app with nothing but the themes, for a screen that is to be shown by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, TextArea

from assistant.ground.visible import visible
from assistant.tui.themes import THEMES


class Stage(App[None]):
    """Shows `screen`; what it answers is in `answers`."""

    def __init__(self, screen: Screen[Any], theme: str = "wizard-dark") -> None:
        super().__init__()
        for known in THEMES:
            self.register_theme(known)
        self.theme = theme
        self._first = screen
        self.answers: list[Any] = []

    def on_ready(self) -> None:
        # The empty screen below is painted by then; else its blanks differ from one run to the next.
        self.push_screen(self._first, self.answers.append)

    def notify(self, message: str, **options: Any) -> None:  # type: ignore[override]  # as WizardApp does
        super().notify(visible(message), **options, markup=False)

    def toasts(self) -> str:
        return " ".join(note.message for note in self._notifications)


async def until(pilot: Pilot[None], what: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until `what` is true."""
    for _ in range(int(seconds / 0.02)):
        if what():
            await pilot.pause()
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen in time")


async def settled(pilot: Pilot[None]) -> None:
    """Wait until text and colours of the screen have not changed for a while, however busy the machine is."""
    before, same = None, 0
    for _ in range(200):
        for box in (*pilot.app.screen.query(Input), *pilot.app.screen.query(TextArea)):
            box.cursor_blink = False
        await pilot.pause(0.05)
        now = [list(strip) for strip in pilot.app.screen._compositor.render_strips()]
        same = same + 1 if now == before else 0
        before = now
        if same >= 4:
            return


def shown(app: App[None]) -> str:
    """The text on the screen."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


def words(app: App[None]) -> str:
    """The text on the screen in one line, without frames."""
    return " ".join(shown(app).translate(dict.fromkeys(map(ord, "│╭╮╰╯─"), " ")).split())
