"""What was measured of a model is found in the reports beside it and in the run that made it; other reports are not its."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from assistant.models.pass_rates import PassRate, pass_rate


@pytest.fixture
def model(tmp_path: Path) -> Path:
    file = tmp_path / "run" / "quantize-abc" / "tiny.gguf"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"GGUF")
    return file


def _exam(model: str, rate: float, problems: int = 164) -> str:
    return json.dumps({"model": model, "benchmark": "humaneval", "problems": problems, "pass_at": {"1": rate}})


def test_without_a_report_nothing_is_said(model: Path) -> None:
    assert pass_rate(model) is None


def test_the_report_of_the_run_that_made_it_is_found(model: Path) -> None:
    exam = {"benchmark": "wizard200", "problems": 200, "passed_before": 9, "passed_after": 30}
    (model.parents[1] / "report.json").write_text(json.dumps({"model": str(model), "evaluate": exam}))
    found = pass_rate(model)
    assert found == PassRate("wizard200", 0.15, 200)
    assert found.text == "passes 15.0% of 200 (wizard200)"


def test_the_newest_report_beside_it_counts_and_those_of_others_do_not(model: Path) -> None:
    for age, (name, text) in enumerate(
        [
            ("other.json", _exam("big.gguf", 0.9)),
            ("new.json", _exam("tiny.gguf", 0.25)),
            ("old.json", _exam("tiny.gguf", 0.5)),
        ]
    ):
        (model.parent / name).write_text(text)
        os.utime(model.parent / name, (1_000_000 - age, 1_000_000 - age))
    assert pass_rate(model) == PassRate("humaneval", 0.25, 164)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "[" * 100_000,
        _exam("tiny.gguf", 7.0),
        '{"model": "tiny.gguf", "pass_at": {"1": "x"}, "problems": 3}',
        '{"model": "a\\u0000b", "pass_at": {"1": 0.1}, "problems": 3}',
        '{"model": "tiny.gguf", "evaluate": {"problems": 0, "passed_after": 0}}',
        '{"model": 3, "evaluate": []}',
    ],
)
def test_reports_that_are_none_cost_nothing(model: Path, text: str) -> None:
    (model.parent / "x.json").write_text(text)
    assert pass_rate(model) is None
