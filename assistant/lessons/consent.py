"""Whether the person has agreed that lessons are kept: a setting, off by default, asked about once."""

from __future__ import annotations

from pathlib import Path

from assistant.config import Config
from assistant.config.load import from_environment, from_file
from assistant.config.save import save_setting
from assistant.ground import paths

QUESTION = "Keep what you accept, edit and reject, to learn from?"
"""What is asked."""
EXPLAINED = "Only on this machine, with secrets masked; you can see, export and delete it."
"""What is said beside it."""
ANSWERS = "/lessons on agrees, /lessons off does not (that is how it is now)"
"""How to answer where it is asked in passing."""


def is_to_be_asked(config: Config) -> bool:
    """Whether the question was never put, and neither the file nor the environment answers it."""
    if config.lessons == "on" or _asked().exists():
        return False
    return "lessons" not in from_file(paths.config_file()) | from_environment()


def asked() -> None:
    """The question was put; it is not put again."""
    _asked().touch()


def answer(agreed: bool) -> None:
    """Keep the answer as a setting; the question is not put again.

    Raises:
        AssistantError: it cannot be written.
    """
    asked()
    save_setting("lessons", "on" if agreed else "off")


def _asked() -> Path:
    return paths.state_folder() / "lessons-asked"
