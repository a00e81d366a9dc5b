"""What runs anew: only what depends on the input that has changed; nothing where a file was only touched."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from assistant.ground.progress import Progress
from trainer.pipeline.course import Course, go
from trainer.pipeline.plan import read_plan
from trainer.pipeline.sources import find_sources
from trainer.pipeline.stage import Stage, Word

PLAN = """
[evolve]
seeds = ["seeds.json"]
teacher = "http://127.0.0.1:1/v1"
[finetune]
base = ["base"]
rows = ["rows.jsonl"]
[held_out]
rows = "held-out.jsonl"
[evaluate]
benchmark = "exam.jsonl"
"""
INPUTS = ("seeds.json", "rows.jsonl", "held-out.jsonl", "exam.jsonl")
LAST = ("evaluate-before", "evaluate-after")
AFTER_TRAINING = ("quantize", "held-out-after", "evaluate-after")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "pipe.toml").write_text(PLAN)
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "model.safetensors").write_bytes(b"weights")
    for name in INPUTS:
        (tmp_path / name).write_text("first")
    return tmp_path


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stages that ran; what each makes follows from the contents of what its command names, as with a real one."""
    stages: list[str] = []

    def work(stage: Stage, folder: Path, _log: Path, _progress: Progress) -> None:
        stages.append(stage.name)
        digest = hashlib.sha256()
        for word in stage.words:
            for part in word.parts if isinstance(word, Word) else (word,):
                files = sorted(part.iterdir()) if isinstance(part, Path) and part.is_dir() else [part]
                for file in files:
                    digest.update(file.read_bytes() if isinstance(file, Path) else str(file).encode())
        for out in stage.outputs():
            file = folder / out.name
            if out.name == "model":
                file.mkdir()
                file = file / "model.safetensors"
            file.write_text(digest.hexdigest())

    monkeypatch.setattr("trainer.pipeline.course.run_child", work)
    return stages


def run(place: Path, *changes: str) -> None:
    file = place / "pipe.toml"
    plan = read_plan(file, changes)
    go(plan, find_sources(plan, file), Course(place / "run", Progress("none")))


def test_a_file_that_is_touched_and_not_changed_makes_nothing_run(place: Path, ran: list[str]) -> None:
    run(place)
    assert len(ran) == 8
    ran.clear()
    for name in INPUTS:
        os.utime(place / name, (1, 1))
    run(place)
    assert ran == []


@pytest.mark.parametrize(
    ("name", "again"),
    [
        ("seeds.json", ("evolve", "finetune", *AFTER_TRAINING)),
        ("rows.jsonl", ("finetune", *AFTER_TRAINING)),
        ("held-out.jsonl", ("held-out-before", "held-out-after")),
        ("exam.jsonl", LAST),
    ],
)
def test_one_byte_of_an_input_makes_run_what_depends_on_it_and_back_again_nothing(
    place: Path, ran: list[str], name: str, again: tuple[str, ...]
) -> None:
    run(place)
    ran.clear()
    (place / name).write_text("firsT")
    run(place)
    assert sorted(ran) == sorted(again)
    ran.clear()
    (place / name).write_text("first")
    run(place)
    assert ran == []


def test_a_knob_makes_run_what_depends_on_it(place: Path, ran: list[str]) -> None:
    run(place)
    ran.clear()
    run(place, "evaluate.limit=7")
    assert sorted(ran) == sorted(LAST)
    ran.clear()
    run(place, "quantize.type=Q8_0")
    assert sorted(ran) == sorted(("quantize", "quantize-base", "held-out-before", "held-out-after", *LAST))


def test_what_a_stage_has_made_and_someone_has_changed_is_made_again(place: Path, ran: list[str]) -> None:
    run(place)
    ran.clear()
    (made,) = (place / "run").glob("quantize-base-*/base.*.gguf")
    made.write_text("torn")
    run(place)
    assert ran == ["quantize-base"]


def test_a_stage_that_broke_off_before_its_mark_goes_on_in_its_own_folder(place: Path, ran: list[str]) -> None:
    run(place)
    ran.clear()
    (mark,) = (place / "run").glob("evaluate-before-*/done.json")
    assert json.loads(mark.read_text())["outputs"]
    mark.write_text(mark.read_text()[:20])
    run(place)
    assert ran == ["evaluate-before"]
    assert len(list((place / "run").glob("evaluate-before-*"))) == 1
