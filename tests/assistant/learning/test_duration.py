"""How long it takes is said before it begins: more work takes longer, and the next guess goes by the last time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.learning import duration
from assistant.learning.material import Material, Row
from assistant.learning.order import Wishes
from assistant.models.machine import Machine

TWO_CORES = Machine(memory=8 << 30, cores=2)


def material(rows: int) -> Material:
    all_rows = tuple(Row(f"task {n} " * 40, "python", "x = 1\n" * 40, str(n)) for n in range(rows))
    return Material(all_rows, all_rows[:4], rows, 0, 0)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.gguf"
    with path.open("wb") as stream:
        stream.truncate(98_000_000)
    return path


def report(folder: Path, seconds: float, skipped: bool = False) -> Path:
    folder.mkdir(exist_ok=True)
    row = {"stage": "finetune", "seconds": seconds, "skipped": skipped}
    (folder / "report.json").write_text(json.dumps({"stages": [row]}))
    return folder


def test_the_default_run_of_a_newcomer_with_the_starter_is_some_minutes(model: Path) -> None:
    seconds = duration.expected_seconds(material(30 + 48), Wishes(), model, TWO_CORES)
    assert 60 < seconds < 15 * 60
    assert " minutes when nothing else runs" in duration.told(seconds, model)
    assert "--evolve 0" not in duration.told(seconds, model)


def test_less_work_takes_less_and_a_larger_model_more(model: Path, tmp_path: Path) -> None:
    whole = duration.expected_seconds(material(78), Wishes(), model, TWO_CORES)
    assert duration.expected_seconds(material(78), Wishes(evolve=0), model, TWO_CORES) < whole
    assert duration.expected_seconds(material(78), Wishes(problems=0), model, TWO_CORES) < whole
    large = tmp_path / "large.gguf"
    with large.open("wb") as stream:
        stream.truncate(20_000_000_000)
    long = duration.expected_seconds(material(78), Wishes(), large, TWO_CORES)
    assert "hours" in duration.told(long, large) and "--evolve 0" in duration.told(long, large)


def test_the_next_guess_goes_by_how_long_it_took_without_its_rests(model: Path, tmp_path: Path) -> None:
    duration.remember(100, 500, report(tmp_path / "run", 800), model)
    assert "about 3 minutes" in duration.told(60, model)


def test_a_run_that_was_taken_up_again_or_left_no_report_teaches_nothing(model: Path, tmp_path: Path) -> None:
    duration.remember(100, 0, report(tmp_path / "run", 6000, skipped=True), model)
    duration.remember(100, 0, tmp_path, model)
    assert "about 1 minute " in duration.told(60, model)
