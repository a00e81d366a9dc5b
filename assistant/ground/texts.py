"""Long texts kept as files beside the code: words for the model (`prompts`) and words for people (`texts`)."""

from __future__ import annotations

import functools
from pathlib import Path

_PROGRAM = Path(__file__).parents[1]


@functools.cache
def text_of(folder: str, name: str) -> str:
    """The text of `assistant/<folder>/<name>`, without blank lines around it."""
    return (_PROGRAM / folder / name).read_text(encoding="utf-8").strip()
