"""The one screen that people live in: files and outline, the editor, the conversation; a desk for the slash commands.

It paints before anything is opened: a picture first, then the panels, then conversations and engine, then the model
loads. What is typed stays in the prompt until it is stored.
"""

from __future__ import annotations

import asyncio
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, cast

from textual import work
from textual.binding import Binding, BindingType

from assistant.tui import memory
from assistant.tui.keymap import named
from assistant.tui.screens.opening import OpeningScreen

if TYPE_CHECKING:
    from assistant.tui.desks.desk import ChatDesk
    from assistant.tui.messages import CopyRequested, ModelWanted, PromptChanged, QuestionAsked
    from assistant.tui.panels.bench import Bench
    from assistant.tui.panels.conversation import Conversation
    from assistant.tui.widgets.composer import Composer
    from assistant.tui.widgets.key_bar import KeyBar
    from assistant.tui.widgets.notice import Tone
    from assistant.tui.widgets.prompt_input import PromptInput
    from assistant.tui.widgets.status_bar import StatusBar
    from assistant.tui.widgets.title_bar import TitleBar
    from assistant.tui.widgets.transcript import Transcript
    from assistant.tui.widgets.welcome import Welcome


_BEHIND_PAINT = ("messages", "panels.bench", "widgets.key_bar", "widgets.status_bar", "widgets.title_bar")
"""Modules that the first paint does without."""

_SEND = Binding("enter", "send", "Send", key_display="⏎")
"""For the mouse; the key itself belongs to the prompt."""


