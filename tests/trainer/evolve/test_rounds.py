"""The rounds: what is written, in which order, and that a run that was killed ends as if it had not been."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.errors import AssistantError, NothingProduced, UsageError
from tests.fakes.scripted_generator import ScriptedGenerator, prompt_text
from trainer.errors import TrainerError
from trainer.evolve import run as run_module
from trainer.evolve.files.ledger import beside, read_rows
from trainer.evolve.heuristics import HEURISTICS, prompt_file
from trainer.evolve.run import run
from trainer.evolve.settings import Settings

ROOT = Path(__file__).parents[3]


def write_seeds(folder: Path, count: int = 12) -> Path:
    rows = [
        {
            "instruction": f"Write a Python function that returns item {n} of a list called w{n}.",
            "input": "",
            "output": f"def f{n}(v):\n    return v[{n}]",
        }
        for n in range(count)
    ]
    path = folder / "seeds.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def evolve(monkeypatch: pytest.MonkeyPatch, generator: ScriptedGenerator, **settings: object) -> ScriptedGenerator:
    monkeypatch.setattr(run_module, "open_generator", lambda where, options: generator)
    light = {"decontaminate": "none", "report": False, "keep_secrets": True} | settings
    run(Settings(teacher="scripted", progress="none", **light))  # type: ignore[arg-type]
    return generator


def test_every_lineage_gets_one_row_or_one_elimination_a_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "evolved.jsonl"
    evolve(monkeypatch, ScriptedGenerator(), seeds=(write_seeds(tmp_path, 40),), out=out, rounds=3)
    rows = list(read_rows(out))
    thrown = [json.loads(line) for line in beside(out, "eliminated.jsonl").read_text().splitlines()]
    assert len(rows) + len(thrown) == 40 * 4
    assert len({(r.round, r.lineage) for r in rows} | {(t["round"], t["lineage"]) for t in thrown}) == 160
    assert {t["rule"] for t in thrown} == {"refusal", "unparsable code"}
    assert [r.round for r in rows] == sorted(r.round for r in rows)


def test_a_row_names_its_whole_ancestry_from_the_seed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "evolved.jsonl"
    evolve(monkeypatch, ScriptedGenerator(), seeds=(write_seeds(tmp_path, 30),), out=out, rounds=3)
    rows = {row.id: row for row in read_rows(out)}
    for row in rows.values():
        assert (row.parent is None) == (row.round == 0) == (row.heuristic == "seed")
        if row.parent is not None:
            assert row.ancestry == (*rows[row.parent].ancestry, row.parent)
            assert rows[row.ancestry[0]].parent is None
            assert rows[row.parent].lineage == row.lineage
    assert {len(row.ancestry) for row in rows.values()} == {0, 1, 2, 3}


def test_an_eliminated_task_leaves_its_parent_in_the_pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "evolved.jsonl"
    evolve(monkeypatch, ScriptedGenerator(), seeds=(write_seeds(tmp_path, 40),), out=out, rounds=2)
    first = [json.loads(line) for line in beside(out, "eliminated.jsonl").read_text().splitlines()]
    again = {t["lineage"] for t in first if t["round"] == 1}
    second = {row.lineage: row for row in read_rows(out) if row.round == 2}
    assert again
    assert any(lineage in second and len(second[lineage].ancestry) == 1 for lineage in again)


def test_the_teacher_sees_the_words_of_the_heuristic_and_the_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "evolved.jsonl"
    generator = evolve(monkeypatch, ScriptedGenerator(), seeds=(write_seeds(tmp_path, 40),), out=out, rounds=1)
    asked = [prompt_text(request) for request in generator.requests]
    for row in HEURISTICS:
        seen = any(prompt_file(row.name) in text for text in asked)
        assert seen == (row.kind == "deepen" and row.weight > 0), row.name
    assert any("item 17 of a list called w17" in text and "The task:" in text for text in asked)


def test_same_seed_gives_the_same_bytes_and_batches_or_threads_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = write_seeds(tmp_path, 30)
    for number, generator in enumerate(
        (ScriptedGenerator(appetite=1), ScriptedGenerator(appetite=7), ScriptedGenerator(appetite=4, concurrent=True))
    ):
        evolve(monkeypatch, generator, seeds=(seeds,), out=tmp_path / f"out{number}.jsonl", rounds=2, seed=7)
    evolve(monkeypatch, ScriptedGenerator(), seeds=(seeds,), out=tmp_path / "other.jsonl", rounds=2, seed=8)
    texts = [(tmp_path / f"out{n}.jsonl").read_bytes() for n in range(3)]
    assert texts[0] == texts[1] == texts[2] != (tmp_path / "other.jsonl").read_bytes()


def test_more_rounds_go_on_from_a_finished_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds, out, whole = write_seeds(tmp_path), tmp_path / "out.jsonl", tmp_path / "whole.jsonl"
    evolve(monkeypatch, ScriptedGenerator(), seeds=(seeds,), out=out, rounds=1)
    evolve(monkeypatch, ScriptedGenerator(), seeds=(seeds,), out=out, rounds=3)
    evolve(monkeypatch, ScriptedGenerator(), seeds=(seeds,), out=whole, rounds=3)
    assert out.read_bytes() == whole.read_bytes()
    finished = evolve(monkeypatch, ScriptedGenerator(), seeds=(seeds,), out=out, rounds=3)
    assert not finished.requests


def test_a_teacher_that_goes_away_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds, out, whole = write_seeds(tmp_path), tmp_path / "out.jsonl", tmp_path / "whole.jsonl"
    with pytest.raises(RuntimeError):
        evolve(monkeypatch, ScriptedGenerator(appetite=2, fail_after=30), seeds=(seeds,), out=out, rounds=3)
    evolve(monkeypatch, ScriptedGenerator(appetite=2), seeds=(seeds,), out=out, rounds=3)
    evolve(monkeypatch, ScriptedGenerator(appetite=2), seeds=(seeds,), out=whole, rounds=3)
    assert out.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("change", [{"seed": 1}, {"weights": "complexity=3"}, {"limit": 5}, {"task_tokens": 99}])
def test_other_settings_do_not_go_on_with_a_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    seeds, out = write_seeds(tmp_path), tmp_path / "out.jsonl"
    evolve(monkeypatch, ScriptedGenerator(), seeds=(seeds,), out=out, rounds=1)
    before = out.read_bytes()
    with pytest.raises(TrainerError, match="made with another"):
        evolve(monkeypatch, ScriptedGenerator(), seeds=(seeds,), out=out, rounds=1, **change)
    assert out.read_bytes() == before


def test_a_teacher_that_only_apologizes_ends_with_code_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sorry = ScriptedGenerator(lambda request: "I'm sorry, I can't do that.")
    with pytest.raises(NothingProduced, match="refusal 12") as caught:
        evolve(monkeypatch, sorry, seeds=(write_seeds(tmp_path),), out=tmp_path / "o.jsonl")
    assert caught.value.exit_code == 3
    assert sorry.closed


def test_bad_places_are_refused_before_the_teacher_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = write_seeds(tmp_path)
    (tmp_path / "notes.jsonl").write_text("mine\n", encoding="utf-8")

    def check(kind: type[AssistantError], **settings: object) -> None:
        with pytest.raises(kind):
            evolve(monkeypatch, ScriptedGenerator(fail_after=0), **settings)

    check(UsageError, seeds=(seeds,), out=tmp_path)
    check(UsageError, seeds=(seeds,), out=tmp_path / "none" / "o.jsonl")
    check(UsageError, seeds=(seeds,), out=seeds)
    check(TrainerError, seeds=(tmp_path / "missing.json",), out=tmp_path / "o.jsonl")
    check(TrainerError, seeds=(seeds,), out=tmp_path / "notes.jsonl")
    assert (tmp_path / "notes.jsonl").read_text() == "mine\n"
    assert not (tmp_path / "o.jsonl").exists()


# Forks before any thread is started, so that each run costs no imports; prints how many runs were killed.
_KILLS = """
import os, random, signal, sys, time
from pathlib import Path
import datasketch
from tests.fakes.scripted_generator import ScriptedGenerator
from trainer.evolve.checking import near_duplicates
from trainer.evolve.telling import report
from trainer.evolve import run as module
from trainer.evolve.settings import Settings

