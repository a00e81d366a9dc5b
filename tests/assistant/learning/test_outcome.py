"""Whether the switch is offered: not where it is worse, and called better only where chance does not explain it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import AssistantError
from assistant.learning.outcome import Verdict, judged, read_outcome


@pytest.mark.parametrize(
    ("change", "chance", "gained", "lost", "by_chance", "verdict"),
    [
        (-0.5, 0.001, 0, 0, 1.0, "better"),
        (-0.5, 0.001, 3, 2, 1.0, "better"),
        (-0.5, 0.001, 0, 1, 1.0, "better"),
        (-0.5, 0.001, 0, 6, 0.031, "worse"),
        (-0.5, 0.001, 5, 10, 0.302, "worse"),
        (-0.5, 0.001, 0, 2, 0.5, "worse"),
        (-0.5, 0.001, 8, 10, 0.815, "better"),
        (-0.5, 0.001, 0, 4, 0.125, "worse"),
        (-0.5, 0.2, 0, 0, 1.0, "not worse"),
        (0.0, 1.0, 0, 0, 1.0, "not worse"),
        (0.01, 0.9, 5, 0, 0.06, "worse"),
        (0.5, 0.001, 0, 0, 1.0, "worse"),
    ],
)
def test_the_rule(change: float, chance: float, gained: int, lost: int, by_chance: float, verdict: Verdict) -> None:
    assert judged(change, chance, gained, lost, by_chance)[0] == verdict


def test_what_was_evolved_are_the_new_tasks(tmp_path: Path) -> None:
    evolve = {"rows": 9, "by_heuristic": {"seed": 8, "erroneous_code": 1}}
    (tmp_path / "report.json").write_text(json.dumps(report(evolve=evolve)))
    assert read_outcome(tmp_path).evolved == 1


def report(**changes: Any) -> dict[str, Any]:
    told = {"rows": 8, "loss_before": 2.0, "loss_after": 1.0, "change": -1.0, "interval": [-1.5, -0.5], "chance": 0.01}
    return {"held_out": told, "evaluate": None, "evolve": None} | changes


def test_a_run_without_a_benchmark_is_judged_by_what_was_held_out(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(json.dumps(report()))
    outcome = read_outcome(tmp_path)
    assert (outcome.verdict, outcome.offered, outcome.problems) == ("better", True, 0)
    assert not outcome.same().offered
    assert outcome.data()["interval"] == (-1.5, -0.5)


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps(report(held_out=None)), '{"held_out": {"rows": "x"}}'])
def test_a_report_that_does_not_tell_is_an_error_in_words(tmp_path: Path, text: str) -> None:
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(AssistantError, match="cannot read what came of it"):
        read_outcome(tmp_path)
