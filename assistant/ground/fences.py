"""Markdown fences around text that may hold fences itself."""

from __future__ import annotations

import re


def fence_for(text: str) -> str:
    """The marks of a fence around `text` that nothing in it closes."""
    return "`" * (max((len(run) for run in re.findall(r"`{3,}", text)), default=2) + 1)
