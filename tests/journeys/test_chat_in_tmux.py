"""The way through in a real terminal with the real starter model: ask, stop, copy, be killed, come back, leave."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
]


class Tmux:
    """A terminal multiplexer of its own, with the app in it."""

    def __init__(self, folder: Path, home: Path) -> None:
        self._starts = 0
        self._socket = str(folder / "tmux0")
        self._folder = folder
        self._home = home
        # These journeys are of people who know the app.
        (home / "state").mkdir(exist_ok=True)
        (home / "state" / "tour-seen").touch()

    def __call__(self, *arguments: str) -> str:
        command = ["tmux", "-S", self._socket, "-f", "/dev/null", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=20).stdout

    def start(self) -> None:
        """Open the app in a new window of 100 by 30."""
        # A server that was just killed may still hold its socket.
        self._starts += 1
        self._socket = str(self._folder / f"tmux{self._starts}")
        run = f"'{sys.executable}' -m assistant.cli.main '{self._folder}'; echo left with $?; sleep 600"
        variables = [
            f"WIZARD_HOME={self._home}",
            "WIZARD_TEMPERATURE=0",
            "TERM=xterm-256color",
            f"PYTHONPATH={Path(__file__).parents[2]}",
        ]
        flags = [part for variable in variables for part in ("-e", variable)]
        self("new-session", "-d", "-x", "100", "-y", "30", *flags, run)

    def screen(self) -> str:
        """What is to be seen."""
        return self("capture-pane", "-p")

    def until(self, text: str, seconds: float = 60) -> str:
        """Wait for a text on the screen."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            shown = self.screen()
            if text in shown:
                return shown
            time.sleep(0.1)
        raise AssertionError(f"{text!r} did not come:\n{self.screen()}")

    def app(self) -> int:
        """The process id of the app."""
        shell = self("display", "-p", "#{pane_pid}").strip()
        found = subprocess.run(
            ["pgrep", "-P", shell, "-f", "assistant.cli.main"], capture_output=True, text=True, check=False
        )
        return int(found.stdout.split()[0])


@pytest.fixture
def tmux(tmp_path: Path, home: Path, starter_model: Path) -> Iterator[Tmux]:
    terminal = Tmux(tmp_path, home)
    yield terminal
    terminal("kill-server")


def _children(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in found.stdout.split()]


def _gone(pids: list[int], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        living = []
        for pid in pids:
            with contextlib.suppress(OSError):
                os.kill(pid, 0)
                living.append(pid)
        if not living:
            return True
        time.sleep(0.1)
    return False


def test_ask_kill_come_back_and_leave(tmux: Tmux) -> None:
    tmux.start()
    tmux.until("smollm2-135m, a small model")
    tmux.until("ready")
    tmux("send-keys", "Tell me a long story about a wizard.", "Enter")
    tmux.until("writing")
    time.sleep(0.8)
    shown = tmux.screen()
    assert "writing" in shown
    app = tmux.app()
    workers = _children(app)
    os.kill(app, signal.SIGKILL)
    assert _gone([app, *workers]), "the engine outlived the app"
    tmux("kill-server")

    tmux.start()
    again = tmux.until("ended in the middle")
    lines = [line.strip() for line in shown.splitlines()]
    first = lines[lines.index("▌ Tell me a long story about a wizard.") + 2]
    assert first[:24] in again
    tmux.until("ready")
    tmux("send-keys", "Say hello.", "Enter")
    tmux.until("tok/s")
    tmux("send-keys", "C-q")
    tmux.until("left with 0")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_restores_the_terminal_and_leaves_no_engine(tmux: Tmux, number: signal.Signals) -> None:
    tmux.start()
    tmux.until("ready")
    app = tmux.app()
    workers = _children(app)
    assert workers
    os.kill(app, number)
    assert _gone([app, *workers])
    tmux.until("left with")
    assert "✦ wizard" not in tmux.screen()
    tmux("send-keys", "echo typed", "Enter")
    assert tmux("display", "-p", "#{alternate_on} #{mouse_any_flag} #{cursor_flag}").split() == ["0", "0", "1"]
