"""One piece of work in flight: its workers, its clock, its output, and the decision how it ended.

A run ends when every process of it is dead; only then is there a result. What decides is, in this order: what the
launcher had to kill it for, a missing report of the backend's (a sandbox_error), the judge's verdict or exit code.
"""

from __future__ import annotations

import codecs
import json
import os
import socket
import time
from typing import Any

from assistant.sandbox import watch
from assistant.sandbox.deadline import is_late
from assistant.sandbox.endings import Ending
from assistant.sandbox.inside import confine
from assistant.sandbox.lane import Worker
from assistant.sandbox.seatbelt import AnyLane

_GRACE = 0.5
_SETTLE = 0.25
_LONGEST_VERDICT = 1 << 20


class Running:
    """Starts the workers of `job` on `lane`. `waits` holds the descriptors to be watched, each with its meaning.

    Args:
        places: for each worker its user and scratch folder (`uid`, `folder`, `processes`), made by the launcher.
    """

    def __init__(self, lane: AnyLane, job: dict[str, Any], number: int, places: list[dict[str, Any]]) -> None:
        self.lane, self.job = lane, job
        self.limits = job["limits"]
        self.workers: dict[str, Worker] = {}
        self.waits: dict[int, str] = {}
        self.killed, self.broken = "", ""
        self._lived_on = False
        self._verdict: dict[str, str] | None = None
        self._verdict_data = b""
        self._verdict_fd = -1
        self._output = {"out": bytearray(), "err": bytearray()}
        self._decoders = {name: codecs.getincrementaldecoder("utf-8")("replace") for name in self._output}
        self._news = ""
        self._started = time.monotonic()
        self._ended = 0.0
        self._kill_at = self._settle_by = self._disk_at = 0.0
        self._peak = 0
        self._folders = [place["folder"] for place in places if lane.mode != "namespaces"]
        if job["kind"] == "trial":
            self._start_trial(number, places)
        else:
            self._start("main", job["kind"], number, places[0], {})

    def _start_trial(self, number: int, places: list[dict[str, Any]]) -> None:
        one, other = socket.socketpair()
        read, write = os.pipe()
        try:
            self._start("main", "candidate", number, places[0], {"channel": one.fileno()})
            self._start("judge", "judge", number + 1, places[1], {"channel": other.fileno(), "verdict": write})
        except BaseException:
            os.close(read)
            raise
        finally:
            one.close()
            other.close()
            os.close(write)
        os.set_blocking(read, False)
        self._verdict_fd = read
        self.waits[read] = "verdict"

    def _start(self, name: str, role: str, number: int, place: dict[str, Any], extra: dict[str, int]) -> None:
        # The tests go to the judge alone: what the candidate holds in its memory it can find there.
        order = {key: value for key, value in self.job.items() if key not in ("source", "judge")}
        order["source"] = self.job.get("judge" if role == "judge" else "source", "")
        message = {"worker": number, "limits": self.limits, **place}
        worker = self.lane.ask(role, message, order, extra)
        self.workers[name] = worker
        if name == "main":
            self.waits |= {worker.out: "out", worker.err: "err"}

    # -- what happens ------------------------------------------------------------------------------------------------

    def introduced(self, message: dict[str, Any], keeper: int) -> None:
        """The nursery made a worker, or could not."""
        worker = next((w for w in self.workers.values() if w.number == message.get("worker")), None)
        if worker is None or keeper < 0:
            self.kill("sandbox_error", str(message.get("error", "the nursery made no worker")))
            return
        worker.keeper, worker.started = keeper, time.monotonic()
        worker.group = int(message.get("pid", 0))
        worker.pid = worker.group or _pid_behind(keeper)
        worker.alone = bool(message.get("alone"))
        self.waits |= {keeper: "ended", worker.status: "report"}
        if self.killed or self._ended:
            worker.kill()

    def readable(self, descriptor: int, meaning: str) -> None:
        """Take what has come on a descriptor; it leaves `waits` at its end."""
        if meaning == "ended":
            del self.waits[descriptor]
            self._worker_ended()
            return
        data = os.read(descriptor, 65536)
        if meaning == "report":
            del self.waits[descriptor]
            next(w for w in self.workers.values() if w.status == descriptor).report = _report(data)
        elif meaning == "verdict":
            self._verdict_data += data[: _LONGEST_VERDICT - len(self._verdict_data)]
            if not data:
                del self.waits[descriptor]
                self._judged()
        elif data:
            self._take_output(meaning, data)
        else:
            del self.waits[descriptor]

    def _take_output(self, meaning: str, data: bytes) -> None:
        room = self.limits["output"] - sum(len(part) for part in self._output.values())
        self._output[meaning] += data[:room]
        if self.job.get("streamed"):
            self._news += self._decoders[meaning].decode(data[:room])
        if len(data) > room and "output" not in self.job.get("without", ()):
            self.kill("output")

    def news(self) -> str:
        """What was written since this was asked last, where the job wants it as it comes."""
        news, self._news = self._news, ""
        return news

    def _judged(self) -> None:
        self._verdict = _said(self._verdict_data)
        if self._verdict is None or self._verdict["reason"] == "exited":
            # Somebody died: their keeper is about to say how.
            self._kill_at = time.monotonic() + _GRACE
        elif self._verdict["state"] == "passed":
            self._settle_by = time.monotonic() + _SETTLE
            self._settle()
        else:
            self._end()

    def _settle(self) -> None:
        """Threads that are just ending get a moment; what still runs after it turns the pass into a failure."""
        main = self.workers["main"]
        left = watch.left_running(main.pid, main.alone)
        if left and time.monotonic() < self._settle_by:
            return
        self._settle_by = 0.0
        if left:
            self._verdict = {"state": "failed", "reason": "left running", "detail": f"{left} still running at the end"}
        self._end()

    def _worker_ended(self) -> None:
        if self._settle_by and self._alive("main"):
            return
        waits_for_main = self._kill_at and not self._alive("main")
        if "judge" not in self.workers or not self._alive("judge") or waits_for_main:
            self._end()

    def _end(self) -> None:
        """All that decides is known: take down what still lives."""
        self._ended = self._ended or time.monotonic()
        self._kill_at = 0.0
        for worker in self.workers.values():
            worker.kill(gently=self.lane.mode == "landlock")

    def kill(self, state: str, why: str = "") -> None:
        """End everything because of `state`."""
        if not self.killed and not self._ended:
            self.killed, self.broken = state, why
        self._end()

    def _alive(self, name: str) -> bool:
        keeper = self.workers[name].keeper
        return keeper < 0 or self.waits.get(keeper) == "ended"

    # -- the clock ---------------------------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Look at clock and memory."""
        if self._ended:
            if now - self._ended > 2.0:
                for worker in self.workers.values():
                    worker.kill()
            return
        if self._kill_at and now >= self._kill_at:
            self._lived_on = self._alive("main")
            self._end()
        elif self._settle_by:
            self._settle()
        elif "clock" not in self.job.get("without", ()) and self._is_late():
            self.kill("timeout")
        elif now - self._started > 0.08 and "watchdog" not in self.job.get("without", ()):
            self._look_at_use()

    def _is_late(self) -> bool:
        ends = [fd for fd, meaning in self.waits.items() if meaning in ("ended", "verdict")]
        introduced = self.workers["main"].keeper >= 0
        return is_late(self.limits["seconds"], self._started, self.workers.values(), ends if introduced else ())

    def _look_at_use(self) -> None:
        """Memory and processes of the whole family; the disk, too, where scratch is a real folder."""
        self._look_at_disk()
        for worker in self.workers.values():
            if worker.pid:
                family = watch.family(worker.pid)
                used = watch.memory(family)
                self._peak = max(self._peak, used)
                if used > self.limits["memory"]:
                    self.kill("memory")
                elif len(family) > self.limits["processes"] + 8:
                    self.kill("failed", "processes")

    def _look_at_disk(self) -> None:
        """How full the scratch folders are; looking takes a tenth of the time where it can."""
        begun = time.monotonic()
        if begun < self._disk_at:
            return
        most = confine.most_entries(self.limits["disk"])
        for folder in self._folders:
            size, entries = watch.folder_use(folder, most)
            if size > self.limits["disk"] or entries > most:
                self.kill("failed", "disk")
        self._disk_at = begun + min(0.25, 10 * (time.monotonic() - begun))

    # -- the end -----------------------------------------------------------------------------------------------------

    @property
    def done(self) -> bool:
        """Whether every process is dead and every byte read."""
        if self.killed == "sandbox_error":
            return all(w.keeper < 0 or w.keeper not in self.waits for w in self.workers.values())
        return not self.waits and all(worker.keeper >= 0 for worker in self.workers.values())

    def result(self) -> dict[str, Any]:
        """How it ended, as the fields of a Result; closes everything."""
        main = {} if self._lived_on else self.workers["main"].report
        ending = Ending(self.limits, self.killed, self.broken, main, self._verdict, bytes(self._output["err"]))
        end = self._ended or time.monotonic()
        result = {
            **ending.decide(self.workers["judge"].report if "judge" in self.workers else None),
            "exit_code": main.get("exit") if not self.killed and self.job["kind"] != "trial" else None,
            "stdout": self._output["out"].decode(errors="replace"),
            "stderr": self._output["err"].decode(errors="replace"),
            "seconds": end - self._started,
            "cpu_seconds": float(main.get("cpu", 0.0)),
            "peak_memory": max(self._peak, int(main.get("memory", 0))),
        }
        self.close()
        return result

    def close(self) -> None:
        """Close every descriptor; what still lives dies with the lane."""
        for worker in self.workers.values():
            worker.close()
        if self._verdict_fd >= 0:
            os.close(self._verdict_fd)
            self._verdict_fd = -1
        self.waits = {}


def _said(data: bytes) -> dict[str, str] | None:
    """The judge's words, if they are a verdict: tests are foreign code too and may have written others."""
    try:
        verdict = json.loads(data)
        return {name: str(verdict[name]) for name in ("state", "reason", "detail")}
    except (ValueError, LookupError, TypeError, RecursionError):
        return None


def _report(data: bytes) -> dict[str, Any]:
    try:
        report = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return report if isinstance(report, dict) else {}


def _pid_behind(keeper: int) -> int:
    """The process id, as seen from here, of the process behind a pidfd."""
    for line in watch.read(f"/proc/self/fdinfo/{keeper}").splitlines():
        if line.startswith(b"Pid:"):
            return int(line.split()[1])
    return 0
