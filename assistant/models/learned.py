"""Which adapter that was learned here runs with which model: the one in use, those before it, and the one on offer.

One small JSON file; adapters and reports lie in the folder beside it. An adapter counts for the very file that it was
measured with: where that is replaced or the adapter is gone, the model runs without. This trains and measures nothing.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from assistant.errors import AssistantError, cause_of
from assistant.ground import paths
from assistant.ground.files import write_whole
from assistant.ground.locking import in_turn


@dataclass(frozen=True)
class Learned:
    """An adapter that was trained and measured here; `told` is the sentence about it, `report` the page."""

    adapter: str
    report: str = ""
    told: str = ""
    made: float = 0.0
    """When, in seconds since 1970."""


@dataclass(frozen=True)
class State:
    """What is known of one model file: `used` are the adapters that were switched on, the one that runs last."""

    mark: tuple[int, int] = (0, 0)
    """Size and time of change of the model's file."""
    used: tuple[Learned, ...] = field(default=())
    offered: Learned | None = None
    base: str = ""
    """The checkpoint that the model was made from, as it was last named."""

    @property
    def current(self) -> Learned | None:
        """The adapter that runs with the model."""
        return self.used[-1] if self.used else None


def state_of(model: Path) -> State:
    """What is known of the model at `model`; empty where nothing is, or the file is another one by now."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        found = _state(_rows()[_key(model)])
        return found if found.mark == _mark(model) else State(mark=_mark(model), base=found.base)
    return State()


def adapters_of(model: Path) -> tuple[tuple[str, float], ...]:
    """The adapter to run the model with, and its weight; nothing where none is switched on or its file is gone."""
    current = state_of(model).current
    return ((current.adapter, 1.0),) if current is not None and Path(current.adapter).is_file() else ()


def offer(model: Path, learned: Learned, base: str = "") -> None:
    """Keep an adapter as the one on offer; nothing is switched."""
    _change(model, lambda state: replace(state, offered=learned, base=base or state.base))


def withdraw(model: Path, base: str = "") -> None:
    """Nothing is on offer any more."""
    _change(model, lambda state: replace(state, offered=None, base=base or state.base))


def switch_on(model: Path) -> Learned:
    """Run the model with the adapter on offer from now on; returns it.

    Raises:
        AssistantError: none is on offer, or its file is gone.
    """
    offered = state_of(model).offered
    if offered is None or not Path(offered.adapter).is_file():
        why = "none was better than, or as good as, what runs now" if offered is None else "its file is gone"
        raise AssistantError("there is no learned adapter on offer", why, "wizard-tui learn")
    _change(model, lambda state: replace(state, used=(*state.used, offered), offered=None))
    return offered


def switch_back(model: Path) -> State:
    """Run the model as before the last switch; the adapter is on offer again. Returns what holds now.

    Raises:
        AssistantError: no adapter is switched on.
    """
    current = state_of(model).current
    if current is None:
        raise AssistantError("there is nothing to take back", "the model runs as it came", "wizard-tui learn")
    _change(model, lambda state: replace(state, used=state.used[:-1], offered=current))
    return state_of(model)


def models() -> tuple[Path, ...]:
    """The model files of which something is known; they need not be there any more."""
    return tuple(map(Path, sorted(_rows())))


def forget(adapter: str) -> None:
    """No model knows of this adapter any more: going back passes over it, and it is not on offer.

    Raises:
        AssistantError: it cannot be written.
    """

    def without(rows: dict[str, Any]) -> None:
        for key, row in rows.items():
            with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
                state = _state(row)
                used = tuple(one for one in state.used if one.adapter != adapter)
                offered = state.offered if state.offered and state.offered.adapter != adapter else None
                rows[key] = asdict(replace(state, used=used, offered=offered))

    _write(without)


def _change(model: Path, change: Callable[[State], State]) -> None:
    def changed(rows: dict[str, Any]) -> None:
        rows[_key(model)] = asdict(change(replace(state_of(model), mark=_mark(model))))

    _write(changed)


def _write(change: Callable[[dict[str, Any]], None]) -> None:
    """Change what the file holds, with every other process that wants to waiting."""
    file = _file()
    try:
        with in_turn(file.parent / ".lock"):
            rows = _rows()
            change(rows)
            write_whole(file, json.dumps(rows, indent=1, sort_keys=True) + "\n")
    except OSError as error:
        raise AssistantError(f"cannot write {file}", cause_of(error)) from None


def _rows() -> dict[str, Any]:
    """What the file holds; nothing where it is damaged or not there."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        found = json.loads(_file().read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


def _state(row: Any) -> State:
    size, changed = row["mark"]
    offered = Learned(**row["offered"]) if row["offered"] else None
    return State((int(size), int(changed)), tuple(Learned(**one) for one in row["used"]), offered, str(row["base"]))


def _key(model: Path) -> str:
    return str(model.resolve())


def _mark(model: Path) -> tuple[int, int]:
    status = model.stat()
    return status.st_size, status.st_mtime_ns


def _file() -> Path:
    return paths.learned_folder() / "learned.json"
