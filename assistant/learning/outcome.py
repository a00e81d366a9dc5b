"""What came of it, read from the run's report: numbers, one sentence, and whether the switch is offered.

The statistics are the report's. Here stands only the rule: an adapter is offered where it is not worse, by what was held
out and by the benchmark, and it is called better only where chance does not explain it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from assistant.errors import AssistantError

Verdict = Literal["better", "not worse", "worse", "same"]
SURE = 0.05
"""Below this chance (two-sided) a change of the held-out loss counts as one."""
DOUBT = 0.8
"""Below this chance (two-sided) fewer solved problems count as a loss: where a fall alone would come by chance in fewer than
four of ten cases. A wrong offer costs more than one that was not made, so this is far wider than `SURE`."""


@dataclass(frozen=True)
class Outcome:
    """What was measured, paired on the same rows and problems; losses are nats a token, `chance` is two-sided."""

    verdict: Verdict
    sentence: str
    held_out: int
    loss_before: float
    loss_after: float
    change: float
    interval: tuple[float, float]
    chance: float
    evolved: int
    """New tasks that were kept."""
    benchmark: str
    problems: int
    passed_before: int
    passed_after: int
    gained: int
    lost: int
    benchmark_chance: float

    @property
    def offered(self) -> bool:
        """Whether the switch is offered."""
        return self.verdict in ("better", "not worse")

    def same(self) -> Outcome:
        """The outcome where the adapter is the very one that is in use."""
        return replace(self, verdict="same", sentence="The same lessons give the adapter that is in use already.")

    def data(self) -> dict[str, Any]:
        """The outcome as JSON holds it."""
        return {"offered": self.offered, **asdict(self)}


def read_outcome(folder: Path) -> Outcome:
    """The outcome of the run in `folder`.

    Raises:
        AssistantError: it left no report that says what was held out.
    """
    try:
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        held_out, exam = report["held_out"], report["evaluate"] or {}
        change, chance = float(held_out["change"]), float(held_out["chance"])
        gained, lost, by_chance = int(exam.get("gained", 0)), int(exam.get("lost", 0)), float(exam.get("chance", 1.0))
        verdict, sentence = judged(change, chance, gained, lost, by_chance)
        return Outcome(
            verdict=verdict,
            sentence=sentence,
            held_out=int(held_out["rows"]),
            loss_before=float(held_out["loss_before"]),
            loss_after=float(held_out["loss_after"]),
            change=change,
            interval=(float(held_out["interval"][0]), float(held_out["interval"][1])),
            chance=chance,
            evolved=_new_tasks(report["evolve"] or {}),
            benchmark=str(exam.get("benchmark", "")),
            problems=int(exam.get("problems", 0)),
            passed_before=int(exam.get("passed_before", 0)),
            passed_after=int(exam.get("passed_after", 0)),
            gained=gained,
            lost=lost,
            benchmark_chance=by_chance,
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise AssistantError(
            f"cannot read what came of it in {folder}", f"{type(error).__name__}: {error}", "wizard-tui learn"
        ) from None


def _new_tasks(evolve: dict[str, Any]) -> int:
    """Tasks that were kept, besides those that they grew from."""
    return int(evolve.get("rows", 0)) - int((evolve.get("by_heuristic") or {}).get("seed", 0))


def judged(change: float, chance: float, gained: int, lost: int, benchmark_chance: float) -> tuple[Verdict, str]:
    """The verdict, and why."""
    if change > 0:
        return "worse", "It foretells what you kept less well than the model that runs now."
    if lost > gained and benchmark_chance < DOUBT:
        return "worse", f"It lost {lost} problems of the benchmark and gained {gained}."
    if change < 0 and chance < SURE:
        return "better", (
            "It foretells what you kept better than the model that runs now, and solves no fewer problems than chance explains."
        )
    return (
        "not worse",
        "It is not worse than the model that runs now; whether it is better, so few lessons do not tell.",
    )
