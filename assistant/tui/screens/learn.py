"""Learning: what runs now, what is on offer, how far the work is; one key begins it, one switches it on, one goes back.

The work is a job, so it goes on when the app is closed. What is trained and measured is `assistant.learning`'s business.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen

from assistant.config import load_config
from assistant.errors import AssistantError
from assistant.jobs import control
from assistant.jobs.follow import Follower
from assistant.jobs.job import Job, State, list_jobs
from assistant.lessons import store
from assistant.models import learned
from assistant.tui.drawing.job_view import head
from assistant.tui.drawing.untrusted import Plain, joined, plain, plain_line
from assistant.tui.keymap import named
from assistant.tui.looks import Looks
from assistant.tui.widgets.key_bar import KeyBar

TITLE = "wizard-tui learn"
_SECONDS = 1.0
_WORDS = 12
_ABOUT = (
    "What you accepted and edited becomes an adapter for the model that runs here. Some of it is held out, so that it is "
    "measured before it is offered; nothing leaves this machine. The work gives way to all else, and rests while you type "
    "and on the battery."
)


@dataclass(frozen=True)
class _Look:
    lessons: int
    keeps: bool
    state: learned.State
    job: Job | None
    job_state: State


class Learn(Screen[None]):
    """What was learned, and the work on more.

    Args:
        folder: the project whose symbols are learned.
        model: the file of the model that runs; None where there is none.
        switched: told when another adapter, or none, is to run.
    """

    DEFAULT_CSS = """
    Learn {
        layout: vertical;
        background: $background;
        & > #title { height: 1; padding: 0 1; background: $surface; }
        & > #what { height: 1fr; padding: 1 2; scrollbar-size-vertical: 1; }
    }
    """
    AUTO_FOCUS = "#what"
    BINDINGS: ClassVar[list[BindingType]] = named(
        "learn",
        [
            Binding("l", "learn", "Learn"),
            Binding("u,enter", "use", "Switch on", key_display="u"),
            Binding("b", "back", "Switch back"),
            Binding("p,space", "pause", "Pause, go on", key_display="p"),
            Binding("s", "stop", "Stop"),
            Binding("escape,q", "leave", "Leave", key_display="Esc"),
        ],
    )

    def __init__(self, folder: Path, model: Path | None, switched: Callable[[], object]) -> None:
        super().__init__()
        self._folder = folder
        self._model = model
        self._switched = switched
        self._follower: Follower | None = None
        self._seen: _Look | None = None
        self._looks = Looks(self._look)

    def compose(self) -> ComposeResult:
        """Title, what there is, keys."""
        yield Plain(
            joined(("✦ learn  ", "bold $primary"), ("from what you kept, on this machine only", "$foreground 60%")),
            id="title",
        )
        with VerticalScroll(id="what"):
            yield Plain("", id="text")
        yield KeyBar(self.BINDINGS)

    def on_mount(self) -> None:
        """Look at once, then again and again."""
        self._looks.now()
        self.set_interval(_SECONDS, self._looks.again)

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        problem = ""
        try:
            self._seen = await asyncio.to_thread(_look, self._model)
        except AssistantError as error:
            problem = error.sentence()
        seen = self._seen
        if seen is not None and seen.job is not None:
            if self._follower is None or self._follower.job.id != seen.job.id:
                self._follower = Follower(seen.job)
            await asyncio.to_thread(self._follower.read)
        # The screen may have been left meanwhile, and its parts be gone before it.
        for text in self.query("#text").results(Plain):
            text.show(plain_line(problem, "$error") if problem or seen is None else self._told(seen, text.size.width))

    def _told(self, seen: _Look, width: int) -> Content:
        kept = f"{seen.lessons:,} lesson{'s' if seen.lessons != 1 else ''} kept"
        on = "more are kept as you go on" if seen.keeps else "none are kept from now on; /lessons on changes that"
        parts = [plain(_ABOUT, "$foreground 75%"), Content(""), plain_line(f"{kept}; {on}.")]
        parts += [Content(""), *self._adapters(seen.state)]
        if seen.job is not None and self._follower is not None:
            words = list(self._follower.words)[-_WORDS:]
            parts += [Content(""), head(seen.job, seen.job_state, self._follower, max(30, width))]
            parts += [plain_line(line, "$foreground 60%") for line in words]
            if seen.job_state in ("failed", "lost", "stopped"):
                parts += [plain_line("l goes on where it was.", "$warning")]
        return Content("\n").join(parts)

    def _adapters(self, state: learned.State) -> list[Content]:
        name = self._model.stem if self._model else "no model"
        current, offered = state.current, state.offered
        parts = [
            joined(
                ("● ", "$success"), plain_line(f"{name} runs {'with what was learned' if current else 'as it came'}.")
            )
        ]
        if current is not None:
            parts += [plain_line(f"  {_when(current.made)} · {current.report}", "$foreground 60%")]
            parts += [joined(("  b switches back, at once.", "$foreground 60%"))]
        if offered is not None:
            parts += [Content(""), joined(("◆ On offer. ", "bold $accent"), plain_line(offered.told))]
            parts += [plain_line(f"  {_when(offered.made)} · {offered.report}", "$foreground 60%")]
            parts += [joined(("  u switches it on.", "$foreground 60%"))]
        return parts

    @work
    async def action_learn(self) -> None:
        """Begin, or go on with what was broken off."""
        seen = self._seen
        if seen is not None and seen.job_state in ("starting", "running", "paused"):
            self.app.notify("It is at work already.")
            return
        if self._model is None:
            self.app.notify("There is no model to learn for.", severity="warning")
            return
        words = ("-m", "assistant.cli.main", "learn", str(self._folder), "--model", str(self._model))
        command = (sys.executable, *words, "--progress", "json")
        try:
            await asyncio.to_thread(control.start, TITLE, command, self._folder, True)
        except AssistantError as error:
            self.app.notify(error.sentence(), severity="error")
        self._looks.now()

    @work
    async def action_use(self) -> None:
        """Run with what is on offer."""
        await self._switch(learned.switch_on, "The next reply comes from what was learned; b switches back.")

    @work
    async def action_back(self) -> None:
        """Run as before the last switch."""
        await self._switch(learned.switch_back, "The next reply comes from what ran before.")

    async def _switch(self, change: Callable[[Path], object], told: str) -> None:
        if self._model is None:
            return
        try:
            await asyncio.to_thread(change, self._model)
        except AssistantError as error:
            self.app.notify(error.sentence(), severity="warning")
            return
        self._switched()
        self.app.notify(told)
        self._looks.now()

    def action_pause(self) -> None:
        """Let the work rest, or go on."""
        seen = self._seen
        if seen is None or seen.job is None:
            return
        done = control.go_on(seen.job) if seen.job_state == "paused" else control.pause(seen.job)
        if not done:
            self.app.notify("It is not at work.")
        self._looks.now()

    def action_stop(self) -> None:
        """End the work; what it has done is not done again."""
        seen = self._seen
        if seen is None or seen.job is None or not control.stop(seen.job):
            self.app.notify("It is not at work.")
        self._looks.now()

    def action_leave(self) -> None:
        """Back; the work goes on."""
        self.dismiss(None)


def _look(model: Path | None) -> _Look:
    job = next((job for job in list_jobs() if job.title == TITLE), None)
    state = learned.state_of(model) if model is not None else learned.State()
    return _Look(store.count(), load_config().lessons == "on", state, job, job.state if job else "done")


def _when(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
