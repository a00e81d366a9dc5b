"""Import and first paint of the app against an empty Textual app, each in a fresh interpreter, in turns.

Demanded: at most 1.3 times. Run: python -m benchmarks.first_paint
"""

from __future__ import annotations

import statistics
import sys
import time

from benchmarks.pseudo_terminal import line_from

RUNS = 15
LIMIT = 1.3

# The clock is the machine's, so the child can say when it has painted.
_SAY = "app.call_after_refresh(lambda: (print(time.monotonic(), file=out, flush=True), os._exit(0)))"

EMPTY = """
import os, sys, time
out = os.fdopen(int(os.environ["SAY_TO"]), "w")
from textual.app import App
class Empty(App):
    def on_ready(self):
        app = self
        {say}
Empty().run()
"""

OURS = """
import os, sys, time
out = os.fdopen(int(os.environ["SAY_TO"]), "w")
from pathlib import Path
from assistant.config import load_config
from assistant.tui.start import app_on
app = app_on(Path.cwd(), load_config())
def on_ready(self):
    {say}
type(app).on_ready = on_ready
app.run()
"""


def seconds_to_paint(program: str) -> float:
    """From the start of the interpreter to the first screen, in a terminal of 100 by 30."""
    began = time.monotonic()
    return float(line_from([sys.executable, "-c", program.format(say=_SAY)], columns=100, rows=30)) - began


def main() -> None:
    """Print both medians and their ratio."""
    seconds_to_paint(EMPTY), seconds_to_paint(OURS)
    times: dict[str, list[float]] = {EMPTY: [], OURS: []}
    for _ in range(RUNS):
        for program, taken in times.items():
            taken.append(seconds_to_paint(program))
    empty, ours = (statistics.median(times[program]) for program in (EMPTY, OURS))
    # Of each turn's own ratio, so that a machine that grows busier meanwhile does not count.
    ratio = statistics.median(one / other for one, other in zip(times[OURS], times[EMPTY], strict=True))
    print(f"empty Textual app  {empty * 1000:6.0f} ms")
    print(f"wizard-tui         {ours * 1000:6.0f} ms")
    print(f"ratio              {ratio:6.2f}   (at most {LIMIT})")


if __name__ == "__main__":
    main()
