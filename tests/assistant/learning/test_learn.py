"""From lessons to an adapter that runs, on a real small model: killed on the way, gone on with, measured, on and back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.config import Config
from assistant.errors import NothingProduced
from assistant.ground import paths
from assistant.ground.progress import Progress
from assistant.learning.learn import Task, gather, run
from assistant.learning.order import Wishes
from assistant.learning.rest import Watch
from assistant.lessons import Lesson, record, store
from assistant.models import learned
from assistant.models.running import model_spec

ROOT = Path(__file__).parents[3]
THINGS = [
    "order",
    "customer",
    "invoice",
    "basket",
    "parcel",
    "shelf",
    "ticket",
    "voucher",
    "refund",
    "supplier",
    "store",
    "courier",
    "label",
    "price",
]
KEEP = Config(lessons="on", threads=1)
QUICK = Wishes(
    symbols=4,
    evolve=0,
    problems=2,
    changes=("train.epochs=3", "train.learning_rate=2e-4", "lora.plus_ratio=4", "log.plot=false"),
)


def keep_lessons() -> None:
    for number, thing in enumerate(THINGS):
        kind, path, head = thing.capitalize(), f"shop/{thing}s.py", "from shop.place import Place\n\n\n"
        if number % 2:
            old = f"def load_{thing}(place, number): ...\n"
            new = f"def load_{thing}(place: Place) -> {kind} | None:\n    found = place.fetch({kind})\n    return found if found.sound else None\n"
            record(KEEP, Lesson("change", "edited", path, "python", f"load a {thing}", head, old, "", old, new))
        else:
            before = f"{head}def count_{thing}s(place: Place) -> int:\n    "
            body = f"return sum(one.sound for one in place.all({kind}))"
            record(KEEP, Lesson("completion", "accepted", path, "python", "", before, "", "\n", body, body))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "place.py").write_text(
        "class Place:\n    def all(self, kind):\n        rows = self.rows(kind)\n        return rows\n"
    )
    return folder


def test_without_lessons_nothing_is_learned_and_the_sentence_says_how_to_agree(project: Path) -> None:
    with pytest.raises(NothingProduced) as refused:
        gather(Task(project, Path("m.gguf")), Config())
    assert "lessons on" in refused.value.hint
    with pytest.raises(NothingProduced, match="nothing to learn from"):
        gather(Task(project, Path("m.gguf")), KEEP)


def test_too_few_lessons_are_said_to_be_too_few(project: Path) -> None:
    record(KEEP, Lesson("change", "rejected", "a.py", "python", "do it", "", "x\n", "", "y\n", "x\n"))
    record(KEEP, Lesson("change", "accepted", "a.py", "python", "do it", "", "x\n", "", "y\n", "y\n"))
    with pytest.raises(NothingProduced) as refused:
        gather(Task(project, Path("m.gguf")), KEEP)
    assert refused.value.why == "1 of 2 lessons say what is right, and it takes 8"


def descendants_named(word: str) -> Iterator[str]:
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                line = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            if word in line and int(place.name) != os.getpid():
                yield line


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_whole_way_on_a_real_model(
    code_model: Path, shared: Path, project: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_lessons()
    task = Task(project, code_model, shared / "models" / "tiny-starcoder", QUICK)
    killed_while_training(task, home)

    # Beside a second process of tests, the lowest priority would be none at all.
    monkeypatch.setattr(os, "nice", lambda step: 0)
    said = tmp_path / "progress.jsonl"
    with said.open("w") as stream:
        result = run(task, KEEP, Progress("json", stream), Watch(tmp_path / "no-power"))
    notes = [row["note"] for row in map(json.loads, said.read_text().splitlines()) if "note" in row]
    assert "finetune: going on" in notes

    told = result.outcome
    assert told.held_out == len(result.material.held_out) >= 2
    assert told.loss_after < told.loss_before - 0.3
    assert told.interval[1] < 0
    assert (told.benchmark, told.problems) == ("simple", 2)
    assert told.offered
    page = result.report.read_text()
    assert f"Loss on {told.held_out} held-out responses fell" in page
    measured = {row.data()["response"] for row in result.material.held_out}
    rows = next(paths.learning_folder().glob("*/rows.jsonl")).read_text()
    assert measured.isdisjoint(json.loads(line)["response"] for line in rows.splitlines())

    assert model_spec(code_model, KEEP).adapters == ()
    plain = completed(code_model, home)
    learned.switch_on(code_model)
    assert model_spec(code_model, KEEP).adapters == ((str(result.adapter), 1.0),)
    adapted = completed(code_model, home)
    assert adapted != plain
    back = subprocess.run(
        [sys.executable, "-m", "assistant.cli.main", "learn", "--undo", "--model", str(code_model), "--json"],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert json.loads(back.stdout)["in_use"] is None
    assert completed(code_model, home) == plain

    secret = THINGS[1].capitalize()
    assert files_with(secret, home)
    store.delete_all()
    assert files_with(secret, home) == []


def killed_while_training(task: Task, home: Path) -> None:
    """Begin in a process of its own, kill it in the middle of training, and see that nothing of it is left."""
    code = (
        "import os, sys; os.nice = lambda n: 0\n"
        "from tests.assistant.learning.test_learn import *\n"
        f"task = Task(Path({str(task.folder)!r}), Path({str(task.model)!r}), Path({str(task.base)!r}), QUICK)\n"
        "run(task, KEEP, Progress('json', sys.stdout), Watch(Path('/nowhere')))"
    )
    ours = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert ours.stdout is not None
    for line in ours.stdout:
        row = json.loads(line)
        if row["stage"].startswith("finetune: train") and row.get("done", 0) >= 1:
            break
    ours.send_signal(signal.SIGKILL)
    ours.wait()
    end = time.monotonic() + 60
    while list(descendants_named(str(home))):
        assert time.monotonic() < end, "what it started is still at work"
        time.sleep(0.05)


def files_with(word: str, home: Path) -> list[Path]:
    """Files of the programs that hold a word of a lesson, as text or as token ids."""
    return [*home.rglob("ids.bin")] + [
        path for path in home.rglob("*") if path.is_file() and word.encode() in path.read_bytes()
    ]


def completed(model: Path, home: Path) -> str:
    """A greedy reply of the model as the command line runs it now."""
    words = ["ask", "Write load_parcel.", "--model", str(model), "--temperature", "0", "--max-tokens", "24", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "assistant.cli.main", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout)["text"])
