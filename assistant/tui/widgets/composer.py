"""The prompt and the list of what is being typed may become: slash commands, and files and symbols after an `@`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical

from assistant.tui.messages import (
    ChoicePicked,
    CompletionWanted,
    EscapePressed,
    MenuMoved,
    PromptChanged,
    PromptSubmitted,
    QuestionAsked,
)
from assistant.tui.widgets.choice_menu import Choice, ChoiceMenu
from assistant.tui.widgets.prompt_input import PromptInput

FindChoices = Callable[[str], AsyncIterator[Sequence[Choice]]]
"""Given the text before the cursor: what is found at once, then more of it."""


class Composer(Vertical):
    """Where a question is made. `find_choices` is given the text before the cursor."""

    DEFAULT_CSS = """
    Composer { height: auto; margin: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.find_choices: FindChoices | None = None
        self._offered_for = ""
        """The text before the cursor that the list is for."""

    def compose(self) -> ComposeResult:
        """List above, prompt below."""
        yield ChoiceMenu(id="choices")
        yield PromptInput(id="prompt")

    @property
    def prompt(self) -> PromptInput:
        """Where the user types."""
        return self.query_one(PromptInput)

    @property
    def menu(self) -> ChoiceMenu:
        """What it may become."""
        return self.query_one(ChoiceMenu)

    def close_menu(self) -> None:
        """Hide the list."""
        self._offer(())

    @on(PromptChanged)
    def _look_for_choices(self, event: PromptChanged) -> None:
        if self.find_choices is not None and any(sign in event.before_cursor for sign in "/@"):
            self._find(event.before_cursor)
        else:
            self._offer(())

    @work(exclusive=True, group="choices")
    async def _find(self, before_cursor: str) -> None:
        assert self.find_choices is not None
        first = True
        async for choices in self.find_choices(before_cursor):
            # What is found later does not push away what an arrow has marked.
            if self.prompt.before_cursor() == before_cursor and (first or not self.menu.is_walked):
                self._offer(choices)
                self._offered_for = before_cursor
            first = False

    def _offer(self, choices: Sequence[Choice]) -> None:
        self.menu.offer(choices)
        self.prompt.menu_open = self.menu.is_open

    @on(PromptSubmitted)
    def _submit(self, event: PromptSubmitted) -> None:
        event.stop()
        chosen = self.menu.chosen
        text = event.text
        if chosen is not None and not chosen.runs:
            self._take(chosen)
            return
        # A list for fewer letters than are there was overtaken by fast typing, and may name another command.
        if chosen is not None and (text == self._offered_for or chosen.text.startswith(text.strip())):
            text = chosen.text
        self._offer(())
        self.post_message(QuestionAsked(text))

    @on(CompletionWanted)
    def _complete(self) -> None:
        if self.menu.chosen is not None:
            self._take(self.menu.chosen)

    @on(MenuMoved)
    def _move(self, event: MenuMoved) -> None:
        self.menu.move(event.step)

    @on(ChoicePicked)
    def _pick(self, event: ChoicePicked) -> None:
        self._take(self.menu.at(event.row))
        self.prompt.focus()

    @on(EscapePressed)
    def _close(self) -> None:
        self.close_menu()

    def _take(self, choice: Choice) -> None:
        self.prompt.replace_before_cursor(choice.start, choice.text)
        self._offer(())
