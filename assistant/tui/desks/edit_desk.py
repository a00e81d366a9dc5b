"""Changing files from the app: the wish, the model's reply as it streams, the review, writing, undo and redo."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from assistant.editing.journal import Turn
from assistant.editing.propose import Attempt
from assistant.engine.api import Prefill, TextChunk
from assistant.errors import AssistantError
from assistant.lessons import consent
from assistant.session.edits import Review
from assistant.session.judged import lessons_of_review
from assistant.session.workplace import Workplace
from assistant.tui.desks.lesson_keeping import keep, to_ask
from assistant.tui.desks.one_at_a_time import OneAtATime
from assistant.tui.desks.pace import Pace
from assistant.tui.messages import ModelWanted
from assistant.tui.screens.review import Decided, ReviewScreen
from assistant.tui.widgets.question import Question
from assistant.tui.widgets.reply import Reply

if TYPE_CHECKING:
    from assistant.tui.screens.workbench import Workbench


class EditDesk(OneAtATime):
    """One wish at a time; ended, nothing of it is written.

    Args:
        ask: asks a question in the conversation.
    """

    def __init__(self, screen: Workbench, place: Workplace, ask: Callable[[str], None]) -> None:
        super().__init__(screen, "edit")
        self._ask = ask
        self._place = place

    def carry_out(self, wish: ModelWanted) -> None:
        """What was asked of the model in the editor."""
        if wish.kind == "edit":
            self.edit(wish.target, wish.words)
            return
        path, separator, symbol = wish.target.partition("::")
        quoted = f'"{path}"' if " " in path else path
        selected = f"\n\n```{wish.language}\n{wish.selected}\n```" if wish.selected else ""
        self._ask(f"@{quoted}{separator}{symbol} {wish.words}{selected}")

    def edit(self, targets: str, instruction: str) -> None:
        """Ask for a change of a file, or of several (`a.py,b.py`), and review it."""
        wanted = self._place.edits.targets(targets)
        self.begin_work(self._edit(wanted, instruction))

    async def _edit(self, targets: Sequence[str], instruction: str) -> None:
        await self._screen.hide_welcome()
        words = f"/edit {','.join(targets)} {instruction}"
        await self._screen.transcript.add(Question(words), lambda: Question(words))
        await self._carry_out(targets, instruction)

    async def change(self, target: str, instruction: str) -> bool:
        """Propose a change and review it; whether something was written."""
        return await self._carry_out([target], instruction)

    async def _carry_out(self, targets: Sequence[str], instruction: str) -> bool:
        screen = self._screen
        before = screen.status.status
        written = False
        try:
            async for _ in self._place.session.load():
                pass
            while True:
                reviews = [review for target in targets if (review := await self._proposed(target, instruction))]
                decided = await self._reviewed(reviews)
                written = written or bool(decided.wanted)
                if not decided.again:
                    break
        except AssistantError as error:
            why = f": {error.why}" if error.why else ""
            await screen.remark(f"{error.what}{why}.", error.hint, "error")
        finally:
            # The app may be closing in the middle of a review.
            if screen.is_running:
                # What the prompt of a change took is no part of the conversation's context.
                context = {name: getattr(before, name) for name in ("context_used", "cached", "total", "left_out")}
                screen.status.set(doing="ready", **context)
        return written

    async def _proposed(self, target: str, instruction: str) -> Review | None:
        screen = self._screen
        task = await asyncio.to_thread(self._place.edits.task, target, instruction)
        reply = Reply()
        text = "```" + (task.language.name if task.language else "") + "\n"
        await screen.transcript.add(reply, lambda: Reply(text, "proposed", finished=True))
        reply.feed(text)
        pace = Pace(screen.status)
        pace.begin()
        async with contextlib.aclosing(self._place.edits.propose(self._place.engine, task)) as steps:
            async for step in steps:
                if isinstance(step, Prefill):
                    pace.read(step.done, step.total, step.cached)
                elif isinstance(step, TextChunk):
                    pace.wrote(step.tokens, step.drafted, step.accepted)
                    text = text[: len(text) - step.taken_back] + step.text
                    reply.feed(step.text) if not step.taken_back else reply.begin_again(text)
                elif isinstance(step, Attempt):
                    reply.finish(f"try {step.number} did not do: {step.why}", cut=True)
                    text, reply, pace = text[: text.index("\n") + 1], Reply(), Pace(screen.status)
                    await screen.transcript.add(reply, Reply)
                    reply.feed(text)
                else:
                    reply.finish("proposed")
                    return step if step.hunks else None
        return None

    async def _reviewed(self, reviews: Sequence[Review]) -> Decided:
        """Show the review and do what was decided."""
        screen = self._screen
        if not reviews:
            await screen.remark("The model proposes no change.")
            return Decided()
        screen.status.set(doing="ready")
        decided = await screen.app.push_screen_wait(ReviewScreen(reviews, self._place.run_tests))
        if not isinstance(decided, Decided):
            return Decided()
        self._place.edits.reject(decided.rejections)
        if decided.wanted:
            await asyncio.to_thread(self._place.edits.apply, *decided.wanted)
            names = ", ".join(review.edit.path for review, _ in decided.wanted)
            count = f"{decided.count} of {sum(len(review.hunks) for review in reviews)} hunks"
            await screen.remark(f"Written to {names}: {count}.", "F8 or /undo takes it back")
        elif not decided.again:
            told = " The next /edit of this file tells the model what was rejected." if decided.rejections else ""
            await screen.remark(f"Nothing was written.{told}")
        await self._learn(reviews, decided)
        return decided

    async def _learn(self, reviews: Sequence[Review], decided: Decided) -> None:
        """Keep what was decided, where the person has agreed to that."""
        app = self._screen.app
        model, folder = self._place.model_name(), str(self._place.folder)
        await keep(app, lessons_of_review(reviews, decided.wanted, decided.rejections, model, folder))
        if (decided.wanted or decided.rejections) and await to_ask(app):
            await self._screen.remark(f"{consent.QUESTION} {consent.EXPLAINED}", consent.ANSWERS)

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
