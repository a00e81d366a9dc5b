"""What the chat screen's keys and commands do: one small method each, on the workplace and the screen.

Imported after the first paint, with everything that it needs. Decisions about models and turns are the session's.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING

from textual.worker import Worker

from assistant.commands import COMMANDS
from assistant.commands.slash import is_command, parse
from assistant.errors import AssistantError
from assistant.session.context_parts import ContextPart
from assistant.session.events import Event
from assistant.session.workplace import Workplace, open_workplace
from assistant.tui import memory
from assistant.tui.choice_finder import ChoiceFinder
from assistant.tui.desks.context_desk import ContextDesk
from assistant.tui.desks.conversation_desk import ConversationDesk
from assistant.tui.desks.copying import Copying
from assistant.tui.desks.edit_desk import EditDesk
from assistant.tui.desks.model_changes import ModelChanges
from assistant.tui.desks.repair_desk import RepairDesk
from assistant.tui.desks.turn import TurnView
from assistant.tui.drawing.code_lines import coloured
from assistant.tui.keys import put_in_force
from assistant.tui.messages import ModelWanted

if TYPE_CHECKING:
    from assistant.tui.app import WizardApp
    from assistant.tui.screens.workbench import Workbench


async def open_desk(screen: Workbench) -> ChatDesk:
    """Open the workplace of the app's folder, show what there is, and begin to load the model."""
    app: WizardApp = screen.app  # type: ignore[assignment]  # the app is the only one with this screen
    place = await open_workplace(app.folder, app.config, app.engine)
    app.workplace = place
    desk = ChatDesk(screen, place)
    await desk.begin()
    return desk


