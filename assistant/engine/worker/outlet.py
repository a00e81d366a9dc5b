"""The way of a reply's chunks from the worker to the app: text is gathered while tokens come fast.

Each frame wakes the app, which runs on the same cores as the model; at 100 tokens a second, one frame for each would
cost the decode loop a few percent. The first text of a reply and its end never wait, nor, for completion, do lines.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace

from assistant.engine import protocol
from assistant.engine.api import Chunk, Prefill, TextChunk
from assistant.engine.protocol import Frame

_GATHER_SECONDS = 0.03
_PROGRESS_SECONDS = 0.1


class Writer:
    """Writes frames to the app; when the app is gone, this process is over."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, frame: Frame) -> None:
        """Send one frame."""
        data = memoryview(protocol.pack(frame))
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError:
            os._exit(0)


class Outlet:
    """Passes on the chunks of one reply; with `by_line`, the end of a line never waits for what comes after it."""

    def __init__(self, reply_id: int, writer: Writer, by_line: bool = False) -> None:
        self._id, self._writer, self._by_line = reply_id, writer, by_line
        self._texts: list[str] = []
        self._last = TextChunk("", 0)
        self._sent = 0.0
        self._progress_sent = 0.0

    def emit(self, chunk: Chunk) -> None:
        """Take one chunk; it goes out now or with the ones that follow soon."""
        now = time.monotonic()
        if isinstance(chunk, TextChunk) and not chunk.text:
            # The answer to a rewind, which comes behind the text that it takes back.
            self._send_text(now)
            self._writer.write({"id": self._id, **protocol.rewound_to_frame(chunk)})
            return
        if isinstance(chunk, TextChunk):
            self._texts.append(chunk.text)
            self._last = chunk
            if now - self._sent >= _GATHER_SECONDS or (self._by_line and "\n" in chunk.text):
                self._send_text(now)
            return
        if isinstance(chunk, Prefill):
            edge = chunk.done in (chunk.cached, chunk.total)
            if not edge and now - self._progress_sent < _PROGRESS_SECONDS:
                return
            self._progress_sent = now
        else:
            self._send_text(now)
        self._writer.write({"id": self._id, **protocol.chunk_to_frame(chunk)})

    def _send_text(self, now: float) -> None:
        if not self._texts:
            return
        text, self._texts = "".join(self._texts), []
        self._sent = now
        self._writer.write({"id": self._id, **protocol.chunk_to_frame(replace(self._last, text=text))})
