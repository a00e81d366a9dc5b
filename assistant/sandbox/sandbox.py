"""The sandbox as the programs use it: give it work, get results; many pieces of work run at once.

Starts the launcher on first use and ends it on `close`. Safe to use from several threads; from asyncio through
`asyncio.wrap_future(sandbox.submit(work))`. It judges nothing and starts no untrusted process itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from assistant.ground.cores import allowed_cpus
from assistant.sandbox import libraries
from assistant.sandbox.api import (
    Attempt,
    BackendReport,
    Command,
    Program,
    Result,
    SandboxError,
    SandboxMissing,
    Trial,
    Work,
)
from assistant.sandbox.backends import ENVIRONMENT, HOUSE, UNSAFE, UNSAFE_WITHOUT
from assistant.sandbox.frames import FrameReader, write_frame

_START = "import sys; sys.path.insert(0, sys.argv[2]); from assistant.sandbox.launcher import main; main()"
_AHEAD = 64


class Sandbox:
    """Runs untrusted code behind the first backend that holds on this machine; use as a context manager.

    Args:
        parallel: how many pieces of work run at once; 0 is two for each core (a run's clock stops while it waits for one).
        imports: names of installed packages that the code may import ("numpy"); the standard library it always may.
        unsafe: run without any wall (what --unsafe-no-sandbox means); `backend` says so in its name.
        backends: only these backends, by name; empty for all.
        without: layers to leave off, for the tests that show what each is for.
    """

    def __init__(
        self,
        parallel: int = 0,
        imports: Iterable[str] = (),
        *,
        unsafe: bool = False,
        backends: Iterable[str] = (),
        without: Iterable[str] = (),
    ) -> None:
        self._parallel = parallel or 2 * len(allowed_cpus())
        self._imports = tuple(imports)
        self._backends = [UNSAFE.name] if unsafe else list(backends)
        self._without = UNSAFE_WITHOUT if unsafe else frozenset(without)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._project: tuple[str, tuple[str, ...]] | None = None
        self._futures: dict[int, Future[Result]] = {}
        self._listeners: dict[int, Callable[[str], None]] = {}
        self._deaf: dict[int, BaseException] = {}
        self._next = 0
        self._hello: dict[str, Any] = {}

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def backend(self) -> str:
        """Name of the backend in use.

        Raises:
            SandboxMissing: none holds on this machine.
        """
        self._started(("", ()))
        return str(self._hello["backend"])

    def submit(self, work: Work, told: Callable[[str], None] | None = None) -> Future[Result]:
        """Start `work` as soon as there is room; cancelling the future before it runs takes it out of the queue.

        Args:
            told: called with each piece of what the work writes, as it writes it, from a thread of the sandbox's; the
                text is untrusted. The result holds all of it once more. What it raises ends the telling, not the work,
                and is raised by the future once the work has ended.

        Raises:
            SandboxMissing: no backend holds on this machine; nothing was run.
        """
        project = (work.folder, work.read_only) if isinstance(work, Command) else ("", ())
        process = self._started(project)
        future: Future[Result] = Future()
        with self._lock:
            number, self._next = self._next, self._next + 1
            self._futures[number] = future
            if told is not None:
                self._listeners[number] = told
            assert process.stdin is not None
            try:
                write_frame(process.stdin.fileno(), {"id": number, "streamed": told is not None, **_message(work)})
            except OSError as error:
                del self._futures[number]
                self._listeners.pop(number, None)
                raise _launcher_gone() from error
        future.add_done_callback(lambda done: self._cancel(number) if done.cancelled() else None)
        return future

    def run(self, work: Work) -> Result:
        """Run one piece of work and wait for it; Ctrl-C ends it."""
        future = self.submit(work)
        try:
            return future.result()
        except KeyboardInterrupt:
            future.cancel()
            raise

    def run_many(self, works: Iterable[Work]) -> Iterator[tuple[int, Result]]:
        """Run all of `works`, yielding (index, result) in the order in which they end."""
        ended: queue.SimpleQueue[Future[Result]] = queue.SimpleQueue()
        pending: dict[Future[Result], int] = {}
        for index, work in enumerate(works):
            future = self.submit(work)
            pending[future] = index
            future.add_done_callback(ended.put)
            while len(pending) >= _AHEAD + self._parallel:
                done = ended.get()
                yield pending.pop(done), done.result()
        while pending:
            done = ended.get()
            yield pending.pop(done), done.result()

    def close(self) -> None:
        """End everything that runs."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _started(self, project: tuple[str, tuple[str, ...]]) -> subprocess.Popen[bytes]:
        """The launcher, started anew where a project has to be shown that the running one does not show."""
        with self._lock:
            if self._process is not None and self._project == project:
                return self._process
        self.close()
        with self._lock:
            if self._process is None:
                self._process, self._hello = start_launcher(self._options(project))
                self._project = project
                threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()
            return self._process

    def _options(self, project: tuple[str, tuple[str, ...]]) -> dict[str, Any]:
        paths, folders = libraries.find(self._imports)
        settings = {
            "libraries": paths,
            "library_folders": folders,
            "read_only": list(project[1]),
            "project": str(Path(project[0]).resolve()) if project[0] else "",
            "without": sorted(self._without),
        }
        return {"settings": settings, "backends": self._backends, "parallel": self._parallel, "probe": False}

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        reader = FrameReader(process.stdout.fileno())
        while (messages := reader.read()) is not None:
            for message in messages:
                if "output" in message:
                    self._tell(message["id"], message["output"])
                    continue
                with self._lock:
                    future = self._futures.pop(message["id"], None)
                    self._listeners.pop(message["id"], None)
                    error = self._deaf.pop(message["id"], None)
                if future is not None and future.set_running_or_notify_cancel():
                    if error is None:
                        future.set_result(Result(**message["result"]))
                    else:
                        future.set_exception(error)
        with self._lock:
            lost, self._futures = list(self._futures.values()), {}
            self._listeners.clear()
            self._deaf.clear()
            if self._process is process:
                self._process = None
        for future in lost:
            if future.set_running_or_notify_cancel():
                future.set_exception(_launcher_gone())

    def _tell(self, number: int, output: str) -> None:
        """A listener is foreign code to this thread, on which every other piece of work depends."""
        with self._lock:
            told = self._listeners.get(number)
        if told is None:
            return
        try:
            told(output)
        except BaseException as error:
            with self._lock:
                self._listeners.pop(number, None)
                self._deaf[number] = error

    def _cancel(self, number: int) -> None:
        with self._lock, contextlib.suppress(OSError):
            if self._process is not None and self._process.stdin is not None:
                write_frame(self._process.stdin.fileno(), {"id": number, "kind": "cancel"})


def start_launcher(options: dict[str, Any]) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
    """A launcher that has chosen its backend, and its first words.

    Raises:
        SandboxMissing: no backend holds.
        SandboxError: the launcher did not start.
    """
    arguments = [sys.executable, "-I", "-S", "-X", "utf8", "-c", _START, json.dumps(options), str(HOUSE)]
    environment = {**ENVIRONMENT, "HOME": "/", "TMPDIR": os.environ.get("TMPDIR", "/tmp")}
    if "environment" in options["settings"]["without"]:
        environment = {**os.environ, **environment}
    process = subprocess.Popen(
        arguments,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        bufsize=0,
    )
    assert process.stdout is not None
    reader = FrameReader(process.stdout.fileno())
    while not (messages := reader.read()):
        if messages is None:
            raise SandboxError("cannot start the sandbox", f"its launcher ended with code {process.wait()}")
    hello = messages[0]
    if not hello["backend"]:
        process.wait()
        raise SandboxMissing(reports_of(hello))
    return process, hello


def reports_of(hello: dict[str, Any]) -> tuple[BackendReport, ...]:
    """What the launcher said of each backend it tried."""
    return tuple(
        BackendReport(r["name"], r["usable"], r["why_not"], tuple(Attempt(**a) for a in r["attempts"]))
        for r in hello["reports"]
    )


def _message(work: Work) -> dict[str, Any]:
    limits = asdict(work.limits)
    if isinstance(work, Trial):
        return {"kind": "trial", "source": work.candidate, "judge": work.judge, "limits": limits}
    if isinstance(work, Program):
        files = [list(file) for file in work.files]
        return {"kind": "program", "source": work.source, "stdin": work.stdin, "files": files, "limits": limits}
    return {
        "kind": "command",
        "argv": list(work.argv),
        "files": [list(change) for change in work.changes],
        "left_out": [*work.left_out, *work.kept],
        "kept": list(work.kept),
        "environment": dict(work.environment),
        "limits": limits,
    }


def _launcher_gone() -> SandboxError:
    return SandboxError("the sandbox's launcher ended in the middle of its work", "", "run it again")
