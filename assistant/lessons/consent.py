"""Whether the person has agreed that lessons are kept: a setting, off by default, asked about once."""

from __future__ import annotations

from pathlib import Path

from assistant.config import Config, save_setting
from assistant.config.load import from_environment, from_file
from assistant.ground import paths

QUESTION = "Keep what you accept, edit and reject, to learn from?"
"""What is asked."""
EXPLAINED = "Only on this machine, with secrets masked. wizard-tui lessons shows, exports and deletes them; F10 changes your mind."
"""What is said beside it."""


def is_to_be_asked(config: Config) -> bool:
    """Whether the question was never put, and neither the file nor the environment answers it."""
    if config.lessons == "on" or _asked().exists():
        return False
    return "lessons" not in from_file(paths.config_file()) | from_environment()


def answer(agreed: bool) -> None:
    """Keep the answer: yes is a setting, no is not asked again."""
    _asked().touch()
    if agreed:
        save_setting("lessons", "on")


def _asked() -> Path:
    return paths.state_folder() / "lessons-asked"
