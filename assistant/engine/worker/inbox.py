"""The frames that come from the app: read by a thread of its own, so that the batch that runs can be stopped by one."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from assistant.engine import protocol
from assistant.engine.protocol import Frame
from assistant.engine.stop_flag import StopFlag
from assistant.engine.waking import wake_promptly

_ON_ITS_WAY_SECONDS = 0.1


class Inbox:
    """The frames from the app, read by a thread of its own; a cancel of what runs also raises the flag that stops it.

    So does any other frame while what runs makes way (see `making_way`). One thread takes the frames, and with that
    lowers the flag. The app raises the flag itself, before its frame is here; a frame so announced is waited for.
    """

    def __init__(self, stream: BinaryIO, flag: StopFlag) -> None:
        self._flag = flag
        self._frames: queue.SimpleQueue[tuple[Frame, float]] = queue.SimpleQueue()
        self._seen: deque[tuple[Frame, float]] = deque()
        self._stream = stream
        # Whoever holds it sees each frame either not at all or in the queue and with its flag.
        self._lock = threading.Lock()

    def next(self) -> tuple[Frame, float]:
        """The next frame and when it came; waits for one."""
        taken = self._seen.popleft() if self._seen else self._frames.get()
        with self._lock:
            self._flag.lower()
        return taken

    def wait(self, seconds: float = 0.0) -> bool:
        """Whether there is a frame, waiting for one for `seconds` at most."""
        if not self._seen:
            announced = self._flag.raised
            with contextlib.suppress(queue.Empty):
                self._seen.append(self._frames.get(timeout=max(seconds, _ON_ITS_WAY_SECONDS if announced else 0.0)))
            if announced and not self._seen:
                # The app was held up between the two; its frame stops the batch again when it comes.
                with self._lock:
                    if self._frames.empty():
                        self._flag.lower()
        return bool(self._seen)

    @contextlib.contextmanager
    def making_way(self) -> Iterator[None]:
        """Inside, any frame that comes stops the batch that runs."""
        # A frame that is being read sees it, or is seen by who looks after this.
        with self._lock:
            self._flag.makes_way = True
        try:
            yield
        finally:
            self._flag.makes_way = False

    def is_free_for(self, owner: int) -> bool:
        """Whether a batch may run now: no frame is here. From here on a cancel of the request `owner` stops it."""
        # As in `making_way`.
        with self._lock:
            self._flag.owner = owner
        return not self.wait()

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
                    self._flag.announce(frame)
                    self._frames.put((frame, time.monotonic()))
        except (EOFError, OSError, ValueError, KeyError):
            # The app is gone (or talks nonsense). Whatever the main thread does in C is of no use to anyone now.
            os._exit(0)

    def _exactly(self, count: int) -> bytes:
        data = self._stream.read(count)
        if len(data) < count:
            raise EOFError
        return data
