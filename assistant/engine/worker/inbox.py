"""The frames that come from the app: read by a thread of its own, so that the batch that runs can be stopped by one."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import BinaryIO

from assistant.engine import protocol
from assistant.engine.protocol import Frame
from assistant.engine.waking import wake_promptly


def _nothing() -> None:
    """What there is to stop before a model is loaded."""


class Inbox:
    """The frames from the app, read by a thread of its own; a cancel also stops the batch that runs.

    So does any other frame while what runs makes way (see `making_way`). One thread takes the frames.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.stop_batch: Callable[[], None] = _nothing
        self._frames: queue.SimpleQueue[tuple[Frame, float]] = queue.SimpleQueue()
        self._seen: deque[tuple[Frame, float]] = deque()
        self._stream = stream
        self._lock = threading.Lock()
        self._way_is_made = False

    def next(self) -> tuple[Frame, float]:
        """The next frame and when it came; waits for one."""
        return self._seen.popleft() if self._seen else self._frames.get()

    def wait(self, seconds: float = 0.0) -> bool:
        """Whether there is a frame, waiting for one for `seconds` at most."""
        if not self._seen:
            with contextlib.suppress(queue.Empty):
                self._seen.append(self._frames.get(timeout=seconds))
        return bool(self._seen)

    @contextlib.contextmanager
    def making_way(self, let_run: Callable[[], None]) -> Iterator[None]:
        """Inside, any frame that comes stops the batch that runs; `let_run` lets batches run again after that."""
        with self._lock:
            self._way_is_made = True
        try:
            yield
        finally:
            # Under the lock, so that no frame stops the batch that comes next.
            with self._lock:
                self._way_is_made = False
                let_run()

    def start(self) -> None:
        """Begin to read."""
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def _read(self) -> None:
        wake_promptly()
        try:
            while True:
                header = self._exactly(protocol.HEADER_BYTES)
                frame = protocol.unpack(self._exactly(protocol.frame_length(header)))
                with self._lock:
                    if frame["do"] == "cancel" or self._way_is_made:
                        self.stop_batch()
                self._frames.put((frame, time.monotonic()))
        except (EOFError, OSError, ValueError, KeyError):
            # The app is gone (or talks nonsense). Whatever the main thread does in C is of no use to anyone now.
            os._exit(0)

    def _exactly(self, count: int) -> bytes:
        data = self._stream.read(count)
        if len(data) < count:
            raise EOFError
        return data
