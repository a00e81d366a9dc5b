"""The work: all its processes rest where there is a reason and go on after it; it gives way; nothing of it is left behind."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.errors import AssistantError
from assistant.ground.progress import Progress
from assistant.jobs.process import signal_tree
from assistant.learning import work
from assistant.learning.learn import _swept
from assistant.learning.rest import Watch
from quantize.reading.safetensors_file import read_header

ROOT = Path(__file__).parents[3]

# Two generations, both at work until the file `enough` is there; each counts, and the first one tells of its progress.
AT_WORK = """
import json, os, subprocess, sys, time
from pathlib import Path
place = Path(sys.argv[1])
who = sys.argv[2] if len(sys.argv) > 2 else "first"
(place / f"{who}.pid").write_text(str(os.getpid()))
(place / f"{who}.nice").write_text(str(os.nice(0)))
child = subprocess.Popen([sys.executable, __file__, str(place), "second"]) if who == "first" else None
step = 0
while not (place / "enough").exists():
    step += 1
    staged = place / f"{who}.new"
    staged.write_text(str(step))
    staged.rename(place / f"{who}.steps")
    if who == "first":
        if step == 1:
            print('{"stage": "train", "note": "it has changed; --any-version would take it"}', file=sys.stderr, flush=True)
        print(json.dumps({"stage": "train", "done": step, "total": 0, "unit": "steps"}), file=sys.stderr, flush=True)
    time.sleep(0.02)
if child:
    child.wait()
