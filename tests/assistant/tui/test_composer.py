"""The composer with its list of choices: Enter means what stands in the prompt, however fast it was typed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from textual.app import App, ComposeResult

from assistant.tui.messages import QuestionAsked
from assistant.tui.widgets.choice_menu import Choice
from assistant.tui.widgets.composer import Composer
from tests.fakes.stage import until

HELP, LEARN, QUIT = (Choice(0, f"/{name} ", name, "", runs=True) for name in ("help", "learn", "quit"))
FOUND = {"/": (HELP, LEARN, QUIT), "/le": (LEARN,), "/ex": (QUIT,)}


class Prompted(App[None]):
    """A composer whose list is slow for a whole command."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def compose(self) -> ComposeResult:
        yield Composer()

    def on_mount(self) -> None:
        self.query_one(Composer).find_choices = self._choices
        self.query_one(Composer).prompt.focus()

    async def _choices(self, before_cursor: str) -> AsyncIterator[Sequence[Choice]]:
        if before_cursor not in FOUND:
            await asyncio.Event().wait()
        yield FOUND[before_cursor]

    def on_question_asked(self, event: QuestionAsked) -> None:
        self.asked.append(event.text.strip())


@pytest.mark.parametrize(
    ("shown_for", "typed", "asked"),
    [("/", "/learn", "/learn"), ("/le", "/le", "/learn"), ("/le", "/lea", "/learn"), ("/ex", "/ex", "/quit")],
)
async def test_enter_takes_no_command_from_a_list_that_typing_has_overtaken(
    shown_for: str, typed: str, asked: str
) -> None:
    app = Prompted()
    async with app.run_test() as pilot:
        composer = app.query_one(Composer)
        composer.prompt.put(shown_for)
        await until(pilot, lambda: composer.menu.is_open)
        composer.prompt.put(typed)
        composer.prompt.action_submit()
        await until(pilot, lambda: app.asked)
    assert app.asked == [asked]
