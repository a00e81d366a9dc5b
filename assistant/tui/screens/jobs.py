"""The jobs: training and quantizing at work behind the app, how far they are, their curves and their words.

They are processes of their own: leaving this screen, or the app, ends none of them.
"""

from __future__ import annotations

import asyncio
import textwrap
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from assistant.errors import AssistantError
from assistant.jobs import control
from assistant.jobs.follow import Follower
from assistant.jobs.job import Job, State, delete_job, list_jobs
from assistant.tui.drawing.job_view import SIGNS, curves, head, row_detail
from assistant.tui.drawing.untrusted import Plain, joined
from assistant.tui.keymap import named
from assistant.tui.looks import Looks
from assistant.tui.screens.ask import Confirm
from assistant.tui.screens.new_job import ChooseJob, FillIn
from assistant.tui.widgets.key_bar import KeyBar
from assistant.tui.widgets.output_log import OutputLog
from assistant.tui.widgets.rows import Row, Rows

_SECONDS = 0.5
_READS = 8
_NARROW = 90
_LOG_ROWS = 5
_EMPTY = "No jobs yet; n starts one."


class Jobs(Screen[None]):
    """All jobs, and one of them looked at.

    Args:
        folder: where new jobs run.
    """

    DEFAULT_CSS = """
    Jobs {
        layout: vertical;
        background: $background;
        & > #title { height: 1; padding: 0 1; background: $surface; }
        & #list { width: 34; border-right: solid $border; }
        & #job { width: 1fr; padding: 0 1; }
        & #head { height: auto; }
        & #curves { height: auto; margin-top: 1; text-wrap: nowrap; }
        & OutputLog { margin-top: 1; min-height: 3; scrollbar-size-horizontal: 0; overflow-y: scroll; }
        &.-narrow #both { layout: vertical; }
        &.-narrow #list { width: 1fr; height: 4; border-right: none; border-bottom: solid $border; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = named(
        "jobs",
        [
            Binding("n", "new", "New"),
            Binding("p,space", "pause", "Pause, go on", key_display="p"),
            Binding("s", "stop", "Stop"),
            Binding("r", "again", "Run again"),
            Binding("d,delete", "delete", "Delete", key_display="d"),
            Binding("escape,q", "leave", "Back", key_display="Esc"),
        ],
    )

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._followers: dict[str, Follower] = {}
        self._jobs: list[Job] = []
        self._states: dict[str, State] = {}
        self._looked_at = ("", 0)
        self._words_shown = 0
        self._asked_to_stop: dict[str, int] = {}
        self._looks = Looks(self._look)

    def compose(self) -> ComposeResult:
        """List and job."""
        yield Plain(
            joined(("✦ jobs  ", "bold $primary"), ("they go on when the app is closed", "$foreground 60%")), id="title"
        )
        with Horizontal(id="both"):
            rows = Rows(id="list")
            rows.empty = _EMPTY
            yield rows
            with Vertical(id="job"):
                yield Plain("", id="head")
                yield Plain("", id="curves")
                yield OutputLog()
        yield KeyBar(self.BINDINGS)

    async def on_mount(self) -> None:
        """Look at once, then again and again."""
        self._fit()
        self.query_one(Rows).focus()
        self.watch(self.query_one(Rows), "at", self._looks.now, init=False)
        self._looks.now()
        self.set_interval(_SECONDS, self._looks.again)

    def on_resize(self) -> None:
        """One above the other where there is little room."""
        self._fit()
        self._draw()

    def _fit(self) -> None:
        self.set_class(self.app.size.width < _NARROW, "-narrow")

    @property
    def _job(self) -> Job | None:
        at = self.query_one(Rows).at
        return self._jobs[at] if at < len(self._jobs) else None

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        self._jobs, self._states = await asyncio.to_thread(_all_jobs)
        at = self._job
        for job in self._jobs:
            if job == at or self._states[job.id] in ("running", "paused", "starting"):
                follower = self._followers.setdefault(job.id, Follower(job))
                for _ in range(_READS):
                    if not await asyncio.to_thread(follower.read):
                        break
        self._draw()

    def _draw(self, patient: bool = True) -> None:
        if not self.is_mounted:
            return
        rows = self.query_one(Rows)
        rows.put([self._row(job) for job in self._jobs])
        job = self._job
        self.query_one("#job").display = job is not None
        if job is None or job.id not in self._followers:
            return
        follower, size = self._followers[job.id], self.query_one("#job").content_size
        if not size.width and patient:
            # It was hidden until now and has no size yet.
            self.call_after_refresh(self._draw, False)
            return
        top = head(job, self._states[job.id], follower, size.width)
        self.query_one("#head", Plain).show(top)
        room = size.height - top.plain.count("\n") - 1 - _LOG_ROWS
        drawn = curves(follower, size.width, room)
        self.query_one("#curves", Plain).show(drawn)
        self.query_one("#curves").display = bool(drawn.plain)
        self._draw_words(job, follower)

    def _row(self, job: Job) -> Row:
        state = self._states[job.id]
        return Row(
            job.title.removeprefix("wizard-"),
            detail=f"· {row_detail(state, self._followers.get(job.id))}",
            sign=SIGNS[state][0],
        )

    def _draw_words(self, job: Job, follower: Follower) -> None:
        log = self.query_one(OutputLog)
        width = max(20, log.scrollable_content_region.width)
        if self._looked_at != (job.id, width):
            log.begin()
            self._looked_at, self._words_shown = (job.id, width), 0
        fresh = follower.said - self._words_shown
        if fresh > 0:
            words = list(follower.words)[-fresh:]
            log.feed("".join(f"{part}\n" for line in words for part in _wrapped(line, width)))
            self._words_shown = follower.said

    @on(Rows.Chosen)
    def _choose(self) -> None:
        self.query_one(OutputLog).focus()

    @work
    async def action_new(self) -> None:
        """Choose a command, fill it in, start it."""
        form = await self.app.push_screen_wait(ChooseJob())
        if form is None:
            return
        job = await self.app.push_screen_wait(FillIn(form, self._folder))
        if job is not None:
            self.query_one(Rows).mark(0)
            self._looks.now()

    def action_pause(self) -> None:
        """Let it rest, or go on."""
        if (job := self._job) is None:
            return
        done = control.go_on(job) if self._states[job.id] == "paused" else control.pause(job)
        if not done:
            self.app.notify("It is not at work.")
        self._looks.now()

    @work
    async def action_stop(self) -> None:
        """End it: first as Ctrl+C does, then harder."""
        job = self._job
        if job is None or self._states[job.id] not in ("running", "paused"):
            self.app.notify("It is not at work.")
            return
        times = self._asked_to_stop.get(job.id, 0)
        if times == 0 and not await self.app.push_screen_wait(Confirm("Stop it? What it has saved stays.", job.title)):
            return
        self._asked_to_stop[job.id] = times + 1
        control.stop(job, ("ask", "tell", "kill")[min(times, 2)])
        again = ("s again tells it to end at once", "s again kills it", "it was killed")[min(times, 2)]
        self.app.notify(f"Asked to end. If it does not: {again}." if times < 2 else "It was killed.")
        self._looks.now()

    @work
    async def action_again(self) -> None:
        """Run it once more; what can go on from where it was does."""
        job = self._job
        if job is None or not job.is_over:
            self.app.notify("It is still at work." if job else "There is no job.")
            return
        try:
            await asyncio.to_thread(control.again, job)
        except AssistantError as error:
            self.app.notify(error.sentence(), severity="error")
        self.query_one(Rows).mark(0)
        self._looks.now()

    @work
    async def action_delete(self) -> None:
        """Forget it and its logs."""
        job = self._job
        if job is None or not await self.app.push_screen_wait(
            Confirm("Delete it from the list, with its logs? What it made stays.", job.title)
        ):
            return
        try:
            await asyncio.to_thread(delete_job, job)
        except AssistantError as error:
            self.app.notify(error.sentence(), severity="warning")
        self._followers.pop(job.id, None)
        self._looks.now()

    def action_leave(self) -> None:
        """Back; the jobs go on."""
        self.dismiss(None)


def _wrapped(line: str, width: int) -> list[str]:
    return textwrap.wrap(line, width, drop_whitespace=False, replace_whitespace=False, tabsize=4) or [""]


def _all_jobs() -> tuple[list[Job], dict[str, State]]:
    jobs = list_jobs()
    return jobs, {job.id: job.state for job in jobs}
