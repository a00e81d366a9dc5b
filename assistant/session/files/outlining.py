"""The outline of a text that is being typed: of a long one it is made in a child process, so that no key waits for it.

A short text is read here at once. The child is started when it is first needed, stays for the next time, and ends with
the app. This keeps nothing about files.
"""

from __future__ import annotations

import asyncio
import json
import struct
import subprocess
import sys
import threading
from dataclasses import asdict
from typing import IO, Any

from assistant.ground.parenthood import child_environment
from assistant.syntax.document import Document, Span
from assistant.syntax.symbols import Symbol, outline

SHORT = 40_000
"""Characters up to which an outline costs less than asking for it."""


class Outliner:
    """Makes outlines, one at a time."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    async def outline(self, document: Document) -> tuple[Symbol, ...]:
        """The symbols of a document; none where the child was ended by what it read."""
        if document.language is None:
            return ()
        if len(document.text) <= SHORT:
            return outline(document)
        return await asyncio.to_thread(self._ask, document.text, document.language.name)

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()

    def _ask(self, text: str, language: str) -> tuple[Symbol, ...]:
        with self._lock:
            try:
                child = self._started()
                assert child.stdin is not None and child.stdout is not None
                write_frame(child.stdin, {"text": text, "language": language})
                return tuple(symbol_of(row) for row in read_frame(child.stdout))
            except (OSError, ValueError, EOFError):
                self.close()
                return ()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "assistant.session.files.outline_child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=child_environment(),
            )
        return self._child


def write_frame(stream: IO[bytes], value: Any) -> None:
    """JSON after its length in four bytes."""
    data = json.dumps(value).encode("ascii")
    stream.write(struct.pack(">I", len(data)) + data)
    stream.flush()


def read_frame(stream: IO[bytes]) -> Any:
    """What `write_frame` wrote.

    Raises:
        EOFError: the other side has gone.
    """
    size = stream.read(4)
    if len(size) < 4:
        raise EOFError
    data = stream.read(struct.unpack(">I", size)[0])
    return json.loads(data)


def row_of(symbol: Symbol) -> dict[str, Any]:
    """A symbol as JSON."""
    return asdict(symbol)


def symbol_of(row: dict[str, Any]) -> Symbol:
    """A symbol from JSON."""
    spans = {name: Span(**row[name]) if row[name] else None for name in ("span", "definition", "name_span", "body")}
    return Symbol(**(row | spans))
