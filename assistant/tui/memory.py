"""Keeps Python's garbage collector from stopping the app for a tenth of a second while a reply streams.

A full collection looks through every object there is. The young ones are collected as ever; the full look is taken
between turns, and what it leaves is set aside so that the next one is short.
"""

from __future__ import annotations

import gc

_YOUNG = 2_000
_FULL_AFTER = 2_000
_TURNS = 8

_turns = 0


def hold() -> None:
    """Look for nothing until `calm`: while modules are read, there is no garbage worth a tenth of that time."""
    gc.disable()


def calm() -> None:
    """Take no full look unasked, and set aside what is loaded."""
    gc.enable()
    gc.set_threshold(_YOUNG, 10, _FULL_AFTER)
    gc.freeze()


def turn_ended() -> None:
    """Nothing streams now: every few turns, take the full look."""
    global _turns
    _turns += 1
    if _turns % _TURNS == 0:
        tidy()


def tidy() -> None:
    """Collect everything that is not needed any more; takes about a tenth of a second."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
