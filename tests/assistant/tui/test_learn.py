"""The screen of learning: what runs, what is on offer, one key on and one key back, and the work as a job that gives way."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.config import Config
from assistant.jobs import control
from assistant.jobs.job import Job, list_jobs
from assistant.models import learned
from assistant.models.running import model_spec
from assistant.tui.screens.learn import TITLE, Learn
from assistant.tui.screens.workbench import Workbench
from tests.assistant.tui.test_app import running
from tests.fakes.scripted_engine import ScriptedEngine
from tests.fakes.stage import Stage, shown, until


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"model")
    return path


@pytest.fixture
def offered(model: Path, tmp_path: Path) -> Path:
    adapter = tmp_path / "adapter.gguf"
    adapter.write_bytes(b"adapter")
    learned.offer(model, learned.Learned(str(adapter), told="[b]It is not worse.\x1b[31m", made=1.0))
    return adapter


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Job]]:
    """The jobs that the screen starts; each is real, but only says that it is at work."""
    jobs: list[Job] = []
    real = control.start

    def start(title: str, command: tuple[str, ...], folder: Path, low: bool = False) -> Job:
        code = "import sys, time; print('words of the work', file=sys.stderr, flush=True); time.sleep(600)"
        jobs.append(dataclasses.replace(real(title, (sys.executable, "-c", code), folder, low), command=command))
        return jobs[-1]

    monkeypatch.setattr(control, "start", start)
    yield jobs
    for job in list_jobs():
        control.stop(job, "kill")


async def test_one_key_switches_on_and_one_switches_back(model: Path, offered: Path, tmp_path: Path) -> None:
    told: list[tuple[tuple[str, float], ...]] = []
    screen = Learn(tmp_path, model, lambda: told.append(model_spec(model, Config()).adapters))
    async with Stage(screen).run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "On offer. [b]It is not worse.␛[31m" in shown(pilot.app))
        assert "tiny runs as it came" in shown(pilot.app)
        await pilot.press("u")
        await until(pilot, lambda: "tiny runs with what was learned" in shown(pilot.app))
        await pilot.press("b")
        await until(pilot, lambda: "tiny runs as it came" in shown(pilot.app))
    assert told == [((str(offered), 1.0),), ()]


async def test_the_work_is_a_job_that_gives_way_and_can_rest_and_end(
    model: Path, tmp_path: Path, started: list[Job]
) -> None:
    async with Stage(Learn(tmp_path, model, print)).run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "0 lessons kept; none are kept from now on" in shown(pilot.app))
        await pilot.press("l")
        await until(pilot, lambda: bool(started) and "words of the work" in shown(pilot.app))
        (job,) = started
        assert (job.title, job.low) == (TITLE, True)
        assert job.command[1:] == (
            *("-m", "assistant.cli.main", "learn", str(tmp_path), "--model", str(model)),
            *("--progress", "json"),
        )
        await pilot.press("p")
        await until(pilot, lambda: list_jobs()[0].state == "paused" and "paused" in shown(pilot.app))
        # Begun twice, it is at work once; see the end.
        await pilot.press("l", "p")
        await until(pilot, lambda: list_jobs()[0].state == "running" and "at work" in shown(pilot.app))
        await pilot.press("s")
        await until(pilot, lambda: list_jobs()[0].state == "stopped")
    assert len(started) == 1


async def test_what_was_switched_on_runs_at_once_and_what_was_before_after_the_key_back(
    model: Path, offered: Path, tmp_path: Path
) -> None:
    engine = ScriptedEngine(["one", "two"])
    async with running(tmp_path, engine) as session:
        place = session.app.workplace
        assert place is not None
        place.session.spec = model_spec(model, place.config)
        await session.ask("x")
        session.desk.take("/learn")
        await session.until(lambda: isinstance(session.app.screen, Learn))
        await session.pilot.press("u")
        await session.until(lambda: engine.specs[-1].adapters == ((str(offered), 1.0),))
        await session.pilot.press("b")
        await session.until(lambda: engine.specs[-1].adapters == ())
        await session.pilot.press("escape")
        await session.until(lambda: isinstance(session.app.screen, Workbench))
        loads = len(engine.specs)
        await session.ask("y")
        assert len(engine.specs) == loads
