"""The app in a real pseudo-terminal, driven by a script: what the terminal gets, byte for byte."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

ROOT = Path(__file__).parents[3]

_SEQUENCE = re.compile(
    r"\x1b\[(?P<private>[<=>?]?)(?P<params>[\d;:$]*)(?P<final>[@-~])"
    r"|\x1b\](?P<osc>\d*)[^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b(?P<other>.)"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f-\x9f])",
    re.S,
)


class Terminal:
    """A child on a pseudo-terminal of its own; `output` is all that it wrote."""

    def __init__(self, arguments: list[str], rows: int = 50, columns: int = 120, **environment: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.output = b""
        self.slave = slave
        # These would stand above the size of this terminal.
        around = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        self.child = subprocess.Popen(
            arguments,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            cwd=ROOT,
            env={**around, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment},
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def read(self, seconds: float, until: bytes = b"") -> bytes:
        """Take what comes for so long, or until it holds `until`, or until the child has ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not (until and until in self.output):
            ready, _, _ = select.select([self.master], [], [], 0.05)
            if ready:
                with contextlib.suppress(OSError):
                    self.output += os.read(self.master, 65536)
            elif self.child.poll() is not None:
                break
        return self.output

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self.master, text.encode())

    def end(self, number: int = signal.SIGTERM, seconds: float = 15) -> int:
        """Send a signal, read the rest, and return the exit status."""
        self.child.send_signal(number)
        self.read(seconds, until=b"\0never")
        return self.child.wait(timeout=seconds)


def sequences(output: bytes) -> set[str]:
    """The kinds of control sequences in what a terminal got, without their arguments that only say where or which colour."""
    kinds = set()
    for match in _SEQUENCE.finditer(output.decode("utf-8", "surrogateescape")):
        if match["final"]:
            modes = match["params"] if match["final"] in "hl" else ""
            kinds.add(f"CSI {match['private']}{modes}{match['final']}")
        elif match["osc"] is not None:
            kinds.add(f"OSC {match['osc']}")
        elif match["other"]:
            kinds.add(f"ESC {match['other']!r}")
        else:
            kinds.add(f"control {match['control']!r}")
    return kinds


def python(script: str) -> list[str]:
    """A command line that runs `script`."""
    return [sys.executable, "-c", script]
