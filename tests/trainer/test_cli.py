"""wizard-train as it is typed: help without heavy libraries, words and exit codes for what cannot be."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.scripted_server import ScriptedServer

ROOT = Path(__file__).parents[2]


def wizard(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    import os

    environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "trainer.cli", *words], capture_output=True, text=True, cwd=cwd, env=environment
    )


def seeds(folder: Path) -> Path:
    path = folder / "seeds.json"
    rows = [
        {"instruction": f"Write a Python function that sums list {n}.", "output": "def f(v):\n    return sum(v)"}
        for n in range(4)
    ]
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def test_help_names_the_stages() -> None:
    done = wizard("--help")
    assert done.returncode == 0
    assert all(stage in done.stdout for stage in ("evolve", "finetune", "evaluate", "run"))


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ((), 2, "Usage"),
        (("evolv",), 2, "evolv"),
        (("evolve",), 2, "nothing to start from"),
        (("evolve", "{seeds}"), 2, "-o was not given"),
        (("evolve", "none.json", "-o", "{out}"), 1, "there is no such file"),
        (("evolve", "{seeds}", "-o", "{out}", "--teacher", "none.gguf"), 1, "no such file or folder"),
        (("evolve", "{seeds}", "-o", "{out}", "--teacher", "http://127.0.0.1:9"), 1, "cannot reach"),
        (("evolve", "{seeds}", "-o", "{out}", "--weights", "complexty=2"), 2, "complexity"),
        (("evolve", "{seeds}", "-o", "{out}", "--shard", "3/2"), 2, "--shard"),
        (("evolve", "{seeds}", "-o", "{out}", "--export", "csv=x"), 2, "alpaca"),
        (("evolve", "{seeds}", "-o", "{out}", "--decontaminate", "humanevl"), 2, "humaneval"),
        (("evolve", "{seeds}", "-o", "{seeds}"), 2, "also the file of seeds"),
        (("evolve", "{seeds}", "-o", "{out}", "--rounds", "-1"), 2, "rounds"),
        (("run", "none.toml"), 2, "no such file"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(tmp_path: Path, words: tuple[str, ...], code: int, says: str) -> None:
    path, out = seeds(tmp_path), tmp_path / "out.jsonl"
    before = path.read_bytes()
    done = wizard(*(word.format(seeds=path, out=out) for word in words))
    assert (done.returncode, says in done.stderr + done.stdout) == (code, True), done.stderr
    assert "Traceback" not in done.stderr
    assert path.read_bytes() == before and not out.exists()


def test_an_evolution_through_a_server_from_the_command_line(tmp_path: Path) -> None:
    with ScriptedServer() as server:
        out = tmp_path / "out.jsonl"
        words = ("evolve", str(seeds(tmp_path)), "-o", str(out), "--teacher", server.address, "--rounds", "2")
        done = wizard(
            *words, "--decontaminate", "none", "--progress", "json", "--export", f"alpaca={tmp_path / 'a.json'}"
        )
        assert done.returncode == 0, done.stderr
        again = wizard(*words, "--decontaminate", "none", "--progress", "json")
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert {"id", "parent", "round", "heuristic", "instruction", "response"} <= rows[0].keys()
    assert rows[0]["parent"] is None
    assert len(json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))) == len(rows)
    assert again.returncode == 0, again.stderr
    assert "Going on after" in again.stderr
