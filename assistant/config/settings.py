"""Every setting of wizard-tui, in one frozen class with its default; the text under a field is its help.

This holds values; where they come from is `load`'s business, and writing them back is `save`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

RANGES: dict[str, tuple[float, float]] = {
    "context_size": (0, 10_000_000),
    "gpu_layers": (-1, 10_000),
    "threads": (0, 4096),
    "temperature": (0, 5),
    "top_k": (0, 1_000_000),
    "top_p": (0, 1),
    "min_p": (0, 1),
    "repeat_penalty": (0.1, 10),
    "max_tokens": (1, 10_000_000),
}
"""Least and greatest value of each number."""


@dataclass(frozen=True)
class Config:
    """Every setting of wizard-tui, with its default; the text under a field is its help."""

    model: str = ""
    """Name or file of the model to run; empty takes the one chosen by `wizard-tui models use`, else the starter."""

    models_folder: str = ""
    """A folder of your own GGUF files, listed beside the pulled ones."""

    context_size: int = 0
    """Tokens of context; 0 takes what the model was trained for, up to 8,192."""

    gpu_layers: int = -1
    """Layers to put on the GPU; -1 takes as many as fit, 0 stays on the CPU."""

    threads: int = 0
    """CPU threads for the model; 0 takes the cores that this process may use."""

    temperature: float = 0.2
    """Randomness of replies; 0 always takes the likeliest token."""

    top_k: int = 40
    """Sample among this many likeliest tokens; 0 is all of them."""

    top_p: float = 0.95
    """Sample among the likeliest tokens that together have this probability."""

    min_p: float = 0.05
    """Leave out tokens less likely than this share of the likeliest one."""

    repeat_penalty: float = 1.1
    """Make tokens of the recent text less likely by this factor; 1 is off."""

    max_tokens: int = 2048
    """The longest reply, in tokens."""

    stop_repeats: Literal["off", "on"] = "on"
    """Whether a reply that says exactly the same again and again (40 lines of it, or 2,000 characters) is ended."""

    test_command: str = ""
    """The command that runs a project's tests (in the sandbox); empty takes what the project's files say."""

    theme: str = "wizard-dark"
    """Colours of the app: wizard-dark, wizard-light, wizard-contrast, or any theme of Textual."""

    layout: Literal["auto", "narrow", "wide"] = "auto"
    """How panels are arranged; auto goes by the size of the terminal."""

    keymap: Literal["plain", "vim"] = "plain"
    """The keys to begin with: plain, or vim for modal editing; the table [keys] changes single ones."""

    keys: dict[str, Any] = field(default_factory=dict)
    """Keys of your own: `editor.save = "ctrl+s"` in the table [keys]; F1 lists the actions."""

    lessons: Literal["off", "on"] = "off"
    """Whether accepted, edited and rejected changes and completions are kept on this machine, to learn from."""
