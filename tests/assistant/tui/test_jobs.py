"""The jobs screen starts, shows, pauses and stops jobs that are processes of their own, and draws what they say."""

from __future__ import annotations

import json
import math
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot
from textual.widgets import Input

from assistant.jobs import control
from assistant.jobs.job import Job, list_jobs, new_job
from assistant.jobs.process import signal_group
from assistant.tui.drawing.plot import bar, clock, plot, short
from assistant.tui.screens import jobs
from assistant.tui.screens.jobs import Jobs
from tests.fakes.stage import Stage, settled, shown, until, words

TALKING = """
import json, sys, time
for count in range(1, 20_000):
    step = min(count, 499)
    row = {"stage": "train", "done": step, "total": 500, "unit": "steps", "seconds_left": 65.0, "metrics": {"loss": 3 / step}}
    print(json.dumps(row), file=sys.stderr, flush=True)
    time.sleep(0.02)
"""


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    yield
    for job in list_jobs():
        if job.process is not None:
            signal_group(job.process, signal.SIGKILL)


async def test_a_job_is_shown_paused_and_stopped(tmp_path: Path) -> None:
    job = control.start("wizard-train finetune", (sys.executable, "-c", TALKING), tmp_path)
    async with Stage(Jobs(tmp_path)).run_test(size=(110, 36)) as pilot:
        await until(pilot, lambda: "of 500 steps" in shown(pilot.app) and "1:05 left" in shown(pilot.app))
        await until(pilot, lambda: "train: loss" in shown(pilot.app))
        await pilot.press("p")
        await until(pilot, lambda: "paused" in shown(pilot.app))
        assert job.state == "paused"
        await pilot.press("p")
        await until(pilot, lambda: "at work" in shown(pilot.app))
        await pilot.press("d", "y")
        await pilot.pause()
        assert "still at work" in pilot.app.toasts()  # type: ignore[attr-defined]
        await pilot.press("s")
        await until(pilot, lambda: "Stop it?" in shown(pilot.app))
        await pilot.press("y")
        await until(pilot, lambda: job.state == "stopped" and "stopped" in shown(pilot.app))
        await pilot.press("d")
        await until(pilot, lambda: "Delete it" in shown(pilot.app))
        await pilot.press("y")
        await until(pilot, lambda: "No jobs yet" in shown(pilot.app))


async def test_jobs_are_shown_where_looking_takes_longer_than_until_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    control.start("wizard-train finetune", (sys.executable, "-c", TALKING), tmp_path)
    all_jobs = jobs._all_jobs

    def slowly() -> object:
        time.sleep(1.2)
        return all_jobs()

    monkeypatch.setattr(jobs, "_all_jobs", slowly)
    async with Stage(Jobs(tmp_path)).run_test(size=(110, 36)) as pilot:
        await until(pilot, lambda: "of 500 steps" in shown(pilot.app))


async def test_a_job_is_started_from_a_form_and_told_what_is_wrong(tmp_path: Path) -> None:
    async with Stage(Jobs(tmp_path)).run_test(size=(110, 40)) as pilot:
        await settled(pilot)
        assert "No jobs yet; n starts one." in shown(pilot.app)
        await pilot.press("n")
        await until(pilot, lambda: "New job" in shown(pilot.app))
        await pilot.press("down", "enter")
        await until(pilot, lambda: "wizard-train finetune" in shown(pilot.app))
        boxes = list(pilot.app.screen.query(Input))
        boxes[0].value = ""
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "the field recipe is wrong: it is needed" in words(pilot.app))
        boxes[0].value = "no-such-recipe.toml"
        await pilot.press(*["enter"] * 4)
        await until(pilot, lambda: isinstance(pilot.app.screen, Jobs), seconds=20)
        await until(pilot, lambda: "failed with code 2" in shown(pilot.app), seconds=60)
        await until(pilot, lambda: "no-such-recipe" in shown(pilot.app).partition("failed")[2])
    [job] = list_jobs()
    assert job.command[3:] == ("finetune", "no-such-recipe.toml", "--resume", "--progress", "json")


def _record(tmp_path: Path, title: str, code: int | None, rows: list[dict[str, object]], said: str = "") -> Job:
    job = new_job(title, (sys.executable, "-m", "trainer.cli", "finetune", "tiny-cpu", "--progress", "json"), tmp_path)
    text = "\n".join(json.dumps(row) for row in rows)
    job.progress_log.write_text(f"{text}\n{said}\n")
    if code is not None:
        (job.place / "ended.json").write_text(json.dumps({"code": code, "time": job.created + 3725}))
    return job


