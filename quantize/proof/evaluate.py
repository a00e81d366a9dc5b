"""pass@1 of a GGUF file, by the workshop's own `wizard-train evaluate`, run as a command.

Nothing of the trainer is imported; it writes a report, and one number is read from it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from quantize.errors import QuantizeError
from quantize.reading.checkpoint import read_json


def pass_at_1(model: Path, benchmark: str, limit: int, report: Path, data: Path | None = None) -> float:
    """The share of problems of `benchmark` that one greedy completion each of `model` solves (0 to 1).

    Args:
        limit: only the first so many problems; 0 is all.
        data: folder with the benchmark's data, where it is not in a usual place.
        report: where the command writes its report; a run that was broken off goes on from it.

    Raises:
        QuantizeError: the evaluation failed, or its report has no such number.
    """
    command = [sys.executable, "-m", "trainer.cli", "evaluate", str(model), "--benchmark", benchmark, "-o", str(report)]
    command += ["--limit", str(limit)] if limit else []
    command += ["--data", str(data)] if data else []
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        why = f"wizard-train evaluate ended with {done.returncode}"
        raise QuantizeError(
            f"cannot evaluate {model.name} on {benchmark}", why, " ".join(["wizard-train", *command[3:]])
        )
    value = read_json(report).get("pass_at", {}).get("1")
    if not isinstance(value, int | float):
        raise QuantizeError(f"cannot evaluate {model.name} on {benchmark}", f"{report} has no pass_at 1")
    return float(value)