class Workbench(OpeningScreen):
    """The first screen.

    Args:
        folder: what is worked on.
        shown: the folder as it is shown.
        mode: the `layout` of the settings.
    """

    DEFAULT_CSS = "Workbench { layout: vertical; background: $background; }"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = named(
        "app",
        [
            Binding("f1", "help", "Help", key_display="F1"),
            Binding("escape", "stop", "Stop", key_display="Esc"),
            Binding("ctrl+o", "go_to", "Open", key_display="^O", priority=True),
            Binding("f5", "panel('files')", "Files", key_display="F5"),
            Binding("f6", "panel('outline')", "Outline", key_display="F6"),
            Binding("f7", "panel('editor')", "Editor", key_display="F7"),
            Binding("f9", "panel('conversation')", "Chat", key_display="F9"),
            Binding("f2", "models", "Models", key_display="F2"),
            Binding("f3", "conversations", "Chats", key_display="F3"),
            Binding("f4", "copy", "Copy", key_display="F4"),
            Binding("ctrl+n", "new", "New", key_display="^N", priority=True),
            Binding("f8", "undo_edit", "Take the last written change back", show=False),
            Binding("alt+w,alt+equals_sign,alt+plus", "resize(2)", "Make the panel larger", show=False, priority=True),
            Binding("alt+shift+w,alt+minus", "resize(-2)", "Make the panel smaller", show=False, priority=True),
            Binding(
                "alt+l", "turn_layout", "The conversation right of the editor, or below", show=False, priority=True
            ),
            Binding("ctrl+t", "switch_theme", "Dark or light", show=False, priority=True),
            Binding("ctrl+q", "leave", "Quit", key_display="^Q", priority=True),
        ],
    )

    def __init__(self, folder: Path, shown: str, mode: Literal["auto", "narrow", "wide"] = "auto") -> None:
        super().__init__(shown)
        self._folder = folder
        self._mode = mode
        self._bench: Bench | None = None
        self.desk: ChatDesk | None = None

    @property
    def is_open(self) -> bool:
        """Whether all panels are there."""
        return self._bench is not None and self._bench.is_open

    @property
    def bench(self) -> Bench:
        """All panels; there are none before the first paint."""
        assert self._bench is not None
        return self._bench

    @property
    def conversation(self) -> Conversation:
        """The panel of the conversation."""
        return self.bench.conversation

    @property
    def transcript(self) -> Transcript:
        """The conversation."""
        return self.conversation.transcript

    @property
    def prompt(self) -> PromptInput:
        """Where the user types."""
        return self.conversation.prompt

    @property
    def status(self) -> StatusBar:
        """The line of figures."""
        return cast("StatusBar", self.query_one("#status"))

    @property
    def composer(self) -> Composer:
        """Prompt and list of choices."""
        return self.conversation.composer

    @property
    def title_bar(self) -> TitleBar:
        """The top line."""
        return cast("TitleBar", self.query_one("TitleBar"))

    @property
    def welcome(self) -> Welcome | None:
        """The card of an empty conversation, while there is one."""
        return self.conversation.welcome if self.is_open else None

    async def show_welcome(self) -> None:
        """Show the card of an empty conversation."""
        await self.conversation.show_welcome()

    async def hide_welcome(self) -> None:
        """The conversation has begun."""
        await self.conversation.hide_welcome()

    async def remark(self, text: str, hint: str = "", tone: Tone = "info") -> None:
        """Say something of the app's own in the transcript."""
        from assistant.tui.widgets.notice import Notice

        await self.transcript.add(Notice(text, hint, tone), lambda: Notice(text, hint, tone))

    @work
    async def open_everything(self) -> None:
        """Mount the panels, then open what they stand on; modules are read in a thread, so that keys are heard."""
        memory.calm()
        for module in _BEHIND_PAINT:
            await asyncio.to_thread(importlib.import_module, f"assistant.tui.{module}")
        await self._mount_panels()
        desk = await asyncio.to_thread(importlib.import_module, "assistant.tui.desks.desk")
        self.desk = await desk.open_desk(self)
        memory.calm()

    async def _mount_panels(self) -> None:
        from assistant.tui.panels.bench import Bench
        from assistant.tui.widgets.key_bar import KeyBar
        from assistant.tui.widgets.status_bar import StatusBar
        from assistant.tui.widgets.title_bar import TitleBar

        self._bench = Bench(self._folder, self._shown, self._mode)
        with self.app.batch_update():
            await self.mount_all((TitleBar(), self._bench, StatusBar(id="status"), KeyBar([_SEND, *self.BINDINGS])))
            self._bench.begin()
            self.give_typed_to(self.prompt)

    def on_descendant_focus(self) -> None:
        """The keys below are those of the panel at hand, then those of the app."""
        if self.is_open:
            home, keys = self.bench.keys_at_hand()
            cast("KeyBar", self.query_one("KeyBar")).put([*(keys or [_SEND]), *self.BINDINGS], home)

    def open_file(self, target: str) -> None:
        """Open `FILE` or `FILE::SYMBOL` of the folder in the editor."""
        if self.is_open:
            self.bench.open_file(target)

    # Handlers by name: the classes of these messages are imported after the first paint.

    def on_question_asked(self, event: QuestionAsked) -> None:
        """A question or a slash command was sent."""
        if self.desk is None:
            self.notify("One moment: the app is still opening. Your text stays here.")
        else:
            self.desk.take(event.text)

    def on_model_wanted(self, event: ModelWanted) -> None:
        """The editor wants something of the model."""
        if self.desk is not None:
            self.desk.carry_out(event)

    def on_prompt_changed(self, event: PromptChanged) -> None:
        """What is typed is kept."""
        if self.desk is not None:
            self.desk.keep_draft(event.text)

    def on_copy_requested(self, event: CopyRequested) -> None:
        """A code block is to be copied."""
        if self.desk is not None:
            self.desk.copy_code(event.code, event.language)

    def on_welcome_fetch_wanted(self) -> None:
        """The notice was clicked."""
        self.action_fetch()

    def action_fetch(self) -> None:
        """Fetch the model that the notice recommends."""
        if self.desk is not None:
            self.desk.fetch_recommended()

    def on_title_bar_chosen(self, event: TitleBar.Chosen) -> None:
        """A part of the title was clicked."""
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
            self.action_panel("conversation", hide=False)

    def action_panel(self, name: str, hide: bool = True) -> None:
        """Go to a panel, showing it; from within it, hide it."""
        if self.is_open:
            self.bench.go_to(name, hide)  # type: ignore[arg-type]  # the bindings name panels only

    def action_resize(self, step: int) -> None:
        """Make the panel at hand larger or smaller."""
        if self.is_open:
            self.bench.resize(step)

    def action_turn_layout(self) -> None:
        """The conversation right of the editor, or below it."""
        if self.is_open:
            self.bench.turn()

    def action_go_to(self) -> None:
        """Find a file, a symbol or a line by name."""
        if self.is_open:
            self.bench.editor.find_file()

    @work
    async def action_leave(self) -> None:
        """Leave the app; unsaved text only after a yes."""
        if not self.is_open or await self.bench.editor.may_leave():
            self.app.exit()

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
