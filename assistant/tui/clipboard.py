"""Puts text where it can be pasted: a clipboard tool where one works, the terminal's own clipboard, and always a file.

The terminal's clipboard (OSC 52) tells nobody whether it took the text, so the file is named on screen.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import AssistantError
from assistant.ground import paths
from assistant.ground.files import write_whole

_PATIENCE = 2.0

_TOOLS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard")),
    ("DISPLAY", ("xsel", "--clipboard", "--input")),
    ("", ("pbcopy",)),
    ("", ("clip.exe",)),
)
"""A variable that says the tool can work here ("" where none is needed), and its command line."""


@dataclass(frozen=True)
class Copied:
    """Where the text is: the tool that took it ("" where none did), and the file (None where it cannot be written)."""

    tool: str
    file: Path | None

    def sentence(self) -> str:
        """For the person."""
        if self.tool:
            return f"by {self.tool}"
        return f"by the terminal; also in {self.file}" if self.file else "by the terminal"


def copy(text: str, to_terminal: Callable[[str], None]) -> Copied:
    """Copy `text`; `to_terminal` sends it to the terminal's clipboard. May wait two seconds for a tool."""
    tool = _by_tool(text)
    to_terminal(text)
    file: Path | None = paths.state_folder() / "copied.txt"
    try:
        write_whole(paths.state_folder() / "copied.txt", text)
    except (AssistantError, OSError):
        file = None
    return Copied(tool, file)


def _by_tool(text: str) -> str:
    for variable, command in _TOOLS:
        if (variable and not os.environ.get(variable)) or not shutil.which(command[0]):
            continue
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            # A tool that stays to serve the clipboard must not hold our pipes open.
            subprocess.run(
                command,
                input=text.encode("utf-8", "replace"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_PATIENCE,
                check=True,
            )
            return command[0]
    return ""
