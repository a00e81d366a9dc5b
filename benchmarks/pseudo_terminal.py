"""Runs a program on a pseudo-terminal and reads the one line that it says about itself; what it draws is thrown away."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import tempfile
import termios
import threading
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
SAY_TO = "SAY_TO"
"""The environment variable that holds the number of the descriptor to say it on."""


def line_from(command: Sequence[str], columns: int, rows: int) -> str:
    """The line that `command` writes to the descriptor SAY_TO, run in a home of its own."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    reader, writer = os.pipe()
    with tempfile.TemporaryDirectory() as home:
        child = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            pass_fds=[writer],
            cwd=ROOT,
            env={**os.environ, "TERM": "xterm-256color", "WIZARD_HOME": home, SAY_TO: str(writer)},
        )
        os.close(slave)
        os.close(writer)
        threading.Thread(target=_swallow, args=(master,), daemon=True).start()
        with os.fdopen(reader) as said:
            line = said.readline()
        child.wait()
    return line


def _swallow(master: int) -> None:
    try:
        while os.read(master, 65536):
            pass
    except OSError:
        os.close(master)
