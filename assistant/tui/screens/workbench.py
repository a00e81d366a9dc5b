"""The conversation with the model: transcript, prompt, status; a desk for the slash commands.

It paints before anything is opened: conversations and engine come up behind it, then the model loads. What is typed
stays in the prompt until it is stored.
"""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from assistant.tui import memory
from assistant.tui.messages import CopyRequested, PageScrolled, PromptChanged, QuestionAsked
from assistant.tui.widgets.opening import Opening
from assistant.tui.widgets.title_bar import TitleBar
from assistant.tui.widgets.transcript import Transcript
from assistant.tui.widgets.welcome import Welcome

if TYPE_CHECKING:
    from assistant.tui.desk import ChatDesk
    from assistant.tui.widgets.composer import Composer
    from assistant.tui.widgets.fetch_line import FetchLine
    from assistant.tui.widgets.notice import Tone
    from assistant.tui.widgets.prompt_input import PromptInput
    from assistant.tui.widgets.status_bar import StatusBar


_AFTER_PAINT = 0.02
"""Seconds after the first paint at which the rest is opened."""


_SEND = Binding("enter", "send", "Send", key_display="⏎")
"""For the mouse; the key itself belongs to the prompt."""


class Workbench(Screen[None]):
    """The first screen.

    Args:
        folder: what the conversation is about, as it is shown.
    """

    CSS_PATH = "workbench.tcss"
    AUTO_FOCUS = "Opening"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", "Help", key_display="F1"),
        Binding("escape", "stop", "Stop", key_display="Esc"),
        Binding("f2", "models", "Models", key_display="F2"),
        Binding("f3", "conversations", "Chats", key_display="F3"),
        Binding("f4,ctrl+y", "copy", "Copy", key_display="F4", priority=True),
        Binding("ctrl+n", "new", "New", key_display="^N", priority=True),
        Binding("f8", "undo_edit", "Take the last written change back", show=False),
        Binding("ctrl+r", "restart", "Start the model again, ask again", show=False, priority=True),
        Binding("ctrl+g", "fetch", "Fetch the model of the first-run notice", show=False, priority=True),
        Binding("ctrl+t", "switch_theme", "Dark or light", show=False, priority=True),
        Binding("ctrl+up", "block(-1)", "Go to the code block above", show=False, priority=True),
        Binding("ctrl+down", "block(1)", "Go to the code block below", show=False, priority=True),
        Binding("ctrl+end", "newest", "Go to the newest text", show=False, priority=True),
        Binding("ctrl+q", "app.quit", "Quit", key_display="^Q", priority=True),
    ]

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder
        self.desk: ChatDesk | None = None

    def compose(self) -> ComposeResult:
        """Title and transcript; the rest comes after the first paint."""
        yield TitleBar()
        with Transcript(id="transcript"):
            yield Welcome(self._folder)
        yield Opening()

    @property
    def transcript(self) -> Transcript:
        """The conversation."""
        return self.query_one(Transcript)

    @property
    def prompt(self) -> PromptInput:
        """Where the user types."""
        from assistant.tui.widgets.prompt_input import PromptInput

        return self.query_one("#prompt", PromptInput)

    @property
    def status(self) -> StatusBar:
        """The line of figures."""
        from assistant.tui.widgets.status_bar import StatusBar

        return self.query_one("#status", StatusBar)

    @property
    def fetch_line(self) -> FetchLine:
        """How far a download is."""
        from assistant.tui.widgets.fetch_line import FetchLine

        return self.query_one("#fetch", FetchLine)

    @property
    def composer(self) -> Composer:
        """Prompt and list of choices."""
        from assistant.tui.widgets.composer import Composer

        return self.query_one(Composer)

    @property
    def title_bar(self) -> TitleBar:
        """The top line."""
        return self.query_one(TitleBar)

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

    async def remark(self, text: str, hint: str = "", tone: Tone = "info") -> None:
        """Say something of the app's own in the transcript."""
        from assistant.tui.widgets.notice import Notice

        await self.transcript.add(Notice(text, hint, tone), lambda: Notice(text, hint, tone))

    def on_mount(self) -> None:
        """Paint first; open everything else after that."""
        self.call_after_refresh(self.set_timer, _AFTER_PAINT, self._open)

    @work
    async def _open(self) -> None:
        await self._complete()
        desk = await asyncio.to_thread(importlib.import_module, "assistant.tui.desk")
        self.desk = await desk.open_desk(self)
        memory.calm()

    async def _complete(self) -> None:
        """Mount what the first paint did without."""
        from assistant.tui.widgets.composer import Composer
        from assistant.tui.widgets.fetch_line import FetchLine
        from assistant.tui.widgets.key_bar import KeyBar
        from assistant.tui.widgets.status_bar import StatusBar

        opening = self.query_one(Opening)
        rest = (FetchLine(id="fetch"), Composer(), StatusBar(id="status"), KeyBar([_SEND, *self.BINDINGS]))
        with self.app.batch_update():
            await self.mount_all(rest)
            self.prompt.put(opening.typed)
            self.prompt.focus()
            await opening.remove()

    @on(QuestionAsked)
    def _take_question(self, event: QuestionAsked) -> None:
        if self.desk is None:
            self.notify("One moment: the app is still opening. Your text stays here.")
        else:
            self.desk.take(event.text)

    @on(PromptChanged)
    def _keep_draft(self, event: PromptChanged) -> None:
        if self.desk is not None:
            self.desk.keep_draft(event.text)

    @on(PageScrolled)
    def _page(self, event: PageScrolled) -> None:
        if event.direction < 0:
            self.transcript.release_anchor()
            self.transcript.scroll_page_up()
        else:
            self.transcript.scroll_page_down()

    @on(CopyRequested)
    def _copy_block(self, event: CopyRequested) -> None:
        if self.desk is not None:
            self.desk.copy_code(event.code, event.language)

    @on(Welcome.FetchWanted)
    def action_fetch(self) -> None:
        """Fetch the model that the notice recommends."""
        if self.desk is not None:
            self.desk.fetch_recommended()

    @on(TitleBar.Chosen)
    def _open_from_title(self, event: TitleBar.Chosen) -> None:
        if self.desk is not None and event.part == "model":
            self.desk.choose_model("")
        elif self.desk is not None:
            self.desk.show_conversations("")

    def action_send(self) -> None:
        """Send what is in the prompt."""
        self.prompt.action_submit()

    def action_stop(self) -> None:
        """End the reply; where none is written, go back to the prompt."""
        if self.desk is None:
            return
        self.composer.close_menu()
        if self.desk.busy:
            self.desk.stop()
        else:
            self.prompt.focus()

    def action_help(self) -> None:
        """Open the list of keys."""
        if self.desk is not None:
            self.desk.show_help()

    def action_models(self) -> None:
        """Open the model picker."""
        if self.desk is not None:
            self.desk.choose_model("")

    def action_conversations(self) -> None:
        """Open the list of conversations."""
        if self.desk is not None:
            self.desk.show_conversations("")

    def action_new(self) -> None:
        """Begin a new conversation."""
        if self.desk is not None:
            self.desk.new_conversation()

    def action_copy(self) -> None:
        """Copy the focused code block, else the last one."""
        if self.desk is not None:
            self.desk.copy_text("")

    def action_restart(self) -> None:
        """Start the model again and repeat the question."""
        if self.desk is not None:
            self.desk.retry()

    def action_undo_edit(self) -> None:
        """Take the last written change back."""
        if self.desk is not None:
            self.desk.undo_edit()

    def action_switch_theme(self) -> None:
        """Dark to light and back."""
        self.app.theme = "wizard-light" if self.app.current_theme.dark else "wizard-dark"

    def action_newest(self) -> None:
        """Go to the newest text and stay with it."""
        self.transcript.anchor()

    def action_block(self, step: int) -> None:
        """Focus the next code block above or below; past the last one, the prompt."""
        blocks = self.transcript.code_blocks()
        at = blocks.index(self.focused) if self.focused in blocks else len(blocks)
        target = at + step
        if 0 <= target < len(blocks):
            blocks[target].focus()
        elif target >= len(blocks):
            self.prompt.focus()
