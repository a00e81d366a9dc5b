"""The long-lived process that starts everything untrusted: single-threaded, with an environment made from nothing.

It picks the backend by self-test, keeps a lane (a warm nursery) per piece of work that may run at once, watches each
run and reports how it ended. It talks to `sandbox.Sandbox` by framed JSON on stdin and stdout, and ends, with all
that it started, when stdin does. It is a process of its own because a wall made by bubblewrap follows the thread
that started it.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import sys
import time
from collections import deque
from typing import Any

from assistant.sandbox import self_test, watch
from assistant.sandbox.backends import Settings
from assistant.sandbox.frames import FrameReader, write_frame
from assistant.sandbox.inside.confine import adopt_orphans
from assistant.sandbox.lane import LaneBroken
from assistant.sandbox.places import place, remove
from assistant.sandbox.running import Running
from assistant.sandbox.seatbelt import AnyLane, Backend, open_lane

_TICK = 0.05
_LANES_BROKEN_AT_MOST = 20


class Launcher:
    """Work comes in by `take`, results leave by `answer`; `serve` is the loop between."""

    def __init__(self, backend: Backend, settings: Settings, parallel: int) -> None:
        self._backend, self._settings = backend, settings
        self._parallel = parallel
        self._selector = selectors.DefaultSelector()
        self._lanes: list[AnyLane] = []
        self._busy: dict[AnyLane, Running] = {}
        self._waiting: deque[dict[str, Any]] = deque()
        self._folders: dict[Running, list[str]] = {}
        self._number = 0
        self._broken = 0
        self._opening: set[AnyLane] = set()
        self._looked = 0.0
        self._watched: dict[Running, set[int]] = {}

    def serve(self) -> None:
        """Work until stdin ends."""
        reader = FrameReader(0)
        os.set_blocking(0, False)
        self._selector.register(0, selectors.EVENT_READ, None)
        try:
            while True:
                for key, _ in self._selector.select(_TICK if self._busy else None):
                    if key.data is None:
                        messages = reader.read()
                        if messages is None:
                            return
                        for message in messages:
                            self._take(message)
                    else:
                        self._happened(key)
                self._look()
                self._start_waiting()
        finally:
            for lane in self._lanes:
                lane.close()
            for folders in self._folders.values():
                remove(folders)

    def _take(self, message: dict[str, Any]) -> None:
        if message["kind"] != "cancel":
            self._waiting.append(message)
            return
        for job in [job for job in self._waiting if job["id"] == message["id"]]:
            self._waiting.remove(job)
            _answer(job, {"state": "failed", "reason": "cancelled"})
        for run in self._busy.values():
            if run.job["id"] == message["id"]:
                run.kill("failed", "cancelled")

    def _start_waiting(self) -> None:
        """Put waiting work on free lanes, and open more lanes where there is more work than that."""
        for lane in [lane for lane in self._lanes if lane not in self._busy and lane not in self._opening]:
            if not self._waiting:
                return
            job = self._waiting.popleft()
            try:
                self._start(lane, job)
            except LaneBroken:
                # The wall went down before anything ran behind it, so the work waits for another.
                self._waiting.appendleft(job)
            except OSError as error:
                _answer(job, {"state": "sandbox_error", "reason": "sandbox_error", "detail": str(error)})
        while len(self._waiting) > len(self._opening) and len(self._lanes) < self._parallel:
            if self._broken > _LANES_BROKEN_AT_MOST:
                self._give_up("the sandbox broke too often")
                return
            lane = open_lane(self._backend, self._settings)
            self._lanes.append(lane)
            self._opening.add(lane)
            self._selector.register(lane.control, selectors.EVENT_READ, (lane, None))
            self._reap()

    def _give_up(self, why: str) -> None:
        while self._waiting:
            detail = {"state": "sandbox_error", "reason": "sandbox_error", "detail": why}
            _answer(self._waiting.popleft(), detail)

    def _start(self, lane: AnyLane, job: dict[str, Any]) -> None:
        job["without"] = sorted(self._settings.without)
        count = 2 if job["kind"] == "trial" else 1
        places, folders = place(self._backend, self._settings, job, self._number, count)
        try:
            run = Running(lane, job, self._number, places)
        except LaneBroken:
            remove(folders)
            self._lose(lane)
            raise
        self._number += count
        self._busy[lane], self._folders[run], self._watched[run] = run, folders, set()
        self._follow(lane, run)

    def _happened(self, key: selectors.SelectorKey) -> None:
        lane, meaning = key.data
        run = self._busy.get(lane)
        if meaning is None:
            try:
                message, keeper = lane.receive()
            except LaneBroken as error:
                self._break(lane, str(error))
                return
            self._opening.discard(lane)
            if run is not None:
                run.introduced(message, keeper)
                self._follow(lane, run)
        elif run is not None:
            run.readable(key.fd, meaning)
            if news := run.news():
                write_frame(1, {"id": run.job["id"], "output": news})
            self._follow(lane, run)

    def _follow(self, lane: AnyLane, run: Running) -> None:
        """Watch exactly what the run waits for; when it waits for nothing more, answer."""
        watched = self._watched[run]
        for descriptor in watched - run.waits.keys():
            self._selector.unregister(descriptor)
        for descriptor in run.waits.keys() - watched:
            self._selector.register(descriptor, selectors.EVENT_READ, (lane, run.waits[descriptor]))
        self._watched[run] = set(run.waits)
        if run.done:
            self._finish(lane, run, run.result())

    def _finish(self, lane: AnyLane, run: Running, result: dict[str, Any]) -> None:
        _answer(self._released(lane, run), result)

    def _released(self, lane: AnyLane, run: Running) -> dict[str, Any]:
        """Forget the run; its job."""
        for descriptor in self._watched.pop(run):
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(descriptor)
        del self._busy[lane]
        remove(self._folders.pop(run))
        return run.job

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked < _TICK:
            return
        self._looked = now
        for lane, run in list(self._busy.items()):
            run.tick(now)
            self._follow(lane, run)

    def _break(self, lane: AnyLane, why: str) -> None:
        """The wall itself went down: what ran behind it is neither passed nor failed."""
        run = self._busy.get(lane)
        self._lose(lane)
        if run is not None:
            for descriptor in self._watched[run]:
                with contextlib.suppress(KeyError, ValueError):
                    self._selector.unregister(descriptor)
            self._watched[run] = set()
            begun = any(worker.keeper >= 0 for worker in run.workers.values())
            run.close()
            if begun or run.killed:
                self._finish(lane, run, {"state": "sandbox_error", "reason": "sandbox_error", "detail": why})
            else:
                self._waiting.appendleft(self._released(lane, run))

    def _lose(self, lane: AnyLane) -> None:
        self._broken += 1
        self._opening.discard(lane)
        self._lanes.remove(lane)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(lane.control)
        lane.close()

    def _reap(self) -> None:
        """Take leave of orphans that came here when a wall went down; the lanes' own processes are waited for there."""
        for pid in set(watch.children(os.getpid())) - {lane.pid for lane in self._lanes}:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def _answer(job: dict[str, Any], result: dict[str, Any]) -> None:
    write_frame(1, {"id": job["id"], "result": result})


def main() -> None:
    """Run as the launcher: options are JSON in argv[1]."""
    options = json.loads(sys.argv[1])
    settings = Settings(**{**options["settings"], "without": frozenset(options["settings"]["without"])})
    with contextlib.suppress(OSError):
        adopt_orphans()
    chosen, reports = self_test.choose(settings, options["backends"])
    write_frame(1, {"backend": chosen.name if chosen else "", "reports": reports})
    if chosen is not None and not options["probe"]:
        Launcher(chosen, settings, options["parallel"]).serve()
