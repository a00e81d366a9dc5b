"""A pipeline that makes an adapter: what it may leave out, what each stage is told, and what is refused before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import AssistantError, UsageError
from tests.fakes.fim_gguf import write_fim_model
from trainer.pipeline.course import Course, go
from trainer.pipeline.plan import read_plan
from trainer.pipeline.sources import find_sources
from trainer.pipeline.stage import Done, Stage

PLAN = """
[finetune]
recipe = "lessons"
base = ["{base}"]
rows = ["rows.jsonl"]
[adapter]
model = "model.gguf"
current = "{current}"
[held_out]
rows = "held-out.jsonl"
[evaluate]
benchmark = "simple"
[register]
name = "never"
"""


class Written(Course):
    """Writes down what each stage would be told and does nothing."""

    def __init__(self, folder: Path) -> None:
        self.told: dict[str, list[str]] = {}
        self._at = folder
        self.done = []

    def take(self, stage: Stage) -> Done:
        self.told[stage.name] = [stage.program, *stage.command(self._at / stage.name)]
        self.done.append(Done(stage.name, self._at / stage.name, 0.0, False))
        return self.done[-1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("rows.jsonl", "held-out.jsonl", "current.gguf"):
        (tmp_path / name).write_text("{}\n")
    write_fim_model(tmp_path / "model.gguf")
    return tmp_path


def written(folder: Path, base: str, current: str) -> dict[str, list[str]]:
    file = folder / "plan.toml"
    file.write_text(PLAN.format(base=base, current=current))
    plan = read_plan(file)
    course = Written(folder)
    go(plan, find_sources(plan, file), course)
    return course.told


def test_without_seeds_nothing_is_evolved_and_an_adapter_is_never_registered_as_a_model(folder: Path) -> None:
    told = written(folder, "model.gguf", "")
    assert list(told) == [
        *("finetune", "adapter", "held-out-before", "held-out-after", "evaluate-before", "evaluate-after"),
    ]


def test_what_is_made_is_compared_with_what_runs_now(folder: Path) -> None:
    told = written(folder, "model.gguf", "current.gguf")
    model, made = str(folder / "model.gguf"), str(folder / "adapter" / "plan.adapter.gguf")
    for stage in ("held-out", "evaluate"):
        assert told[f"{stage}-before"][:5] == [
            *("trainer.cli", "evaluate", model, "--adapter", str(folder / "current.gguf")),
        ]
        assert told[f"{stage}-after"][2:5] == [model, "--adapter", made]
    assert told["held-out-after"][5:7] == ["--held-out", str(folder / "held-out.jsonl")]


def test_an_adapter_on_a_gguf_file_is_written_for_the_weights_that_were_read_from_it(folder: Path) -> None:
    base = written(folder, "model.gguf", "")["adapter"]
    assert base[base.index("--base") + 1] == str(folder / "finetune" / "model" / "base")


def test_a_file_that_cannot_be_trained_is_refused_before_anything_runs(folder: Path) -> None:
    (folder / "broken.gguf").write_bytes(b"GGUF")
    with pytest.raises(AssistantError, match="cannot start from"):
        written(folder, "broken.gguf", "")


def test_what_is_missing_is_named(folder: Path) -> None:
    (folder / "held-out.jsonl").unlink()
    with pytest.raises(AssistantError) as missing:
        written(folder, "model.gguf", "gone.gguf")
    assert "held-out.jsonl" in missing.value.why
    assert "gone.gguf" in missing.value.why


def test_without_seeds_and_rows_there_is_nothing_to_learn(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text('[finetune]\nbase = ["base"]\n')
    with pytest.raises(UsageError, match=r"evolve\.seeds"):
        read_plan(file)
