"""A file or folder with its weight, as all programs take it on their command lines: `PATH` or `PATH=WEIGHT`."""

from __future__ import annotations

import math
from pathlib import Path

from assistant.errors import UsageError


def weighted(text: str) -> tuple[Path, float]:
    """The path and its weight, 1 where none is given; a path that is there and holds `=` is taken as it is.

    Raises:
        UsageError: the weight is no number.
    """
    path, divided, weight = text.rpartition("=")
    if not divided or Path(text).expanduser().exists():
        return Path(text).expanduser(), 1.0
    try:
        number = float(weight)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(f"cannot take the weight of {text}", f"{weight!r} is no number", f"{path}=0.5")
    return Path(path).expanduser(), number