def _training(steps: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for step in range(1, steps + 1):
        loss = 1.2 + 2 * math.exp(-step / 40) + 0.2 * math.sin(step / 3)
        figures = {"loss": loss, "dev_loss": loss + 0.3, "lr": 1e-4 * step / steps, "tokens/s": 900 + step}
        rows.append(
            {"stage": "train", "done": step, "total": 200, "unit": "steps", "seconds_left": 134.0, "metrics": figures}
        )
    return rows


SIZES = {"wide": (120, 36, "wizard-dark"), "narrow": (80, 24, "wizard-dark"), "light": (100, 34, "wizard-light")}


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_jobs_look_as_accepted(
    size: str, snap_compare: Callable[..., bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(range(1_790_000_000, 1_790_900_000, 60_000))
    monkeypatch.setattr("assistant.jobs.job.time.time", lambda: next(times))
    monkeypatch.setattr("assistant.tui.drawing.job_view._home", lambda folder: "~/project")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    _record(tmp_path, "wizard-quantize run", 1, [], "wizard-quantize: cannot read model: \x1b[31m[bold]gone")
    _record(
        tmp_path, "wizard-train evolve", 0, [{"stage": "evolve", "done": 9, "total": 9, "metrics": {"accepted": 7}}]
    )
    _record(
        tmp_path, "wizard-train finetune", 130, _training(140), "Going on after step 20 of 200.\nSkipped step 31: inf."
    )
    width, height, theme = SIZES[size]
    assert snap_compare(Stage(Jobs(tmp_path), theme), run_before=settled, terminal_size=(width, height))


def test_no_jobs_look_as_accepted(snap_compare: Callable[..., bool], tmp_path: Path) -> None:
    assert snap_compare(Stage(Jobs(tmp_path)), run_before=settled, terminal_size=(80, 24))


async def test_what_a_job_says_never_reaches_the_terminal(tmp_path: Path) -> None:
    text = "\x1b[31m\x1b]52;c;eA==\x07[bold]x[/]\u202egnp.exe\x9b2J\r\u2066"
    job = new_job(f"t{text}", ("true", text), tmp_path)
    row = {"stage": text, "done": 1, "total": 2, "unit": text, "metrics": {text: 0.5, "x": text}}
    job.progress_log.write_text(json.dumps(row) + f"\n{text}\n" + json.dumps(row | {"done": 2}) + "\n")

    async with Stage(Jobs(tmp_path)).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        drawn = _segments(pilot)
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or ord(c) in (0x202E, 0x2066) for c in drawn)


def _segments(pilot: Pilot[None]) -> str:
    strips = pilot.app.screen._compositor.render_strips()
    return "".join(segment.text for strip in strips for segment in strip)


@given(
    st.lists(st.tuples(st.floats(-1e9, 1e9), st.floats(allow_nan=True, allow_infinity=True)), max_size=60),
    st.integers(0, 60),
    st.integers(0, 8),
)
def test_any_curve_fits_its_frame(points: list[tuple[float, float]], width: int, height: int) -> None:
    rows = plot(sorted(points), width, height)
    assert len(rows) == height
    assert all(len(row) == width for row in rows)


def test_a_falling_curve_falls() -> None:
    rows = plot([(x, 100.0 - x) for x in range(101)], 30, 4)
    assert rows[0].startswith("100 ┤")
    assert rows[-1].startswith("  0 ┤")
    first, last = rows[0][5:], rows[-1][5:]
    assert first[0] != "⠀"
    assert first[-1] == "⠀"
    assert last[0] == "⠀"
    assert last[-1] != "⠀"


def test_amounts_are_said_shortly() -> None:
    assert [clock(s) for s in (5, 65, 3725, 300_000)] == ["0:05", "1:05", "1:02:05", "3 days"]
    assert [short(v) for v in (0.12345, 1234.5, 2e-5, 3e7, 0.0)] == ["0.123", "1,234", "2.0e-05", "3.0e+07", "0"]
    assert (bar(0.5, 4), bar(None, 3), bar(7.0, 2)) == ("━━──", "┄┄┄", "━━")
