"""The adapters that were learned on this machine: what each is for, when it was made, what was measured, and whether it runs.

They are listed and deleted here, but never one that runs. Which one that is, and what is on offer, is `learned`'s business.
"""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from assistant.errors import UsageError, cause_of
from assistant.ground import paths
from assistant.ground.files import write_whole
from assistant.models import learned

Use = Literal["runs", "on offer", "ran before", ""]
FILE = "adapter.gguf"
_ABOUT = "about.json"


@dataclass(frozen=True)
class Measured:
    """What an adapter was made for and what was measured of it; losses are nats a token."""

    model: str = ""
    """The file of the model that it runs with."""
    made: float = 0.0
    """When, in seconds since 1970."""
    verdict: str = ""
    held_out: int = 0
    """Lessons that the losses are about."""
    loss_before: float = 0.0
    loss_after: float = 0.0
    benchmark: str = ""
    problems: int = 0
    passed_before: int = 0
    passed_after: int = 0

    @property
    def gain(self) -> str:
        """The figures for people: `loss 1.618 → 1.545, simple 27 → 28 of 40`."""
        parts = [f"loss {self.loss_before:.3f} → {self.loss_after:.3f}"] if self.held_out else []
        if self.problems:
            parts += [f"{self.benchmark} {self.passed_before} → {self.passed_after} of {self.problems}"]
        return ", ".join(parts)


@dataclass(frozen=True)
class Adapter:
    """One adapter that lies on this machine."""

    name: str
    path: Path
    bytes: int
    use: Use
    measured: Measured


def keep_about(folder: Path, measured: Measured) -> None:
    """Write down beside an adapter what it is for.

    Raises:
        OSError: it cannot be written.
    """
    write_whole(folder / _ABOUT, json.dumps(asdict(measured), indent=1) + "\n")


def adapters() -> list[Adapter]:
    """All adapters that were learned here, newest first."""
    uses = _uses()
    found = [
        Adapter(file.parent.name, file, file.stat().st_size, *_told(file, uses))
        for file in sorted(paths.learned_folder().glob(f"*/{FILE}"))
        if file.is_file()
    ]
    return sorted(found, key=lambda one: (-one.measured.made, one.name))


def adapter(name: str) -> Adapter | None:
    """The one of that name."""
    return next((one for one in adapters() if one.name.lower() == name.lower()), None)


def delete_adapter(one: Adapter, model: str) -> str:
    """Delete an adapter with its report; returns the sentence that says so.

    Args:
        model: what the model is called that it is for.

    Raises:
        UsageError: it runs with a model.
        AssistantError: it cannot be deleted.
    """
    if one.use == "runs":
        hint = f"wizard-tui learn --undo --model {shlex.quote(model)}"
        raise UsageError(f"cannot delete {one.name}", f"{model} runs with it", hint)
    learned.forget(str(one.path))
    try:
        shutil.rmtree(one.path.parent)
    except OSError as error:
        raise UsageError(f"cannot delete {one.path.parent}", cause_of(error)) from None
    return f"{one.name} is deleted"


def _uses() -> dict[str, tuple[str, Use, learned.Learned]]:
    """Of each adapter that a model knows: that model, what it is to it, and what was told of it; what runs counts most."""
    found: dict[str, tuple[str, Use, learned.Learned]] = {}
    for model in learned.models():
        state = learned.state_of(model)
        known: list[tuple[learned.Learned, Use]] = [(one, "ran before") for one in state.used[:-1]]
        known += [(state.offered, "on offer")] if state.offered else []
        known += [(state.current, "runs")] if state.current else []
        for one, use in known:
            if found.get(one.adapter, ("", "", one))[1] != "runs":
                found[one.adapter] = (str(model), use, one)
    return found


def _told(file: Path, uses: dict[str, tuple[str, Use, learned.Learned]]) -> tuple[Use, Measured]:
    known = uses.get(str(file))
    about = _read(file.with_name(_ABOUT))
    if known is None:
        return "", about or Measured(made=file.stat().st_mtime)
    model, use, told = known
    return use, about or Measured(model, told.made)


def _read(file: Path) -> Measured | None:
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        row = json.loads(file.read_text(encoding="utf-8"))
        # Each value as the kind that its field has: the file may be anyone's work.
        return Measured(
            model=str(row["model"]),
            made=float(row["made"]),
            verdict=str(row["verdict"]),
            held_out=int(row["held_out"]),
            loss_before=float(row["loss_before"]),
            loss_after=float(row["loss_after"]),
            benchmark=str(row["benchmark"]),
            problems=int(row["problems"]),
            passed_before=int(row["passed_before"]),
            passed_after=int(row["passed_after"]),
        )
    return None
