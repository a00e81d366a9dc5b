"""How many threads compute, from moment to moment: fewer while other programs want the cores.

llama.cpp's threads wait for each other at hundreds of barriers a token, spinning. When one of them loses its core to a
compiler, all of them burn time until it is back: ten times slower was seen, where one thread less would have cost a
third. So the share of processor time that the threads really get is measured, and their number follows; after a pause,
when nothing is known of that, it follows from how idle the cores were.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from assistant.ground.cores import allowed_cpus

_WINDOW_SECONDS = 0.15
_STARVED_SHARE = 0.85
_SPARE_CORE = 0.75
_PAUSE_SECONDS = 0.1
# Threads of OpenMP spin for some 4 ms after their work is over, and a first batch on one thread may cost 200 ms.
_LOOKS_FOR_SECONDS, _MOMENT_SECONDS = 0.006, 0.0005


class Pace:
    """Chooses the number of threads, `most` at best; `set_threads` is called when it changes."""

    def __init__(self, most: int, set_threads: Callable[[int], None]) -> None:
        self.threads = self._most = most
        self._set_threads = set_threads
        self._cpus = allowed_cpus()
        self.rest()

    def rest(self) -> None:
        """Forget the present window: nothing is computed for a while."""
        self._wall = 0.0
        self._rested = time.monotonic(), time.process_time(), idle_seconds(self._cpus)

    def look(self) -> None:
        """Choose the number of threads in a pause, by how idle the cores were since it began or since the last look."""
        self._choose()
        self.rest()

    def resume(self) -> None:
        """Take note that computing begins; after a pause this chooses the number of threads anew."""
        if not self._wall:
            # What ran a moment ago may be over.
            self._choose(self._unused)
            self._begin_window(time.monotonic())

    def _unused(self) -> int:
        """How many cores are unused; looked at again where that is few, since some program always runs for a moment."""
        found, started = unused_cores(), time.monotonic()
        while found < self._most and time.monotonic() - started < _LOOKS_FOR_SECONDS:
            time.sleep(_MOMENT_SECONDS)
            found = max(found, unused_cores())
        return found

    def _choose(self, at_least: Callable[[], int] = lambda: 1) -> None:
        wall, cpu, idle = self._rested
        elapsed, idle_now = time.monotonic() - wall, idle_seconds(self._cpus)
        if elapsed < _PAUSE_SECONDS or idle is None or idle_now is None:
            return
        # What this process did in the pause (measuring, storing) took no core from itself.
        free = (idle_now - idle + time.process_time() - cpu) / elapsed
        wanted = int(free + 1 - _SPARE_CORE)
        self._use(min(self._most, max(1, wanted, at_least() if wanted < self._most else 0)))

    def note_step(self) -> None:
        """Take note that a batch was computed; now and then this changes the number of threads."""
        now = time.monotonic()
        if not self._wall:
            self._begin_window(now)
        elif now - self._wall >= _WINDOW_SECONDS and self._most > 1:
            self._judge(now)
            self._begin_window(now)

    def _begin_window(self, now: float) -> None:
        self._wall, self._cpu, self._idle = now, time.process_time(), idle_seconds(self._cpus)

    def _judge(self, now: float) -> None:
        elapsed = now - self._wall
        share = (time.process_time() - self._cpu) / (elapsed * self.threads)
        idle = idle_seconds(self._cpus)
        if idle is None or self._idle is None:
            # Without knowing when cores are free again, stepping back would be for ever.
            return
        spare = (idle - self._idle) / elapsed
        wanted = self.threads
        if share < _STARVED_SHARE and spare < _SPARE_CORE:
            wanted = max(1, self.threads - max(1, round((1 - share) * self.threads)))
        elif self.threads < self._most and spare >= _SPARE_CORE:
            wanted = min(self._most, self.threads + max(1, int(spare)))
        self._use(wanted)

    def _use(self, wanted: int) -> None:
        if wanted != self.threads:
            self.threads = wanted
            self._set_threads(wanted)


def unused_cores() -> int:
    """On how many cores nothing but the caller runs at this moment; 0 where the system does not tell."""
    with contextlib.suppress(OSError, ValueError, LookupError):
        text = Path("/proc/stat").read_text(encoding="ascii")
        running = text.rpartition("procs_running ")[2].split(maxsplit=1)[0]
        return max(0, (os.cpu_count() or 1) + 1 - int(running))
    return 0


def idle_seconds(cpus: set[int]) -> float | None:
    """Seconds that these CPUs have been idle in sum since the system started; None where it does not tell."""
    try:
        lines = Path("/proc/stat").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    names = {f"cpu{cpu}" for cpu in cpus}
    ticks = 0
    for line in lines[1:]:
        name, *fields = line.split()
        if name in names:
            ticks += int(fields[3]) + int(fields[4])
        elif not name.startswith("cpu"):
            break
    return ticks / 100.0
