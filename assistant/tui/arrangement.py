"""How the panels of the workbench are arranged: which are shown, how large, and what gives way on a small terminal.

Plain data and one pure function from it; it draws nothing. What the user changed is kept in the state folder.
"""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Literal

from assistant.errors import AssistantError
from assistant.ground.files import write_whole
from assistant.ground.paths import state_folder

PanelName = Literal["files", "outline", "editor", "conversation"]
Place = Literal["auto", "right", "below"]

NARROW = 100
"""Columns below which one panel is seen at a time."""
ROOMY = 150
"""Columns from which the conversation stands beside the editor if nothing else was chosen."""
_LEAST = {"left": 16, "files": 4, "beside": 30, "below": 8}
_MOST = {"left": 80, "files": 60, "beside": 160, "below": 60}


@dataclass(frozen=True)
class Layout:
    """What the user has chosen. Sizes are columns or rows."""

    files: bool = True
    outline: bool = True
    editor: bool = True
    conversation: bool = True
    place: Place = "auto"
    left: int = 30
    """Columns of files and outline."""
    files_rows: int = 0
    """Rows of the files above the outline; 0 shares evenly."""
    beside: int = 0
    """Columns of a conversation right of the editor; 0 takes two fifths."""
    below: int = 0
    """Rows of a conversation below the editor; 0 takes two fifths."""


@dataclass(frozen=True)
class Arrangement:
    """What is seen now."""

    panels: frozenset[PanelName]
    single: bool
    """One panel at a time."""
    beside: bool
    """The conversation stands right of the editor, not below it."""
    left: int
    files_rows: int
    talk: int
    """Columns or rows of the conversation next to an editor."""


def arrange(
    layout: Layout, size: tuple[int, int], has_file: bool, current: PanelName, mode: str = "auto"
) -> Arrangement:
    """What of a layout is seen on a terminal of `size` (columns, rows).

    Args:
        has_file: whether the editor has something to show.
        current: the panel that the user is in.
        mode: the `layout` of the settings: "auto", "narrow" or "wide".
    """
    columns, rows = size
    single = mode == "narrow" or (mode == "auto" and columns < NARROW)
    beside = layout.place == "right" or (layout.place == "auto" and columns >= ROOMY)
    if single:
        alone: PanelName = "conversation" if current == "editor" and not has_file else current
        return Arrangement(frozenset((alone,)), True, beside, 0, 0, 0)
    chosen: list[PanelName] = [name for name in ("files", "outline", "editor", "conversation") if getattr(layout, name)]
    if not has_file:
        chosen = [name for name in chosen if name not in ("editor", "outline")]
    if "editor" not in chosen and "conversation" not in chosen:
        chosen.append("editor" if has_file and current == "editor" else "conversation")
    if "editor" not in chosen:
        chosen = [name for name in chosen if name != "outline"]
    left = _held("left", layout.left, columns // 2)
    work = columns - (left if {"files", "outline"} & set(chosen) else 0)
    wanted = layout.beside or work * 2 // 5 if beside else layout.below or (rows - 3) * 2 // 5
    talk = _held("beside", wanted, work - 30) if beside else _held("below", wanted, rows - 10)
    files_rows = layout.files_rows or (rows - 3) // 2
    return Arrangement(frozenset(chosen), False, beside, left, _held("files", files_rows, rows - 8), talk)


def resized(layout: Layout, arrangement: Arrangement, panel: PanelName, step: int) -> Layout:
    """The layout with a panel wider or higher by `step`, as far as it goes."""
    if panel == "files" and "outline" in arrangement.panels and abs(step) == 1:
        return replace(layout, files_rows=_held("files", arrangement.files_rows + step))
    if panel in ("files", "outline"):
        return replace(layout, left=_held("left", arrangement.left + step))
    step = step if panel == "conversation" else -step
    if arrangement.beside:
        return replace(layout, beside=_held("beside", arrangement.talk + step))
    return replace(layout, below=_held("below", arrangement.talk + step))


def _held(what: str, value: int, most: int = 1_000) -> int:
    return max(_LEAST[what], min(value, _MOST[what], most))


def _file() -> Path:
    return state_folder() / "layout.json"


def load_layout() -> Layout:
    """What was kept; what cannot be read counts as not chosen."""
    with contextlib.suppress(OSError, ValueError, AssistantError):
        text = _file().read_text(encoding="utf-8")
        import json

        kept = json.loads(text)
        if not isinstance(kept, dict):
            return Layout()
        known = {f.name: type(getattr(Layout(), f.name)) for f in fields(Layout)}
        values = {name: value for name, value in kept.items() if type(value) is known.get(name)}
        if values.get("place", "auto") not in ("auto", "right", "below"):
            del values["place"]
        return Layout(**values)
    return Layout()


def keep_layout(layout: Layout) -> None:
    """Keep it for the next run; where nothing can be written, the next run begins as the first."""
    with contextlib.suppress(OSError, AssistantError):
        import json

        write_whole(_file(), json.dumps(asdict(layout)))
