"""Which conversation is at hand: the list, new ones, names, copies, branches from an earlier question, deleting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from assistant.session.records import StoredMessage
from assistant.session.workplace import Workplace
from assistant.tui.desks.turn import entries_of
from assistant.tui.screens.ask import AskLine, Confirm
from assistant.tui.screens.conversations import Conversations

if TYPE_CHECKING:
    from assistant.tui.screens.workbench import Workbench


_DRAFT_SECONDS = 0.5


class ConversationDesk:
    """The conversation at hand, and the way to others.

    Args:
        free: whether another may be gone to now; says so where not.
        changed: called when another one is shown.
    """

    def __init__(
        self, screen: Workbench, place: Workplace, free: Callable[[], bool], changed: Callable[[bool], None]
    ) -> None:
        self._screen = screen
        self._place = place
        self._free = free
        self._changed = changed
        self._draft_timer: asyncio.TimerHandle | None = None

    def show_list(self, query: str) -> None:
        """Open the list."""
        session = self._place.session
        self._screen.app.push_screen(Conversations(self._place.store, session.id, query), self._opened)

    def _opened(self, session: int | None) -> None:
        if session is not None:
            self.go_to(session)
        else:
            self._screen.run_worker(self.show_title())

    def rename(self, title: str) -> None:
        """Rename the conversation at hand."""
        if (session := self._place.session.id) is None:
            self._screen.notify("This conversation is empty; it gets its name from the first question.")
            return

        def rename(given: str | None) -> None:
            self._place.store.rename(session, given or "")
            self._screen.run_worker(self.show_title())

        if title:
            rename(title)
        else:
            self._screen.app.push_screen(AskLine("Rename the conversation", self._title(session)), rename)

    def fork(self) -> None:
        """Go on in a copy."""
        if (session := self._place.session.id) is None:
            self._screen.notify("There is nothing to copy yet.")
        elif self._free():
            self.go_to(self._place.store.fork(session))
            self._screen.notify("You are in the copy now; the original is in the list (F3).")

    async def branch_before(self, message: int) -> None:
        """Go on in a copy that ends before a question, so that it can be asked otherwise; the original stays."""
        session = self._place.session.id
        if session is not None:
            copy = await asyncio.to_thread(self._place.store.fork, session, message - 1)
            await self.show(copy)

    def delete(self) -> None:
        """Delete the conversation at hand after a yes."""
        session = self._place.session.id
        if session is None or not self._free():
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._place.store.delete(session)
                self.go_to(None)

        question = Confirm("Delete this conversation for good?", self._title(session))
        self._screen.app.push_screen(question, answered)

    def go_to(self, session: int | None) -> None:
        """Show a stored conversation, or with None a new one."""
        if self._free():
            self._screen.run_worker(self.show(session), group="turn", exclusive=True)

    async def show(self, session: int | None) -> None:
        """Show it, from its end, with what was typed and not sent."""
        messages = await asyncio.to_thread(self._place.go_to, session)
        screen = self._screen
        await screen.transcript.replace(entries_of(messages))
        if messages:
            await screen.hide_welcome()
        else:
            await screen.show_welcome()
        self._changed(bool(messages))
        screen.status.set(context_used=0, cached=0, left_out=0, speed=0.0, prefill_speed=0.0, drafts=None)
        self.remember(messages)
        if session is not None and not screen.prompt.text:
            screen.prompt.put(await asyncio.to_thread(self._place.store.draft, session))
        await self.show_title()
        screen.prompt.focus()

    def keep_draft(self, text: str) -> None:
        """Store what is typed, once typing pauses."""
        if self._draft_timer is not None:
            self._draft_timer.cancel()
        self._draft_timer = asyncio.get_running_loop().call_later(_DRAFT_SECONDS, self._save_draft, text)

    def _save_draft(self, text: str) -> None:
        if (session := self._place.session.id) is not None:
            self._screen.run_worker(partial(self._place.store.save_draft, session, text), group="draft", thread=True)

    def remember(self, messages: list[StoredMessage] | None = None) -> None:
        """Let the prompt's arrows walk through the questions of this conversation."""
        session = self._place.session
        if messages is None:
            messages = self._place.store.messages(session.id) if session.id is not None else []
        self._screen.prompt.remember([m.text for m in messages if m.role == "user"])

    async def show_title(self) -> None:
        """Name the conversation, and the branches that it has."""
        session = self._place.session.id
        title = self._title(session) if session is not None else ""
        branches = await asyncio.to_thread(self._place.store.family, session) if session is not None else []
        if session in branches and len(branches) > 1:
            title = f"{title}  ⎇ branch {branches.index(session) + 1} of {len(branches)} (F3)"
        # The app may be closing by now, with nothing left to show it on.
        if self._screen.app.is_running:
            self._screen.title_bar.show_title(title)

    def _title(self, session: int) -> str:
        summary = self._place.store.summary(session)
        return summary.title if summary else ""
