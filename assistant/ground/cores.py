"""Which cores this process may use: those that the system allows it, not all that the machine has."""

from __future__ import annotations

import os


def allowed_cpus() -> set[int]:
    """The CPUs that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))
