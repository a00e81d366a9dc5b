"""When the work is to rest: while someone types into the app, and while the machine runs on its battery.

This only looks; stopping processes is `work`'s business. A machine that does not tell of its power is on the mains.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from assistant.ground import paths

POWER = Path("/sys/class/power_supply")
QUIET_SECONDS = 15.0
"""How long nobody has typed when work goes on."""
_ASKED_EVERY = 30.0


class Watch:
    """Says why to rest now, "" where there is no reason.

    Args:
        power: where the system tells of its power supplies.
        on_battery_too: work on the battery, too.
        every: seconds between two looks at the power.
    """

    def __init__(self, power: Path = POWER, on_battery_too: bool = False, every: float = _ASKED_EVERY) -> None:
        self._power = power
        self._every = every
        self._on_battery_too = on_battery_too
        self._asked = 0.0
        self._battery = False

    def reason(self) -> str:
        """Why to rest."""
        if _typed_lately():
            return "you are typing"
        now = time.monotonic()
        if not self._asked or now - self._asked >= self._every:
            self._asked, self._battery = now, not self._on_battery_too and on_battery(self._power)
        return "the machine runs on its battery" if self._battery else ""


def on_battery(power: Path = POWER) -> bool:
    """Whether a battery is all that this machine runs on: one is discharging, and no other supply is there."""
    if sys.platform == "darwin" and power == POWER:
        return _mac_on_battery()
    supplies = list(power.iterdir()) if power.is_dir() else []
    kinds = [(_word(path / "type"), path) for path in supplies]
    # Mice and pens have batteries too.
    ours = [path for kind, path in kinds if kind == "Battery" and _word(path / "scope") != "Device"]
    plugged = any(_word(path / "online") == "1" for kind, path in kinds if kind != "Battery")
    return not plugged and any(_word(path / "status") == "Discharging" for path in ours)


def someone_types() -> None:
    """Note that someone types now."""
    paths.typing_mark().touch()


def _typed_lately() -> bool:
    try:
        age = time.time() - paths.typing_mark().stat().st_mtime
    except OSError:
        return False
    # A time to come is a clock that was set back, not a keystroke.
    return 0 <= age < QUIET_SECONDS


def _word(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _mac_on_battery() -> bool:
    try:
        said = subprocess.run(["pmset", "-g", "batt"], capture_output=True, text=True, check=False, timeout=5).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    return "'Battery Power'" in said
