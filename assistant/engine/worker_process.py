"""Starts one worker process, carries frames to and from it, keeps its last words and notices its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from collections.abc import Callable

from assistant.engine import protocol
from assistant.engine.api import EngineCrashed
from assistant.engine.failure import crash
from assistant.engine.stop_flag import StopFlag, new_memory
from assistant.engine.waking import wake_promptly
from assistant.ground.parenthood import child_environment

_KEPT_LINES = 60
_LONGEST_LINE = 1 << 16
_LEAVING_LIMIT = 2.0
_COMMAND = (sys.executable, "-m", "assistant.engine.worker.main")
_ENVIRONMENT = {
    # Without this an abort starts a debugger to print a backtrace.
    "GGML_NO_BACKTRACE": "1",
    # Buffers in large pages: a context is made in a third of the time. Those of 1 MB and more go back to the system when
    # they are freed; glibc raises that bound by itself with the first of them, and the worker would grow by 40 MB.
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1048576",
}


class WorkerProcess:
    """One worker. `on_frame` gets each answer; `on_end` gets this object once, when the process is gone."""

    def __init__(self, on_frame: Callable[[protocol.Frame], None], on_end: Callable[[WorkerProcess], None]) -> None:
        self._on_frame, self._on_end = on_frame, on_end
        self._process: asyncio.subprocess.Process | None = None
        self._flag: StopFlag | None = None
        self._watcher: asyncio.Task[None] | None = None
        self.words: deque[str] = deque(maxlen=_KEPT_LINES)
        self.ended = False

    async def start(self) -> None:
        """Start the process; from here on the calling thread, which has the event loop, is woken promptly.

        Raises:
            EngineCrashed: the system gives no process.
        """
        wake_promptly()
        try:
            with new_memory() as descriptor:
                self._flag = StopFlag(descriptor)
                self._process = await asyncio.create_subprocess_exec(
                    *_COMMAND,
                    str(descriptor),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                    limit=_LONGEST_LINE,
                    env=child_environment(**_ENVIRONMENT),
                    start_new_session=True,
                    pass_fds=(descriptor,),
                )
        except OSError as error:
            raise EngineCrashed("the model's process cannot be started", str(error), "wizard-tui doctor") from error
        self._watcher = asyncio.create_task(self._watch(self._process), name="engine worker")

    @property
    def pid(self) -> int | None:
        """Its process id."""
        return self._process.pid if self._process is not None else None

    def send(self, frame: protocol.Frame) -> None:
        """Send a frame; one that comes too late is lost, and `on_end` tells why."""
        stdin = self._process.stdin if self._process is not None else None
        if stdin is not None and self._flag is not None and not self.ended and not stdin.is_closing():
            packed = protocol.pack(frame)
            self._flag.announce(frame)
            stdin.write(packed)

    def crash(self, doing: str) -> EngineCrashed:
        """The error for a request that was `doing` something when this process ended."""
        return crash(doing, self._process.returncode if self._process is not None else None, tuple(self.words))

    async def wait(self, limit: float) -> None:
        """Wait until it has ended by itself, for `limit` seconds at most."""
        if self._watcher is not None:
            await asyncio.wait([self._watcher], timeout=limit)

    async def end(self) -> None:
        """Kill the process and wait until it is gone."""
        if self._process is not None:
            _kill(self._process)
        if self._watcher is not None:
            await asyncio.gather(self._watcher, return_exceptions=True)

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None and process.stderr is not None
        words = asyncio.create_task(self._keep_words(process.stderr))
        try:
            while True:
                length = protocol.frame_length(await process.stdout.readexactly(protocol.HEADER_BYTES))
                self._on_frame(protocol.unpack(await process.stdout.readexactly(length)))
        except (asyncio.IncompleteReadError, ValueError, OSError):
            # The end of the pipe, or bytes that are no frame: either way this worker is of no more use.
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(process.wait(), _LEAVING_LIMIT)
        finally:
            _kill(process)
            await process.wait()
            await asyncio.wait([words], timeout=1)
            words.cancel()
            if process.stdin is not None:
                process.stdin.close()
            self.ended = True
            self._on_end(self)

    async def _keep_words(self, stderr: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await stderr.readline()
            except ValueError:
                continue
            if not line:
                return
            text = line.decode("utf-8", "replace").strip()
            if text:
                self.words.append(text[:1000])


def _kill(process: asyncio.subprocess.Process) -> None:
    # Not process.kill(): that looks whether the process has ended, and so takes its exit status from asyncio.
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
