"""The conversation with the model: transcript, prompt, status; a desk for the slash commands.

It paints before anything is opened: conversations and engine come up behind it, then the model loads. What is typed
stays in the prompt until it is stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer

from assistant.commands import COMMANDS
from assistant.commands.slash import is_command, matching, parse
from assistant.errors import AssistantError
from assistant.tui.widgets.code_block import CodeBlock
from assistant.tui.widgets.command_menu import CommandMenu
from assistant.tui.widgets.fetch_line import FetchLine
from assistant.tui.widgets.notice import Notice, Tone
from assistant.tui.widgets.prompt_input import PromptInput
from assistant.tui.widgets.status_bar import StatusBar
from assistant.tui.widgets.title_bar import TitleBar
from assistant.tui.widgets.transcript import Transcript
from assistant.tui.widgets.welcome import Welcome

if TYPE_CHECKING:
    from assistant.tui.desk import ChatDesk


class ChatScreen(Screen[None]):
    """The first screen.

    Args:
        folder: what the conversation is about, as it is shown.
    """

    CSS_PATH = "chat.tcss"
    AUTO_FOCUS = "#prompt"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "Stop", tooltip="End the reply that is being written"),
        Binding("f1", "help", "Help", key_display="F1"),
        Binding("f2", "models", "Models", key_display="F2"),
        Binding("f3", "conversations", "Chats", key_display="F3", tooltip="Earlier conversations"),
        Binding("f4", "copy", "Copy", key_display="F4", tooltip="Copy the last code block"),
        Binding("ctrl+y", "copy", "Copy", show=False, priority=True),
        Binding("ctrl+n", "new", "New", priority=True, tooltip="Begin a new conversation"),
        Binding("ctrl+r", "restart", "Start the model again, ask again", show=False, priority=True),
        Binding("ctrl+g", "fetch", "Fetch the model of the first-run notice", show=False, priority=True),
        Binding("ctrl+t", "switch_theme", "Dark or light", show=False, priority=True),
        Binding("ctrl+up", "block(-1)", "Go to the code block above", show=False, priority=True),
        Binding("ctrl+down", "block(1)", "Go to the code block below", show=False, priority=True),
        Binding("ctrl+end", "newest", "Go to the newest text", show=False, priority=True),
    ]

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder
        self.desk: ChatDesk | None = None

    def compose(self) -> ComposeResult:
        """Title, transcript, commands that fit, prompt, status, keys."""
        yield TitleBar()
        yield Transcript(id="transcript")
        yield FetchLine(id="fetch")
        yield CommandMenu(id="command-menu")
        yield PromptInput(id="prompt")
        yield StatusBar(id="status")
        yield Footer(show_command_palette=False)

    @property
    def transcript(self) -> Transcript:
        """The conversation."""
        return self.query_one(Transcript)

    @property
    def prompt(self) -> PromptInput:
        """Where the user types."""
        return self.query_one(PromptInput)

    @property
    def status(self) -> StatusBar:
        """The line of figures."""
        return self.query_one(StatusBar)

    @property
    def fetch_line(self) -> FetchLine:
        """How far a download is."""
        return self.query_one(FetchLine)

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
        await self.transcript.add(Notice(text, hint, tone), lambda: Notice(text, hint, tone))

    async def on_mount(self) -> None:
        """Paint first; open everything else after that."""
        await self.show_welcome()
        self.call_after_refresh(self._open)

    @work
    async def _open(self) -> None:
        from assistant.tui.desk import open_desk

        self.desk = await open_desk(self)

    @on(PromptInput.Submitted)
    def _submit(self, event: PromptInput.Submitted) -> None:
        menu = self.query_one(CommandMenu)
        text = event.text
        if menu.is_open and (chosen := menu.chosen) is not None and text.strip() != f"/{chosen.name}":
            text = f"/{chosen.name}"
        if self.desk is None:
            self.notify("One moment: the app is still opening. Your text stays here.")
        elif is_command(text):
            self._run_command(text)
        else:
            self.desk.ask(text.removeprefix("/") if text.startswith("//") else text)

    def _run_command(self, text: str) -> None:
        assert self.desk is not None
        try:
            command, argument = parse(text, COMMANDS)
        except AssistantError as error:
            self.notify(error.sentence(), severity="warning")
            return
        self.prompt.clear()
        command.run(self.desk, argument)

    @on(PromptInput.Changed)
    def _offer_commands(self, event: PromptInput.Changed) -> None:
        menu = self.query_one(CommandMenu)
        menu.offer(matching(event.text_area.text, COMMANDS))
        self.prompt.menu_open = menu.is_open
        if self.desk is not None:
            self.desk.keep_draft(event.text_area.text)

    @on(PromptInput.CompletionWanted)
    def _complete(self) -> None:
        if (chosen := self.query_one(CommandMenu).chosen) is not None:
            self.prompt.put(f"/{chosen.name} ")

    @on(PromptInput.MenuMoved)
    def _move_in_menu(self, event: PromptInput.MenuMoved) -> None:
        self.query_one(CommandMenu).move(event.step)

    @on(CommandMenu.Picked)
    def _pick(self, event: CommandMenu.Picked) -> None:
        self.prompt.put(f"/{event.name} ")
        self.prompt.focus()

    @on(PromptInput.PageScrolled)
    def _page(self, event: PromptInput.PageScrolled) -> None:
        if event.direction < 0:
            self.transcript.release_anchor()
            self.transcript.scroll_page_up()
        else:
            self.transcript.scroll_page_down()

    @on(CodeBlock.CopyRequested)
    def _copy_block(self, event: CodeBlock.CopyRequested) -> None:
        if self.desk is not None:
            self.desk.copy_block(event.block)

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

    def action_stop(self) -> None:
        """End the reply; where none is written, go back to the prompt."""
        self.query_one(CommandMenu).offer([])
        self.prompt.menu_open = False
        if self.desk is not None and self.desk.busy:
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
            focused = self.focused
            self.desk.copy_block(focused) if isinstance(focused, CodeBlock) else self.desk.copy_text("")

    def action_restart(self) -> None:
        """Start the model again and repeat the question."""
        if self.desk is not None:
            self.desk.retry()

    def action_switch_theme(self) -> None:
        """Dark to light and back."""
        self.app.theme = "wizard-light" if self.app.current_theme.dark else "wizard-dark"

    def action_newest(self) -> None:
        """Go to the newest text and stay with it."""
        self.transcript.anchor()

    def action_block(self, step: int) -> None:
        """Focus the next code block above or below; past the last one, the prompt."""
        blocks = self.transcript.code_blocks()
        at = blocks.index(self.focused) if isinstance(self.focused, CodeBlock) else len(blocks)
        target = at + step
        if 0 <= target < len(blocks):
            blocks[target].focus()
        elif target >= len(blocks):
            self.prompt.focus()