class ChatDesk:
    """The `Desk` of the chat screen."""

    def __init__(self, screen: Workbench, place: Workplace) -> None:
        self._screen = screen
        self._app: WizardApp = screen.app  # type: ignore[assignment]  # the app is the only one with this screen
        self._place = place
        self._turn: Worker[None] | None = None
        self._copying = Copying(screen, place)
        self._edits = EditDesk(screen, place, self.ask)
        self._context = ContextDesk(screen, place)
        self._conversations = ConversationDesk(screen, place, self._free, self._changed)
        self._repair = RepairDesk(screen, place, self._edits.change)
        self._resending = 0
        self._models = ModelChanges(screen, place, lambda: self._run(place.session.load()))

    @property
    def busy(self) -> bool:
        """Whether a reply or a change is being written."""
        return self._place.session.running or self._edits.busy or self._repair.mending

    async def begin(self) -> None:
        """Say what could not be opened, go on where the app was cut off, load the model."""
        self._screen.composer.find_choices = ChoiceFinder(self._place.pointing, self._screen.bench.editor.names)
        for problem in (*self._place.problems, *put_in_force(self._app)):
            await self._screen.remark(problem, tone="warning")
        self._screen.title_bar.show_model(self._place.model_name() or "choose a model")
        cut = await asyncio.to_thread(self._place.opened_before)
        if cut is not None:
            await self._conversations.show(cut)
            await self._screen.remark(
                "The app was ended in the middle of this reply. Everything shown is here; Ctrl+R asks again."
            )
        await self._models.begin()
        # The first use of the highlighter reads many files; here nobody waits for it.
        self._screen.run_worker(partial(coloured, "x = 1", "python"), thread=True)
        self._run(self._place.session.load())

    # -- what is typed

    def take(self, text: str) -> None:
        """A slash command is run, anything else asked; `//` begins a question with a slash."""
        if not is_command(text):
            self.ask(text.removeprefix("/") if text.startswith("//") else text)
            return
        try:
            command, argument = parse(text, COMMANDS)
        except AssistantError as error:
            self._screen.notify(error.sentence(), severity="warning")
            return
        self._screen.prompt.clear()
        command.run(self, argument)

    # -- turns

    def ask(self, text: str) -> None:
        """Ask the model; a question that cannot be stored comes back into the prompt."""
        if self.busy:
            self._screen.notify("A reply is still being written: Esc stops it. Your text stays here.")
            return
        self._screen.prompt.clear()
        if message := self._resending:
            self._resending = 0
            self._screen.run_worker(self._branch(message, text), group="turn")
            return
        self._run(self._place.session.run_turn(text), text)

    def retry(self) -> None:
        """Ask the last question once more; without one, load the model."""
        session = self._place.session
        if self._free():
            self._run(session.load() if session.id is None else session.retry())

    def stop(self) -> None:
        """End the reply that is being written."""
        if self._edits.busy:
            self._edits.stop()
        elif self._repair.mending:
            self._repair.stop()
        elif self.busy:
            self._screen.status.set(doing="stopping")
            self._place.session.cancel()

    def _run(self, events: AsyncIterator[Event], question: str = "") -> None:
        screen = self._screen
        view = TurnView(
            *(screen.transcript, screen.status, screen.title_bar, question, self._place.model_name),
            heard=self._context.heard,
        )

        async def follow() -> None:
            if question:
                await self._screen.hide_welcome()
            await view.follow(events)
            if question and not view.stored:
                screen.prompt.put(question + screen.prompt.text)
            self._conversations.remember()
            await self._conversations.show_title()
            memory.turn_ended()

        self._turn = self._screen.run_worker(follow(), group="turn")

    def keep_draft(self, text: str) -> None:
        """Store what is typed, once typing pauses."""
        self._conversations.keep_draft(text)

    # -- conversations

    def new_conversation(self) -> None:
        """Begin a new conversation."""
        self._conversations.go_to(None)

    def show_conversations(self, query: str) -> None:
        """Open the list."""
        self._conversations.show_list(query)

    def open_conversation(self, session: int) -> None:
        """Go on with a stored one."""
        self._conversations.go_to(session)

    def rename_conversation(self, title: str) -> None:
        """Rename the conversation at hand."""
        self._conversations.rename(title)

    def fork_conversation(self) -> None:
        """Go on in a copy."""
        self._conversations.fork()

    def delete_conversation(self) -> None:
        """Delete the conversation at hand after a yes."""
        self._conversations.delete()

    def resend(self, message: int, text: str) -> None:
        """Put an earlier question back into the prompt; sent, it begins a branch that ends before it."""
        if self._free():
            self._resending = message
            self._screen.prompt.put(text)
            self._screen.prompt.focus()
            self._screen.notify("Change it and send it: a branch begins here, and this one stays in the list (F3).")

    async def _branch(self, message: int, text: str) -> None:
        await self._conversations.branch_before(message)
        self.ask(text)

    def _changed(self, begun: bool) -> None:
        self._resending = 0
        self._context.forget()
        if not begun:
            self._models.show_first_run()

    def _free(self) -> bool:
        if self.busy:
            self._screen.notify("A reply is still being written: Esc stops it.")
        return not self.busy

    def pin(self, target: str) -> None:
        """Keep a file or a symbol in every prompt."""
        self._context.pin(target)

    def unpin(self, target: str) -> None:
        """Take it out again."""
        self._context.unpin(target)

    def show_map(self, tokens: str) -> None:
        """Show the outline of the folder."""
        self._context.show_map(tokens)

    def show_context(self) -> None:
        """Open or close the parts of the context."""
        self._context.show()

    def clear_context(self) -> None:
        """Leave what was said so far out of the next prompts."""
        if self._free():
            self._context.clear()

    def change_context(self, part: ContextPart | None) -> None:
        """Take a part out of the next prompts, or with None close the panel of them."""
        self._context.take_out(part) if part is not None else self._context.show()

    def run_tests(self) -> None:
        """Run the project's tests."""
        self._repair.test()

    def mend(self, target: str) -> None:
        """Let the model mend what they found."""
        if self._free():
            self._repair.mend(target)

    def from_tests(self, what: str) -> None:
        """What a key of the tests' panel asks for."""
        self._repair.wanted(what)

    def choose_model(self, name: str) -> None:
        """Switch to a model, or open the picker."""
        if self._free():
            self._models.choose(name)

    def fetch_recommended(self) -> None:
        """Fetch the model of the first-run notice."""
        self._models.fetch_recommended()

    def edit_file(self, target: str, instruction: str) -> None:
        """Let the model change a file, and review the change."""
        if not instruction:
            self._screen.notify("Say what is to be done: /edit FILE[::SYMBOL] WISH", severity="warning")
        elif self._free():
            self._edits.edit(target, instruction)

    def open_file(self, target: str) -> None:
        """Open a file in the editor."""
        self._screen.open_file(target)

    def carry_out(self, wish: ModelWanted) -> None:
        """What was asked of the model in the editor."""
        if self._free():
            self._edits.carry_out(wish)

    def undo_edit(self) -> None:
        """Take the last written change back."""
        self._edits.undo()

    def redo_edit(self) -> None:
        """Write it again."""
        self._edits.redo()

    def show_help(self) -> None:
        """Open the list of keys and commands."""
        self.show_screen("help")

    def show_screen(self, name: str) -> None:
        """Open one of the app's own screens."""
        self._app.action_show(name)

    def copy_text(self, what: str) -> None:
        """Copy a block by its number, the last one, or the last reply."""
        self._copying.copy_text(what)

    def copy_code(self, code: str, language: str) -> None:
        """Copy what a block shows."""
        self._copying.copy_code(code, language)

    def set_theme(self, name: str) -> None:
        """Change the colours."""
        if name and name in self._app.available_themes:
            self._app.theme = name
        else:
            self._app.search_themes()

    def quit(self) -> None:
        """Leave the app; unsaved text only after a yes."""
        self._screen.action_leave()
