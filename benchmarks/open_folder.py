"""How long until the app shows a folder of 100,000 files, and whether it stays live while they are listed.

A folder of 1,000 folders with 100 files each is made for the run. Measured in a fresh process on a pseudo-terminal: from
the start of the interpreter to the first paint, and to the files panel's first rows; then, while all names are listed
for the file picker, the longest pause of the event loop, and a search. Demanded: first paint within 1 second.
Run: python -m benchmarks.open_folder
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.pseudo_terminal import SAY_TO, line_from

FOLDERS, FILES = 1_000, 100
RUNS = 5
LIMIT = 1.0
PAUSE_LIMIT = 0.1


def make_tree(top: Path) -> None:
    """100,000 small files."""
    for number in range(FOLDERS):
        folder = top / f"package_{number:03}"
        folder.mkdir(parents=True)
        for file in range(FILES):
            (folder / f"module_{file:02}.py").touch()


def _app(folder: Path, began: float, out: Any) -> Any:
    from assistant.config import Config
    from assistant.tui.app import WizardApp

    class Timed(WizardApp):
        def on_ready(self) -> None:
            self.call_after_refresh(self.painted)

        def painted(self) -> None:
            self.first = time.monotonic() - began
            self.run_worker(self.measure())

        async def measure(self) -> None:
            bench: Any = self.screen_stack[0]
            while not bench.is_open or not bench.bench.files.rows.count:
                await asyncio.sleep(0.005)
            tree = time.monotonic() - began
            while bench.desk is None or bench.desk.busy:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.5)
            names = bench.bench.editor.names
            names.refresh()
            listed, pauses = time.monotonic(), [0.0]
            while names.listing:
                before = time.monotonic()
                await asyncio.sleep(0.005)
                pauses.append(time.monotonic() - before - 0.005)
            listing, before = time.monotonic() - listed, time.monotonic()
            found = await names.search("pack999mod99")
            assert found[0].path == "package_999/module_99.py", found[:1]
            search = time.monotonic() - before
            said = {"first": self.first, "tree": tree, "listing": listing, "pause": max(pauses), "search": search}
            print(json.dumps(said), file=out, flush=True)
            os._exit(0)

    return Timed(folder, Config())


def opened(folder: Path) -> dict[str, float]:
    """The figures of one fresh app on `folder`, in seconds."""
    command = [sys.executable, "-m", "benchmarks.open_folder", str(folder), str(time.monotonic())]
    line = line_from(command, columns=120, rows=40)
    figures: dict[str, float] = json.loads(line)
    return figures


def main() -> None:
    """Print the medians and say whether the bounds hold."""
    with tempfile.TemporaryDirectory() as top:
        folder = Path(top, "tree")
        make_tree(folder)
        opened(folder)
        runs = [opened(folder) for _ in range(RUNS)]
    rows = (
        ("first", "first paint", LIMIT),
        ("tree", "the folder's rows", None),
        ("listing", f"all {FOLDERS * FILES:,} names listed", None),
        ("pause", "longest pause meanwhile", PAUSE_LIMIT),
        ("search", "a search through them", None),
    )
    for name, title, limit in rows:
        value = statistics.median(run[name] for run in runs)
        verdict = "" if limit is None else f"   {'ok' if value <= limit else 'MISS'} (at most {limit * 1000:.0f} ms)"
        print(f"{title:32}{value * 1000:8.0f} ms{verdict}")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        _app(Path(sys.argv[1]), float(sys.argv[2]), os.fdopen(int(os.environ[SAY_TO]), "w")).run()
    else:
        main()
