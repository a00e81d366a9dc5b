"""Changing files from the app: the wish, the model's reply as it streams, the review, writing, undo and redo."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.worker import Worker

from assistant.editing.journal import Turn
from assistant.editing.propose import Attempt
from assistant.editing.task import EditTask
from assistant.engine.api import TextChunk
from assistant.errors import AssistantError
from assistant.session.edits import Review
from assistant.session.workplace import Workplace
from assistant.tui.screens.editor import Wish, open_editor
from assistant.tui.screens.review import Decided, ReviewScreen
from assistant.tui.widgets.question import Question
from assistant.tui.widgets.reply import Reply

if TYPE_CHECKING:
    from assistant.tui.screens.workbench import Workbench


class EditDesk:
    """One wish at a time.

    Args:
        ask: asks a question in the conversation.
    """

    def __init__(self, screen: Workbench, place: Workplace, ask: Callable[[str], None]) -> None:
        self._ask = ask
        self._screen = screen
        self._place = place
        self._worker: Worker[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether the model is writing a change."""
        return self._worker is not None and self._worker.is_running

    def stop(self) -> None:
        """End it; nothing is written."""
        if self._worker is not None:
            self._worker.cancel()

    def open(self, target: str) -> None:
        """Open the editor; a wish for the model that comes from it is carried out here."""
        try:
            editor = open_editor(self._place.folder, target)
        except AssistantError as error:
            self._screen.notify(error.sentence(), severity="warning")
            return
        self._screen.app.push_screen(editor, self._wished)

    def _wished(self, wish: Wish | None) -> None:
        if wish is not None and wish.kind == "edit":
            self.edit(wish.target, wish.words)
        elif wish is not None:
            path, separator, symbol = wish.target.partition("::")
            quoted = f'"{path}"' if " " in path else path
            self._ask(f"@{quoted}{separator}{symbol} {wish.words}")

    def edit(self, target: str, instruction: str) -> None:
        """Ask for a change and review it."""
        self._worker = self._screen.run_worker(self._edit(target, instruction), group="edit")

    async def _edit(self, target: str, instruction: str) -> None:
        screen = self._screen
        await screen.hide_welcome()
        words = f"/edit {target} {instruction}"
        await screen.transcript.add(Question(words), lambda: Question(words))
        try:
            async for _ in self._place.session.load():
                pass
            while True:
                task = await asyncio.to_thread(self._place.edits.task, target, instruction)
                review = await self._proposed(task)
                if review is None or not await self._reviewed(review):
                    return
        except AssistantError as error:
            why = f": {error.why}" if error.why else ""
            await screen.remark(f"{error.what}{why}.", error.hint, "error")
        finally:
            # The app may be closing in the middle of a review.
            if screen.is_running:
                screen.status.set(doing="ready")

    async def _proposed(self, task: EditTask) -> Review | None:
        screen = self._screen
        reply = Reply()
        text = "```" + (task.language.name if task.language else "") + "\n"
        await screen.transcript.add(reply, lambda: Reply(text, "proposed", finished=True))
        reply.feed(text)
        screen.status.set(doing="writing", speed=0.0)
        async for step in self._place.edits.propose(self._place.engine, task):
            if isinstance(step, TextChunk):
                text += step.text
                reply.feed(step.text)
            elif isinstance(step, Attempt):
                reply.finish(f"try {step.number} did not do: {step.why}", cut=True)
                text, reply = text[: text.index("\n") + 1], Reply()
                await screen.transcript.add(reply, Reply)
                reply.feed(text)
            else:
                reply.finish("proposed")
                return step
        return None

    async def _reviewed(self, review: Review) -> bool:
        """Whether the model is to try again."""
        screen = self._screen
        if not review.hunks:
            await screen.remark("The model proposes no change.")
            return False
        screen.status.set(doing="ready")
        decided = await screen.app.push_screen_wait(ReviewScreen(review))
        if not isinstance(decided, Decided):
            return False
        self._place.edits.reject(decided.rejections)
        if decided.wanted:
            await asyncio.to_thread(self._place.edits.apply, (review, decided.wanted))
            count = f"{len(decided.wanted)} of {len(review.hunks)} hunks"
            await screen.remark(f"Written to {review.edit.path}: {count}.", "F8 or /undo takes it back")
        elif not decided.again:
            told = " The next /edit of this file tells the model what was rejected." if decided.rejections else ""
            await screen.remark(f"Nothing was written.{told}")
        return decided.again

    def undo(self) -> None:
        """Take the last change back."""
        self._screen.run_worker(self._turned(self._place.edits.undo, "Taken back"), group="undo")

    def redo(self) -> None:
        """Write it again."""
        self._screen.run_worker(self._turned(self._place.edits.redo, "Written again"), group="undo")

    async def _turned(self, turn: Callable[[], Turn], said: str) -> None:
        try:
            done = await asyncio.to_thread(turn)
        except AssistantError as error:
            self._screen.notify(error.sentence(), severity="warning")
            return
        await self._screen.hide_welcome()
        await self._screen.remark(f"{said}: {done.title}")
