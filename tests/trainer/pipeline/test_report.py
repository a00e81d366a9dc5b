"""The report of a run: each number with its p, the base asked in each way, and what of the gain the quantized file keeps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trainer.pipeline.course import Finished
from trainer.pipeline.page import verdict
from trainer.pipeline.plan import Plan
from trainer.pipeline.report import write_report
from trainer.pipeline.rounds import Attempt
from trainer.pipeline.sources import Sources
from trainer.pipeline.stage import Done
from trainer.pipeline.stages import Runs

PROBLEMS = 40


def exam(folder: Path, name: str, prompt: str, passed: range) -> Done:
    """The report of an exam in which the problems of `passed` were solved."""
    outcomes = [{"problem": f"p/{n}", "sample": 0, "passed": n in passed} for n in range(PROBLEMS)]
    told = {"settings": {"prompt": prompt}, "pass_at": {"1": len(passed) / PROBLEMS}, "outcomes": outcomes}
    return left(folder, name, told)


def held_out(folder: Path, name: str, loss: float) -> Done:
    return left(folder, name, {"losses": [{"row": n, "loss": loss + n / 100} for n in range(20)]})


def left(folder: Path, name: str, told: object) -> Done:
    (folder / name).mkdir()
    (folder / name / "report.json").write_text(json.dumps(told), encoding="utf-8")
    return Done(name, folder / name, 1.0, False)


@pytest.fixture
def finished(tmp_path: Path) -> Finished:
    tuned = left(tmp_path, "finetune", {})
    model = tmp_path / "tiny.gguf"
    model.write_bytes(b"GGUF")
    attempt = Attempt(0, None, tuned, tuned, model, Runs(model))
    asked = (
        exam(tmp_path, "before-chat", "chat", range(1)),
        exam(tmp_path, "before-completion", "completion", range(9)),
    )
    after = exam(tmp_path, "after", "chat", range(1, 20))
    losses = (held_out(tmp_path, "held-out-before", 2.0), held_out(tmp_path, "held-out-after", 0.5))
    whole = exam(tmp_path, "unquantized", "chat", range(1, 22))
    return Finished((attempt,), attempt, asked[0], after, losses, (tuned,), asked, whole)


def test_the_exam_is_told_beside_each_way_of_asking_the_base_with_its_p(finished: Finished, tmp_path: Path) -> None:
    sources = Sources((), "none", tmp_path, tmp_path, ())
    numbers = write_report(Plan("tiny"), sources, finished, tmp_path, 1.0)
    exam = numbers["evaluate"]
    assert (exam["passed_before"], exam["passed_after"], exam["gained"], exam["lost"]) == (1, 19, 19, 1)
    assert exam["chance"] == pytest.approx(2 * 21 / 2**20)
    assert [(one["prompt"], one["passed_before"]) for one in exam["base_asked"]] == [("chat", 1), ("completion", 9)]
    assert exam["base_asked"][1]["chance"] == pytest.approx(2 * 13 / 2**12)
    assert exam["unquantized"]["kept"] == pytest.approx(18 / 20)
    assert numbers["held_out"]["chance"] < 0.001
    page = (tmp_path / "report.md").read_text(encoding="utf-8")
    for words in (
        "p = 4e-05, McNemar",
        "asked as completion: 9 of 40",
        "p = 0.0063, McNemar",
        "keeps 90% of the gain",
        "p = 5e-05, sign flips",
    ):
        assert words in page
    assert verdict(numbers) in page
    assert "| before | completion | 9 of 40 |" in page and "report/held-out.png" in page and "report/exam.png" in page
    assert (tmp_path / "report.html").read_text(encoding="utf-8").count("data:image/png;base64,") >= 2


def test_what_was_not_gained_cannot_be_kept(finished: Finished, tmp_path: Path) -> None:
    same = finished.base_asked[0]
    none = Finished(finished.rounds, finished.chosen, same, same, None, (), (same,), same)
    sources = Sources((), "none", tmp_path, tmp_path, ())
    exam = write_report(Plan("tiny"), sources, none, tmp_path, 1.0)["evaluate"]
    assert exam["unquantized"]["kept"] is None and exam["chance"] == 1.0
    assert "of the gain" not in verdict({"held_out": None, "evaluate": exam})
