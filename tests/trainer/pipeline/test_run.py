"""The whole loop on tiny random weights and the real starter model: every stage for real, killed once, run again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fakes.scripted_server import ScriptedServer
from tests.fakes.tiny_checkpoints import tiny_checkpoint

ROOT = Path(__file__).parents[3]

PIPELINE = """
name = "mini"
[evolve]
seeds = ["$WIZARD_SHARED/data/codealpaca/code_alpaca_2k.json.gz"]
teacher = "{teacher}"
limit = {limit}
task_tokens = 128
answer_tokens = 200
temperature = 0.7
[finetune]
base = ["base"]
rows = ["$WIZARD_SHARED/data/codealpaca/new_codealpaca.json.gz"]
set = ["data.limit=40", "data.max_length=128", "data.dev_fraction=0.2", "train.steps={steps}", "train.batch=4", "checkpoint.every=2"]
[quantize]
type = "Q8_0"
options = ["--tokens", "512", "--within", "0"]
[evaluate]
benchmark = "humaneval"
limit = 2
options = ["--max-tokens", "48"]
[register]
name = "mini-wizard"
"""


def command(file: Path, out: Path) -> list[str]:
    return [sys.executable, "-m", "trainer.cli", "run", str(file), "-o", str(out), "--progress", "json"]


def environment(shared: Path) -> dict[str, str]:
    return os.environ | {"WIZARD_SHARED": str(shared.resolve()), "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}


def prepare(folder: Path, shared: Path, teacher: str, limit: int, steps: int = 6) -> Path:
    tiny_checkpoint(folder / "base", "gpt_bigcode", shared / "data" / "vocab" / "ggml-vocab-refact.gguf")
    file = folder / "mini.toml"
    file.write_text(PIPELINE.format(teacher=teacher, limit=limit, steps=steps), encoding="utf-8")
    return file


def stages(report: dict) -> dict[str, bool]:
    return {row["stage"]: row["skipped"] for row in report["stages"]}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_whole_loop_ends_in_a_model_that_answers_in_the_app(
    tmp_path: Path, shared: Path, starter_model: Path
) -> None:
    file, out = prepare(tmp_path, shared, "starter", 8), tmp_path / "run"
    done = subprocess.run(command(file, out), env=environment(shared), cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert not any(stages(report).values())
    assert report["evolve"]["by_round"]["0"] == 8 and report["evolve"]["by_round"]["1"] >= 1
    assert report["finetune"]["steps"] == 6
    assert report["quantize"]["top1_agreement"] > 0.9
    exam = report["evaluate"]
    assert (exam["problems"], exam["passed_before"], exam["passed_after"]) == (2, 0, 0)
    page = (out / "report.md").read_text(encoding="utf-8")
    assert "0 of 2 problems solved before, 0 of 2 after" in page and "perplexity" in page.lower()

    ask = [sys.executable, "-m", "assistant.cli.main", "ask", "Add two numbers", "--model", "mini-wizard"]
    answer = subprocess.run(
        [*ask, "--max-tokens", "8", "--json"], env=environment(shared), cwd=tmp_path, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    assert json.loads(answer.stdout)["completion_tokens"] > 0

    again = subprocess.run(command(file, out), env=environment(shared), cwd=tmp_path, capture_output=True, text=True)
    assert again.returncode == 0
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert all(skipped for name, skipped in stages(report).items() if name != "register")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_in_each_stage_and_run_again_it_ends_as_if_nothing_had_been(tmp_path: Path, shared: Path) -> None:
    with ScriptedServer(seconds=0.05) as server:
        file, out = prepare(tmp_path, shared, server.address, 20, steps=4), tmp_path / "run"
        for stage in ("evolve", "finetune", "quantize", "evaluate-before"):
            child = subprocess.Popen(
                command(file, out), env=environment(shared), cwd=tmp_path, stderr=subprocess.DEVNULL
            )
            reached(child, out, stage)
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            time.sleep(0.3)
            assert not (out / "report.json").exists()
        last = subprocess.run(command(file, out), env=environment(shared), cwd=tmp_path, capture_output=True, text=True)
    assert last.returncode == 0, last.stderr[-3000:]
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert stages(report)["evolve"] and stages(report)["finetune"] and stages(report)["quantize"]
    assert report["evolve"]["rows"] + report["evolve"]["eliminated"] == 40
    assert len(list(out.glob("evolve-*"))) == len(list(out.glob("quantize-base-*"))) == 1
    assert not list(out.rglob("*.partial"))


def reached(child: subprocess.Popen[bytes], out: Path, stage: str) -> None:
    """Wait until the run is in the middle of `stage`."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert child.poll() is None, f"the run ended before {stage}"
        folders = list(out.glob(f"{stage}-*"))
        if folders and any(folders[0].iterdir()) and not (folders[0] / "done.json").exists():
            time.sleep(0.4)
            return
        time.sleep(0.02)
    raise AssertionError(f"{stage} was not reached")


def test_a_stage_that_fails_ends_the_run_with_its_own_sentence(tmp_path: Path, shared: Path) -> None:
    with ScriptedServer(trouble=lambda number: 401) as server:
        file = prepare(tmp_path, shared, server.address, 3)
        done = subprocess.run(
            command(file, tmp_path / "run"), env=environment(shared), cwd=tmp_path, capture_output=True, text=True
        )
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "the stage evolve failed" in last and "HTTP 401" in last and "OPENAI_API_KEY" in last
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run" / "report.json").exists()


def test_a_teacher_that_is_not_there_is_said_at_once(tmp_path: Path, shared: Path) -> None:
    file = prepare(tmp_path, shared, "missing.gguf", 3)
    done = subprocess.run(
        command(file, tmp_path / "run"), env=environment(shared), cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "missing.gguf" in done.stderr and not (tmp_path / "run").exists()