"""


def until(what: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def state(place: Path, who: str) -> str:
    try:
        text = Path(f"/proc/{(place / f'{who}.pid').read_text()}/stat").read_text()
    except OSError:
        return "gone"
    return text.rpartition(")")[2].split()[0]


def steps(place: Path, who: str) -> int:
    file = place / f"{who}.steps"
    return int(file.read_text()) if file.exists() else 0


class Told(Watch):
    """Rests from when both processes work until it was seen that they do not; then lets them work, and end."""

    def __init__(self, place: Path) -> None:
        super().__init__()
        self.place = place
        self.seen: list[int] = []

    def reason(self) -> str:
        both = [steps(self.place, who) for who in ("first", "second")]
        if not self.seen:
            if all(both):
                self.seen = both
                return "it is tried"
            return ""
        if (self.place / "enough").exists():
            return ""
        if all(state(self.place, who) == "T" for who in ("first", "second")):
            # What was written after the signal was on its way counts as before it.
            self.seen = [steps(self.place, who) for who in ("first", "second")]
            (self.place / "enough").touch()
            return ""
        return "it is tried"


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "at_work.py"
    file.write_text(AT_WORK)
    monkeypatch.setattr(work, "_command", lambda order, out: [sys.executable, str(file), str(out)])
    return file


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads the states of processes from /proc")
@pytest.mark.usefixtures("script")
def test_every_process_of_the_work_rests_and_goes_on(tmp_path: Path) -> None:
    said = io.StringIO()
    watch = Told(tmp_path)
    work.work_off(tmp_path / "order.toml", tmp_path, Progress("json", said), watch)
    assert all(watch.seen)
    notes = [json.loads(line).get("note") for line in said.getvalue().splitlines()]
    assert [note for note in notes if note] == ["it has changed", "Resting: it is tried.", "Going on."]
    assert {state(tmp_path, who) for who in ("first", "second")} == {"gone"}


@pytest.mark.usefixtures("script")
def test_the_work_gives_way_to_all_else(tmp_path: Path) -> None:
    (tmp_path / "enough").touch()
    work.work_off(tmp_path / "order.toml", tmp_path, Progress("none"), Watch())
    assert {(tmp_path / f"{who}.nice").read_text() for who in ("first", "second")} == {"19"}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads the states of processes from /proc")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_however_the_command_ends_nothing_of_the_work_is_left(
    tmp_path: Path, script: Path, end: signal.Signals
) -> None:
    code = (
        "import sys; from pathlib import Path; from assistant.learning import work, rest\n"
        "from assistant.ground.progress import Progress\n"
        f"work._command = lambda order, out: [sys.executable, {str(script)!r}, str(out)]\n"
        "class Always(rest.Watch):\n"
        "    def reason(self):\n"
        f"        return 'it is tried' if Path({str(tmp_path / 'second.steps')!r}).exists() else ''\n"
        f"work.work_off(Path('x'), Path({str(tmp_path)!r}), Progress('none'), Always())"
    )
    ours = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        until(lambda: state(tmp_path, "first") == state(tmp_path, "second") == "T")
        ours.send_signal(end)
        until(lambda: state(tmp_path, "first") in ("gone", "Z"))
    finally:
        ours.kill()
        ours.wait()
        # The scripted second generation is not tied to its parent as real stages are.
        with_pid = tmp_path / "second.pid"
        if state(tmp_path, "second") not in ("gone", "Z"):
            os.kill(int(with_pid.read_text()), signal.SIGKILL)


def test_what_the_work_says_last_is_the_reason_of_its_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "wizard-train: cannot train it: it is a cake. Try: bread"
    code = f"import sys; print({words!r}, file=sys.stderr); sys.exit(1)"
    monkeypatch.setattr(work, "_command", lambda order, out: [sys.executable, "-c", code])
    with pytest.raises(AssistantError) as failed:
        work.work_off(tmp_path / "order.toml", tmp_path, Progress("none"), Watch())
    assert failed.value.why == "cannot train it: it is a cake"
    assert "--base FOLDER" in failed.value.hint


def test_signals_reach_children_and_theirs_and_nobody_else(tmp_path: Path, script: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    first = subprocess.Popen([sys.executable, str(script), str(tmp_path)], stderr=subprocess.DEVNULL)
    try:
        until(lambda: steps(tmp_path, "second"))
        assert signal_tree(first.pid, signal.SIGKILL) == 2
        first.wait()
        until(lambda: state(tmp_path, "second") in ("gone", "Z"))
        assert stranger.poll() is None
    finally:
        for process in (first, stranger):
            process.kill()
            process.wait()


def test_programs_that_are_judged_are_not_stopped_for_their_seconds_would_run_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stopped: list[signal.Signals] = []
    monkeypatch.setattr(work, "signal_tree", lambda number, what: stopped.append(what) or 1)
    monkeypatch.setattr(work, "_LOOK_SECONDS", 0.01)

    class Typing(Watch):
        def reason(self) -> str:
            return "you are typing"

    heard = work._Heard(stage="evaluate-before: Simple: judging")
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    looks: list[int] = []
    poll = child.poll
    child.poll = lambda: looks.append(len(stopped)) or poll()  # type: ignore[method-assign,func-returns-value]
    waiting = threading.Thread(target=work._wait, args=(child, Progress("none"), Typing(), heard))
    waiting.start()
    try:
        until(lambda: len(looks) > 3)
        assert stopped == []
        heard.stage = "evaluate-after: Simple: writing"
        until(lambda: stopped)
        assert stopped[0] == signal.SIGSTOP
    finally:
        child.kill()
        waiting.join()


def test_the_weights_of_the_base_are_let_go_and_their_outline_stays(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    base = tmp_path / "finetune-1" / "model" / "base"
    base.mkdir(parents=True)
    save_file({"a.weight": torch.ones(1024, 1024)}, base / "model.safetensors")
    (tmp_path / "report.json").write_text(json.dumps({"stages": [{"folder": str(tmp_path / "finetune-1")}]}))
    (tmp_path / "finetune-0" / "model").mkdir(parents=True)
    (tmp_path / "finetune-1" / "model" / "checkpoints" / "step-1").mkdir(parents=True)
    header = read_header(base / "model.safetensors")
    _swept(tmp_path)
    assert not (tmp_path / "finetune-0").exists() and not (base.parent / "checkpoints").exists()
    assert read_header(base / "model.safetensors") == header
    assert (base / "model.safetensors").stat().st_blocks * 512 < 1 << 16
