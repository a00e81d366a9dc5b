"""Jobs outlive who started them, are told from strangers, paused, stopped and followed; their words are not trusted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import AssistantError, UsageError
from assistant.jobs import control
from assistant.jobs.follow import Curve, Follower
from assistant.jobs.forms import FORMS, command_of
from assistant.jobs.job import Job, delete_job, jobs_folder, list_jobs, load_job, new_job
from assistant.jobs.process import Process, is_there, signal_group, state_of, this_process

COUNTING = """
import json, sys, time
print("begun")
sys.stdout.flush()
for step in range(1, 100000):
    row = {"stage": "train", "done": step, "total": 100000, "unit": "steps", "seconds_left": 9, "metrics": {"loss": 1 / step}}
    print(json.dumps(row), file=sys.stderr, flush=True)
    time.sleep(0.01)
"""


def until(what: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def python(code: str, folder: Path, low: bool = False) -> Job:
    return control.start("a job", (sys.executable, "-c", code), folder, low)


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    yield
    for job in list_jobs():
        if job.process is not None:
            signal_group(job.process, signal.SIGKILL)


def test_a_job_runs_to_its_end_and_both_logs_are_kept(tmp_path: Path) -> None:
    job = python("import sys; print('out'); print('words', file=sys.stderr)", tmp_path)
    until(lambda: job.state == "done")
    follower = Follower(job)
    follower.read()
    assert set(follower.words) == {"out", "words"}
    assert job.exit_code == 0
    assert load_job(job.id) == job


@pytest.mark.parametrize(
    ("code", "exit_code"), [("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 9)", -9)]
)
def test_a_job_that_fails_says_how(tmp_path: Path, code: str, exit_code: int) -> None:
    job = python(code, tmp_path)
    until(lambda: job.is_over)
    assert (job.state, job.exit_code) == ("failed", exit_code)


def test_a_job_is_followed_paused_and_stopped(tmp_path: Path) -> None:
    job = python(COUNTING, tmp_path)
    follower = Follower(job)
    until(lambda: follower.read() and follower.stage is not None and follower.stage.done > 3)
    assert job.state == "running"
    assert follower.stage is not None
    assert (follower.stage.name, follower.stage.total, follower.stage.seconds_left) == ("train", 100000, 9)
    assert control.pause(job)
    until(lambda: job.state == "paused")
    follower.read()
    size = job.progress_log.stat().st_size
    time.sleep(0.2)
    assert job.progress_log.stat().st_size == size
    assert control.go_on(job)
    until(lambda: job.progress_log.stat().st_size > size)
    control.pause(job)
    assert control.stop(job)
    until(lambda: job.is_over)
    assert job.state == "stopped"
    assert not control.stop(job)
    delete_job(job)
    assert list_jobs() == []


def test_a_job_that_does_not_hear_is_killed(tmp_path: Path) -> None:
    job = python(
        "import signal, time; signal.signal(2, 1); signal.signal(15, 1); print('x', flush=True); time.sleep(60)",
        tmp_path,
    )
    until(lambda: job.output_log.exists() and job.output_log.stat().st_size)
    control.stop(job)
    control.stop(job, "tell")
    assert job.state == "running"
    control.stop(job, "kill")
    until(lambda: job.is_over)
    assert job.state == "stopped"


def test_kill_of_who_started_it_leaves_the_job_running_and_it_is_found_again(tmp_path: Path, home: Path) -> None:
    starter = (
        "import sys, time; from pathlib import Path; from assistant.jobs import control;"
        f"control.start('long', (sys.executable, '-c', {COUNTING!r}), Path({str(tmp_path)!r})); print('x', flush=True); time.sleep(60)"
    )
    app = subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, start_new_session=True)
    assert app.stdout is not None
    app.stdout.readline()
    os.killpg(app.pid, signal.SIGKILL)
    app.wait()
    [job] = list_jobs()
    follower = Follower(job)
    until(lambda: follower.read() and follower.stage is not None)
    seen = follower.stage
    until(lambda: follower.read() and follower.stage != seen)
    assert job.state == "running"
    with pytest.raises(AssistantError, match="still at work"):
        delete_job(job)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel ends children with their parents on Linux")
def test_a_job_whose_keeper_is_killed_ends_with_it(tmp_path: Path) -> None:
    job = python("import os, time; print(os.getpid(), flush=True); time.sleep(60)", tmp_path)
    until(lambda: job.output_log.exists() and job.output_log.read_text().endswith("\n"))
    command = int(job.output_log.read_text())
    assert job.process is not None
    os.kill(job.process.number, signal.SIGKILL)
    until(lambda: job.state == "lost")
    until(lambda: not Path(f"/proc/{command}").exists() or ") Z" in Path(f"/proc/{command}/stat").read_text())


def test_a_low_job_gives_way(tmp_path: Path) -> None:
    job = python("import os; print(os.nice(0))", tmp_path, low=True)
    until(lambda: job.is_over)
    assert job.output_log.read_text().strip() == "19"


def test_a_process_of_the_same_number_is_not_taken_for_the_job(tmp_path: Path) -> None:
    sleeper = subprocess.Popen(["sleep", "30"], start_new_session=True)
    try:
        job = new_job("gone", ("true",), tmp_path)
        (job.place / "process.json").write_text(json.dumps({"number": sleeper.pid, "started": "another time"}))
        assert job.state == "lost"
        assert not control.stop(job, "kill")
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


def test_only_a_leader_of_a_group_is_signalled() -> None:
    me = this_process()
    assert state_of(me) == "running"
    if os.getpgrp() != os.getpid():
        assert not signal_group(me, signal.SIGCONT)
    assert state_of(Process(me.number, "")) == "gone"
    for number in (-1, 0, 1):
        assert state_of(Process(number, "")) == "gone"
        assert not signal_group(Process(number, "x"), signal.SIGCONT)


def test_damaged_records_are_left_out(tmp_path: Path) -> None:
    job = new_job("whole", ("true",), tmp_path)
    for name, text in (("20260101-000000-aaaa", "{"), ("20260101-000000-bbbb", "[]"), ("other", "{}")):
        (jobs_folder() / name).mkdir()
        (jobs_folder() / name / "job.json").write_text(text)
    assert list_jobs() == [job]
    assert load_job("../../x") is None
    (job.place / "process.json").write_text('{"number": "x"}')
    assert job.state == "starting"


def test_a_command_that_is_not_there_is_said(tmp_path: Path) -> None:
    job = control.start("x", ("no-such-program",), tmp_path)
    until(lambda: job.is_over)
    follower = Follower(job)
    follower.read()
    assert (job.state, list(follower.words)) == ("failed", ["cannot start no-such-program: No such file or directory"])
    with pytest.raises(AssistantError, match="there is no folder"):
        control.start("x", ("true",), tmp_path / "gone")


def _said(tmp_path: Path, text: bytes) -> Follower:
    job = new_job("x", ("true",), tmp_path)
    job.progress_log.write_bytes(text)
    follower = Follower(job)
    while follower.read():
        pass
    return follower


def test_hostile_words_cost_nothing(tmp_path: Path) -> None:
    rows = [
        {"stage": 3, "done": "x", "total": True, "metrics": []},
        {"stage": "s" * 500, "done": 10**400, "metrics": {"a": float("nan"), "b": [1], "c" * 100: 1}},
        {"stage": "t", "note": "a\nb"},
    ]
    text = "\n".join(json.dumps(row) for row in rows) + "\n" + "[" * 100_000 + '\n{"stage":' + "[" * 60_000 + "\n\xff\n"
    follower = _said(tmp_path, text.encode("latin-1"))
    assert follower.stage is not None
    assert len(follower.stage.name) <= 80
    assert list(follower.curves) == [f"{'s' * 80}: {'c' * 40}"]
    assert list(follower.words)[:2] == ["a", "b"]
    assert max(len(line) for line in follower.words) <= 2000


@given(st.binary(max_size=300))
def test_any_bytes_are_read(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    follower = _said(tmp_path_factory.mktemp("job"), data + b'\n{"stage": "x", "done": 1, "total": 2}\n')
    assert follower.stage is not None
    assert follower.stage.name == "x", "what came before does not hide a whole line"


def test_a_curve_stays_small_and_keeps_its_ends() -> None:
    curve = Curve()
    for x in range(50_000):
        curve.add(float(x), float(x))
    assert len(curve.points) <= 1001
    assert curve.points[0] == (0.0, 0.0)
    assert curve.points[-1] == (49_999.0, 49_999.0)
    assert curve.points == sorted(set(curve.points))
    curve.add(10_000.0, 5.0)
    assert curve.points[-1] == (10_000.0, 5.0)
    assert all(x < 10_000 for x, _ in curve.points[:-1])


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.title)
def test_each_form_gives_a_command_that_the_program_understands(form: object, tmp_path: Path) -> None:
    from typer.main import get_command

    import quantize.cli
    import trainer.cli
    from assistant.jobs.forms import Form

    assert isinstance(form, Form)
    (tmp_path / "here").mkdir()
    (tmp_path / "file").write_text("")
    samples = {"file": "file", "folder": "here", "file or folder": "here", "new file": "out.x", "number": "3"}
    filled = {field.label: samples.get(field.kind, field.value) for field in form.fields}
    words = command_of(form, filled, tmp_path)
    assert words[:3] == (sys.executable, "-m", form.module)
    command = get_command(trainer.cli.app if form.module == "trainer.cli" else quantize.cli.app)
    name, *rest = words[3:]
    sub = command.commands[name]  # type: ignore[attr-defined]
    context = sub.make_context(name, rest)
    assert context.params["progress"] == "json"


@pytest.mark.parametrize(
    ("title", "filled", "words"),
    [
        ("evolve", {}, "the field seeds is wrong: it is needed"),
        ("evolve", {"seeds": "gone.jsonl"}, "there is no file gone.jsonl"),
        ("evolve", {"seeds": ".", "rounds": "two"}, "two is no whole number"),
        ("evolve", {"seeds": ".", "out": "no/where.jsonl"}, "there is no folder"),
        ("evolve", {"seeds": ".", "more options": '"'}, "no closing quotation"),
        ("quantize a GGUF", {"model": "x", "type": "Q9"}, "there is no file x"),
        ("evaluate", {"model": "gone.gguf"}, "there is no file or folder gone.gguf"),
    ],
)
def test_a_wrong_field_is_told_by_name(title: str, filled: dict[str, str], words: str, tmp_path: Path) -> None:
    form = next(form for form in FORMS if form.title == title)
    with pytest.raises(UsageError, match=words):
        command_of(form, filled, tmp_path)


def test_a_process_that_was_killed_is_gone_before_its_parent_asks() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    assert is_there(child.pid)
    child.kill()
    until(lambda: not is_there(child.pid))
    assert child.returncode is None
    child.wait()
    assert not is_there(child.pid)
