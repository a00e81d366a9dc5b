"""The paper's stop rule: rounds go on while the dev set does not get worse, and the last better one is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.errors import UsageError
from tests.fakes.scripted_server import ScriptedServer
from trainer.evolve.command import evolve
from trainer.pipeline.plan import Plan, read_plan
from trainer.pipeline.rounds import attempts, kept
from trainer.pipeline.sources import Sources
from trainer.pipeline.stage import Done, Stage
from trainer.pipeline.stages import evolve as evolve_stage

PLAN = """
name = "mini"
[evolve]
seeds = ["seeds.json"]
rounds = {rounds}
[finetune]
base = ["base"]
[stop]
benchmark = "mbpp"
[evaluate]
benchmark = "{exam}"
"""


class Scripted:
    """Has each stage done at once; the dev set's report says what `solved` says for its round."""

    def __init__(self, folder: Path, solved: list[int]) -> None:
        self.folder = folder
        self.solved = solved
        self.stages: list[Stage] = []
        self.notes: list[str] = []
        self.barren: tuple[str, ...] = ()
        """Evolutions that bring no row."""

    def note(self, text: str) -> None:
        self.notes.append(text)

    def take(self, stage: Stage) -> Done:
        self.stages.append(stage)
        place = self.folder / stage.name
        stage.begin_in(place)
        if stage.name.startswith("evolve"):
            for name in ("evolved.jsonl", "evolved.eliminated.jsonl", "evolved.manifest.json"):
                with (place / name).open("a") as stream:
                    stream.write("" if stage.name in self.barren else f"{stage.name}\n")
        elif stage.name.startswith("dev"):
            passed = self.solved[int(stage.name.removeprefix("dev-")) - 1]
            outcomes = [{"problem": str(n), "passed": n < passed} for n in range(10)]
            (place / "report.json").write_text(json.dumps({"pass_at": {"1": passed / 10}, "outcomes": outcomes}))
        else:
            (place / "mini.Q4_K_M.gguf").write_bytes(b"weights")
        return Done(stage.name, place, 0.0, False)


def planned(folder: Path, rounds: int, exam: str = "humaneval") -> tuple[Plan, Sources]:
    file = folder / "mini.toml"
    file.write_text(PLAN.format(rounds=rounds, exam=exam), encoding="utf-8")
    seeds = folder / "seeds.json"
    rows = [{"instruction": f"Write a Python function that adds {n} to item w{n}.", "output": f"{n}"} for n in range(6)]
    seeds.write_text(json.dumps(rows), encoding="utf-8")
    (folder / "base").mkdir()
    return read_plan(file), Sources((seeds,), "starter", file, folder / "base", (), "humaneval", "mbpp")


@pytest.mark.parametrize(
    ("solved", "tried", "chosen"),
    [([1, 3, 2, 9], 3, 2), ([3, 2, 9, 9], 2, 1), ([1, 2, 3, 4], 4, 4), ([2, 2, 2, 2], 4, 4), ([0, 0, 1, 0], 4, 3)],
)
def test_rounds_end_when_the_dev_set_falls_and_the_one_before_is_kept(
    tmp_path: Path, solved: list[int], tried: int, chosen: int
) -> None:
    course = Scripted(tmp_path / "run", solved)
    rounds = attempts(*planned(tmp_path, 4), course)
    assert [one.rounds for one in rounds] == list(range(1, tried + 1))
    assert kept(rounds).rounds == chosen
    assert [one.passed for one in rounds] == solved[:tried]
    names = [stage.name for stage in course.stages]
    assert names == [f"{name}-{r}" for r in range(1, tried + 1) for name in ("evolve", "finetune", "quantize", "dev")]
    assert (chosen < tried) == any("which is kept" in note for note in course.notes)


def test_each_round_is_trained_on_the_rows_of_all_rounds_so_far_and_from_the_base(tmp_path: Path) -> None:
    course = Scripted(tmp_path / "run", [1, 2, 3])
    rounds = attempts(*planned(tmp_path, 3), course)
    assert (rounds[2].evolved / "evolved.jsonl").read_text() == "evolve-1\nevolve-2\nevolve-3\n"
    tuned = [stage for stage in course.stages if stage.name.startswith("finetune")]
    for stage, one in zip(tuned, rounds, strict=True):
        words = " ".join(stage.command(tmp_path))
        assert str(one.evolved / "evolved.jsonl") in words and f'model.base="{(tmp_path / "base").resolve()}"' in words


def test_a_round_that_brings_no_row_is_not_trained_and_ends_the_rounds(tmp_path: Path) -> None:
    course = Scripted(tmp_path / "run", [1, 2, 3])
    course.barren = ("evolve-2",)
    rounds = attempts(*planned(tmp_path, 3), course)
    assert len(rounds) == 1 and kept(rounds).rounds == 1
    assert [stage.name for stage in course.stages][-2:] == ["dev-1", "evolve-2"]


def test_a_round_goes_on_from_the_rows_of_the_one_before_without_asking_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(plan: Plan, sources: Sources, rounds: int, before: Done | None) -> Done:
        stage, folder = evolve_stage(plan, sources, rounds, before), tmp_path / f"evolve-{rounds}"
        stage.begin_in(folder)
        settings = {"out": folder / "evolved.jsonl", "teacher": server.address, "rounds": rounds, "progress": "none"}
        evolve([sources.seeds[0]], decontaminate="none", **settings)  # type: ignore[arg-type]
        return Done(stage.name, folder, 0.0, False)

    plan, sources = planned(tmp_path, 2)
    with ScriptedServer() as server:
        first = made(plan, sources, 1, None)
        asked = len(server.bodies)
        second = made(plan, sources, 2, first)
        assert asked and len(server.bodies) > asked
        assert not [body for body in server.bodies[asked:] if body in server.bodies[:asked]]
    rows = (second / "evolved.jsonl").read_text()
    assert rows.startswith((first / "evolved.jsonl").read_text()) and '"round": 2' in rows


def test_the_exam_must_not_choose_its_own_result(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"stop\.benchmark must not be the exam's"):
        planned(tmp_path, 2, exam="humaneval,mbpp")
