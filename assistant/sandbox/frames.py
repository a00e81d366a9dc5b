"""Messages between the app and its launcher: a length, then JSON."""

from __future__ import annotations

import json
import os
from typing import Any


def write_frame(descriptor: int, message: dict[str, Any]) -> None:
    """Write one whole message (blocking)."""
    data = json.dumps(message).encode()
    view = memoryview(len(data).to_bytes(4, "big") + data)
    while view:
        view = view[os.write(descriptor, view) :]


class FrameReader:
    """Reads messages from a descriptor, blocking or not, as they become whole."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._data = bytearray()

    def read(self) -> list[dict[str, Any]] | None:
        """The messages that have become whole; None at the end of the stream."""
        try:
            part = os.read(self._descriptor, 1 << 20)
        except BlockingIOError:
            return []
        if not part:
            return None
        self._data += part
        messages = []
        while len(self._data) >= 4:
            end = 4 + int.from_bytes(self._data[:4], "big")
            if len(self._data) < end:
                break
            messages.append(json.loads(bytes(self._data[4:end])))
            del self._data[:end]
        return messages
