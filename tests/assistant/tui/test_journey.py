"""One day in a real terminal with the starter model: ask, edit, review, accept one of two hunks, undo, die, go on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.ground import paths
from tests.assistant.tui.app_in_terminal import ROOT

BEFORE = "def add(a, b):\n    return a - b\n"


class Tmux:
    """The app in a window of a tmux server of its own."""

    def __init__(self, socket: Path, folder: Path, home: Path) -> None:
        self.socket, self.folder, self.home = socket, folder, home

    def run(self, *words: str) -> str:
        done = subprocess.run(["tmux", "-S", self.socket, *words], capture_output=True, text=True, check=False)
        return done.stdout

    def open(self) -> None:
        environment = f"env WIZARD_HOME={self.home} OMP_NUM_THREADS=1 PYTHONPATH={ROOT}"
        command = f"cd {self.folder} && {environment} {sys.executable} -m assistant.cli.main ."
        self.run("new-session", "-d", "-x", "120", "-y", "40", f"{command}; sleep 60")

    def press(self, *keys: str) -> None:
        self.run("send-keys", *keys)

    def say(self, text: str) -> None:
        """Type it, see it in the prompt, send it."""
        self.run("send-keys", "-l", text)
        self.until(text[-20:])
        self.press("Enter")

    def shown(self) -> str:
        return self.run("capture-pane", "-p")

    def until(self, *words: str, seconds: float = 90) -> str:
        """Wait for one of `words` on the screen; the screen."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            screen = self.shown()
            if any(word in screen for word in words):
                return screen
            time.sleep(0.2)
        raise AssertionError(f"{words} did not come:\n{self.shown()}")

    def app_pid(self) -> int:
        pane = int(self.run("list-panes", "-F", "#{pane_pid}").split()[0])
        children = subprocess.run(["pgrep", "-P", str(pane)], capture_output=True, text=True, check=False).stdout
        return int(children.split()[0])


@pytest.fixture
def tmux(tmp_path: Path, home: Path, starter_model: Path) -> Iterator[Tmux]:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("sums.py", "more.py"):
        (folder / name).write_text(BEFORE)
    paths.tour_seen_file().parent.mkdir(parents=True, exist_ok=True)
    paths.tour_seen_file().touch()
    paths.config_file().parent.mkdir(parents=True, exist_ok=True)
    paths.config_file().write_text("context_size = 1024\nmax_tokens = 60\ntemperature = 0.0\n")
    terminal = Tmux(tmp_path / "tmux", folder, home)
    yield terminal
    terminal.run("kill-server")


@pytest.mark.slow
def test_a_day_with_the_starter_model(tmux: Tmux) -> None:
    first, second = tmux.folder / "sums.py", tmux.folder / "more.py"
    tmux.open()
    tmux.until("● ready")
    tmux.say("Say hello")
    tmux.until(" tokens · ")

    tmux.say("/edit sums.py::add,more.py::add Return the sum: a + b")
    tmux.until("hunk 1 of 2 · file 1 of 2")
    tmux.press("a", "r", "Enter")
    tmux.until("Written to sums.py: 1 of 2 hunks")
    assert "a + b" in first.read_text()
    assert second.read_text() == BEFORE
    tmux.press("F8")
    tmux.until("Taken back")
    assert first.read_text() == BEFORE

    tmux.say("Tell me a long story about a sorted list")
    tmux.until("writing ")
    os.kill(tmux.app_pid(), signal.SIGKILL)
    tmux.run("kill-server")
    tmux.open()
    screen = tmux.until("The app was ended in the middle of this reply")
    assert "long story" in screen
    tmux.until("● ready")
    tmux.say("/test")
    tmux.until("no test command was found")
    tmux.press("C-q")
