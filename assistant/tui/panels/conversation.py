"""The panel of the conversation: transcript, downloads, prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from assistant.tui.keymap import named
from assistant.tui.messages import ContextChanged, PageScrolled, ResendWanted, TestsWanted
from assistant.tui.widgets.composer import Composer
from assistant.tui.widgets.fetch_line import FetchLine
from assistant.tui.widgets.prompt_input import PromptInput
from assistant.tui.widgets.transcript import Transcript
from assistant.tui.widgets.welcome import Welcome

if TYPE_CHECKING:
    from assistant.tui.desks.desk import ChatDesk


_ROOM_FOR_LOGO = 22
"""Rows of the panel from which an empty conversation shows the logo."""


class Conversation(Vertical):
    """What is said, and where the next question is typed.

    Args:
        folder: what the conversation is about, as it is shown.
    """

    DEFAULT_CSS = """
    Conversation { width: 1fr; height: 1fr; background: $background; }
    Conversation > Transcript { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = named(
        "chat",
        [
            Binding(
                "ctrl+y", "screen.copy", "Copy the focused code block, else the last one", show=False, priority=True
            ),
            Binding("ctrl+r", "screen.restart", "Start the model again, ask again", show=False, priority=True),
            Binding("ctrl+g", "screen.fetch", "Fetch the model of the first-run notice", show=False, priority=True),
            Binding("ctrl+up", "block(-1)", "Go to the code block or question above", show=False, priority=True),
            Binding("ctrl+down", "block(1)", "Go to the code block or question below", show=False, priority=True),
            Binding("ctrl+end", "newest", "Go to the newest text", show=False, priority=True),
        ],
    )

    def __init__(self, folder: str) -> None:
        super().__init__(id="conversation")
        self._folder = folder

    def compose(self) -> ComposeResult:
        """The transcript, a download's line, and the prompt."""
        with Transcript(id="transcript"):
            yield Welcome(self._folder)
        yield FetchLine(id="fetch")
        yield Composer()

    def on_resize(self) -> None:
        """What an empty conversation shows fits its panel."""
        if (card := self.welcome) is not None:
            card.show_logo(self.size.height > _ROOM_FOR_LOGO)

    @property
    def transcript(self) -> Transcript:
        """What was said."""
        return self.query_one(Transcript)

    @property
    def composer(self) -> Composer:
        """Prompt and list of choices."""
        return self.query_one(Composer)

    @property
    def prompt(self) -> PromptInput:
        """Where the user types."""
        return self.query_one("#prompt", PromptInput)

    @property
    def fetch_line(self) -> FetchLine:
        """How far a download is."""
        return self.query_one("#fetch", FetchLine)

    @property
    def welcome(self) -> Welcome | None:
        """The card of an empty conversation, while there is one."""
        return next(iter(self.query(Welcome)), None)

    async def show_welcome(self) -> None:
        """Show the card of an empty conversation."""
        if self.welcome is None:
            await self.transcript.mount(Welcome(self._folder), before=0)

    async def hide_welcome(self) -> None:
        """The conversation has begun."""
        if (card := self.welcome) is not None:
            await card.remove()

    @on(PageScrolled)
    def _page(self, event: PageScrolled) -> None:
        event.stop()
        if event.direction < 0:
            self.transcript.release_anchor()
            self.transcript.scroll_page_up()
        else:
            self.transcript.scroll_page_down()

    @property
    def _desk(self) -> ChatDesk | None:
        return getattr(self.screen, "desk", None)

    @on(TestsWanted)
    def _from_tests(self, event: TestsWanted) -> None:
        event.stop()
        if self._desk is not None:
            self._desk.from_tests(event.what)

    @on(ContextChanged)
    def _change_context(self, event: ContextChanged) -> None:
        event.stop()
        if self._desk is not None:
            self._desk.change_context(event.part)

    @on(ResendWanted)
    def _resend(self, event: ResendWanted) -> None:
        event.stop()
        if self._desk is not None:
            self._desk.resend(event.message, event.text)

    def action_newest(self) -> None:
        """Go to the newest text and stay with it."""
        self.transcript.anchor()

    def action_block(self, step: int) -> None:
        """Focus the next code block above or below; past the last one, the prompt."""
        blocks = self.transcript.stops()
        focused = self.screen.focused
        at = blocks.index(focused) if focused in blocks else len(blocks)
        target = at + step
        if 0 <= target < len(blocks):
            blocks[target].focus()
        elif target >= len(blocks):
            self.prompt.focus()
