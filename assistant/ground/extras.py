"""What is installed only where it was asked for: which extra a missing module belongs to, and the command that installs it.

wizard-tui lies on no package index, so the command names the folder that it was installed from; it downloads nothing itself.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from assistant.errors import AssistantError

WORKSHOP = frozenset(
    {
        "accelerate",
        "datasets",
        "datasketch",
        "detect_secrets",
        "markdown_it",
        "matplotlib",
        "peft",
        "safetensors",
        "tokenizers",
        "torch",
        "transformers",
    }
)
"""The modules that come with the extra `train`."""

_HOME = Path(__file__).parents[2]


def installing(extra: str) -> str:
    """The command that installs an extra (`train`, `starter`) into the environment that runs now."""
    if not (_HOME / "pyproject.toml").is_file():
        return f"pip install '.[{extra}]' in the folder of wizard-tui, into the environment of {sys.prefix}"
    home = shlex.quote(f"{_HOME}[{extra}]")
    constraints = _HOME / "constraints.txt"
    bound = f" --constraint {shlex.quote(str(constraints))}" if constraints.is_file() else ""
    return f"{shlex.quote(sys.executable)} -m pip install{bound} --editable {home}"


def missing(error: ModuleNotFoundError) -> AssistantError | None:
    """What to tell a person where a module of the workshop is missing; None where the missing one is another, a bug."""
    module = (error.name or "").partition(".")[0]
    if module not in WORKSHOP:
        return None
    return AssistantError("the workshop is not installed here", f"there is no {module}", installing("train"))
