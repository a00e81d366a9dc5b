"""What the keys and commands about the context do: pins, the map, the panel of parts, beginning the context anew."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING

from assistant.context.repository_map import RepoMap
from assistant.errors import AssistantError
from assistant.session.context_parts import ContextPart
from assistant.session.events import ContextFitted, Event, TurnStarted
from assistant.session.workplace import Workplace
from assistant.tui.panels.context import ContextPanel
from assistant.tui.screens.text_view import TextView

if TYPE_CHECKING:
    from assistant.tui.screens.workbench import Workbench

_MAP_TOKENS = 2000
_CHARACTERS = 4
"""Of a token, about; the map that is only looked at need not be counted exactly."""


class ContextDesk:
    """The context of the conversation at hand."""

    def __init__(self, screen: Workbench, place: Workplace) -> None:
        self._screen = screen
        self._place = place
        self._fitted: ContextFitted | None = None
        self._question = 0

    def heard(self, event: Event) -> None:
        """Remember what the newest prompt consists of."""
        if isinstance(event, TurnStarted):
            self._question = event.question_id
        elif isinstance(event, ContextFitted):
            self._fitted = event
        for panel in self._screen.query(ContextPanel):
            panel.show_figures(self._screen.status.status)

    def forget(self) -> None:
        """Another conversation is at hand."""
        self._fitted, self._question = None, 0
        self._screen.run_worker(self._close(), group="context")

    def pin(self, target: str) -> None:
        """Keep a file or a symbol in every prompt, if there is such a one."""
        self._screen.run_worker(self._pin(target.removeprefix("@").replace('"', "").strip()), group="context")

    async def _pin(self, words: str) -> None:
        path, separator, symbol = words.partition("::")
        pointed = await asyncio.to_thread(self._place.pointing.attachments, f'@"{path}"{separator}{symbol}')
        if not pointed.text:
            reason = pointed.unclear[0] if pointed.unclear else f"there is no {words} here"
            self._screen.notify(reason, severity="warning")
            return
        session = self._place.session
        session.choose(session.choices.with_pin(words))
        await self._screen.hide_welcome()
        await self._screen.remark(f"In every prompt from now on: {words}", f"/drop {words} takes it out")

    def unpin(self, target: str) -> None:
        """Take a pin out; with "" open the panel."""
        session = self._place.session
        words = target.removeprefix("@").replace('"', "").strip()
        if not words:
            self.show()
        elif words in session.choices.pins:
            session.choose(session.choices.without_pin(words))
            self._screen.notify(f"Not in the prompts any more: {words}")
        else:
            pinned = ", ".join(session.choices.pins) or "nothing"
            self._screen.notify(f"{words} is not pinned; pinned is {pinned}.", severity="warning")

    def clear(self) -> None:
        """Leave all that was said out of the next prompts."""
        session = self._place.session
        messages = self._place.store.messages(session.id) if session.id is not None else []
        if not messages:
            self._screen.notify("The context is empty.")
            return
        session.choose(dataclasses.replace(session.choices, after=messages[-1].id))
        self._fitted = None
        self._screen.status.set(context_used=0, cached=0, left_out=0)
        words = "The context begins anew here: the model does not see what stands above."
        self._screen.run_worker(self._screen.remark(words, "/fork or /new begins a conversation"), group="context")

    def show(self) -> None:
        """Open the panel of parts, or close it."""
        self._screen.run_worker(self._toggle(), group="context")

    async def _toggle(self) -> None:
        if self._screen.query(ContextPanel):
            await self._close()
        else:
            await self._open()

    async def _open(self) -> None:
        fitted = self._fitted
        parts = fitted.parts if fitted else ()
        panel = ContextPanel(parts, fitted.context_size if fitted else 0, self._screen.status.status)
        await self._screen.conversation.mount(panel, before=self._screen.composer)

    async def _close(self) -> None:
        if self._screen.query(ContextPanel):
            await self._screen.query(ContextPanel).remove()
            self._screen.prompt.focus()

    def take_out(self, part: ContextPart) -> None:
        """Take a part of the last prompt out of the next ones."""
        session = self._place.session
        choices = session.choices
        if part.kind == "map":
            choices = dataclasses.replace(choices, without_map=True)
        elif part.kind == "pinned":
            for pin in [pin for pin in choices.pins if pin.partition("::")[0] in part.name]:
                choices = choices.without_pin(pin)
        elif part.kind == "files":
            choices = dataclasses.replace(choices, bare=(*choices.bare, self._question))
        elif part.kind == "history":
            choices = dataclasses.replace(choices, after=max(choices.after, self._question - 1))
        session.choose(choices)
        if self._fitted is not None:
            kept = tuple(one for one in self._fitted.parts if one is not part)
            self._fitted = dataclasses.replace(self._fitted, parts=kept)
        self._screen.notify(f"Not in the next prompts: {part.name}")
        self._screen.run_worker(self._reopen(), group="context")

    async def _reopen(self) -> None:
        await self._screen.query(ContextPanel).remove()
        await self._open()

    def show_map(self, tokens: str) -> None:
        """Show the outline of the folder."""
        room = int(tokens) if tokens.isdigit() and int(tokens) > 0 else _MAP_TOKENS
        self._screen.run_worker(self._show_map(room), group="context")

    async def _show_map(self, room: int) -> None:
        def made() -> str:
            return RepoMap(self._place.pointing.names()).fit(room, lambda text: len(text) // _CHARACTERS).text

        try:
            text = await asyncio.to_thread(made)
        except AssistantError as error:
            self._screen.notify(error.sentence(), severity="warning")
            return
        empty = "There are no definitions here that could be shown."
        await self._screen.app.push_screen(TextView(f"Map of {self._place.folder.name}", text or empty))