seeds, out, whole, many = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
module.open_generator = lambda where, options: ScriptedGenerator(appetite=3, seconds=0.002, concurrent=many == "many")

def start(place):
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        light = {"progress": "none", "decontaminate": "none", "report": False, "keep_secrets": True}
        module.run(Settings(seeds=(seeds,), out=place, teacher="scripted", rounds=3, **light))
        code = 0
    finally:
        os._exit(code)

def size():
    return out.stat().st_size if out.exists() else 0

assert os.waitpid(start(whole), 0)[1] == 0
chance, killed = random.Random(many), 0
for _ in range(10):
    grown, child, deadline = size(), start(out), time.monotonic() + 20
    while size() <= grown and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(chance.uniform(0, 0.08))
    os.kill(child, signal.SIGKILL)
    if os.WIFEXITED(os.waitpid(child, 0)[1]):
        break
    killed += 1
assert os.waitpid(start(out), 0)[1] == 0
print(killed)
"""


@pytest.mark.slow
@pytest.mark.parametrize("many", ["many", "one"])
def test_killed_at_random_points_it_ends_as_if_it_had_not_been(tmp_path: Path, many: str) -> None:
    seeds, out, whole = write_seeds(tmp_path, 60), tmp_path / "out.jsonl", tmp_path / "whole.jsonl"
    words = [sys.executable, "-c", _KILLS, str(seeds), str(out), str(whole), many]
    told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr[-2000:]
    assert int(told.stdout.split()[-1]) >= 2
    assert out.read_bytes() == whole.read_bytes()
    assert beside(out, "eliminated.jsonl").read_bytes() == beside(whole, "eliminated.jsonl").read_bytes()


@pytest.mark.parametrize("torn", [1, 10, 200])
def test_a_torn_last_line_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torn: int) -> None:
    seeds, out, whole = write_seeds(tmp_path), tmp_path / "out.jsonl", tmp_path / "whole.jsonl"
    evolve(monkeypatch, ScriptedGenerator(), seeds=(seeds,), out=whole, rounds=2)
    evolve(monkeypatch, ScriptedGenerator(), seeds=(seeds,), out=out, rounds=2)
    with out.open("ab") as stream:
        stream.truncate(out.stat().st_size - torn)
    evolve(monkeypatch, ScriptedGenerator(), seeds=(seeds,), out=out, rounds=2)
    assert out.read_bytes() == whole.read_bytes()


def test_progress_in_json_tells_what_the_jobs_screen_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run_module, "open_generator", lambda where, options: ScriptedGenerator())
    run(
        Settings(
            seeds=(write_seeds(tmp_path),),
            out=tmp_path / "o.jsonl",
            teacher="x",
            progress="json",
            decontaminate="none",
            report=False,
        )
    )
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    assert lines[-1]["done"] == lines[-1]["total"] == 24
    assert {"stage", "unit", "seconds_left", "metrics"} <= lines[-1].keys()
    assert "tokens/s" in lines[-1]["metrics"]
