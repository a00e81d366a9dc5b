"""Every command that the README and the pages of docs/ print, and what the test of them runs in place of a few."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_BLOCK = re.compile(r"^( *)(```+|~~~+)([^\n]*)\n(.*?)^\1\2 *$", re.S | re.M)
_SHELLS = ("sh", "bash", "shell", "zsh")
_SESSIONS = ("", "console", "text")
_INLINE = re.compile(r"`(wizard-(?:tui|train|quantize)(?: [^`]*)?)`")


@dataclass(frozen=True)
class Instead:
    """How a printed command is run in the test where it is not run as it stands.

    Args:
        begins: how the printed command begins.
        why: why it is not run as it stands.
        more: options put behind it, of which the last says what holds.
        command: what is run in its place; "" where nothing is.
        until: what it says once it is ready, for one that runs until Ctrl-C.
    """

    begins: str
    why: str
    more: str = ""
    command: str | None = None
    until: str = ""


_SMALL = "--set train.steps=1 --set data.max_length=400 --set data.dev_fraction=0.2 --set evaluate.limit=2"
_SHELL = "the environment and the folder of the test stand in for it"
_NETWORK = "needs the network"
_MINUTES = "takes minutes as it stands"

INSTEAD = (
    Instead("make", "makes an environment from the network, or runs this test again", more="-n"),
    Instead("CMAKE_ARGS=", "compiles llama.cpp for a GPU, from the network", command=""),
    Instead("pip install", _NETWORK, command=""),
    Instead(".venv/bin/pip install", _NETWORK, command=""),
    Instead("source .venv/bin/activate", _SHELL, command=""),
    Instead("cd docs/example", _SHELL, command=""),
    Instead("wizard-tui serve", "runs until Ctrl-C, on a port that may be taken", more="--port 0", until="http://"),
    Instead(
        "wizard-tui learn",
        "trains for minutes; tests/assistant/learning goes through it",
        command="wizard-tui learn --status",
    ),
    Instead("wizard-train evolve seeds.json", "the starter writes for minutes", more="--teacher $TEACHER"),
    Instead("wizard-train finetune tiny-cpu", _MINUTES, more=f"--set model.base=CHECKPOINT {_SMALL}"),
    Instead("wizard-train finetune starcoderbase", "needs a GPU", more=f"--set model.base=CHECKPOINT {_SMALL}"),
    Instead("wizard-quantize run", _MINUTES, more="--tokens 64 --within 0 --accept"),
    Instead("wizard-quantize compress model.f16.gguf --type Q8_0", "searches for a mixture", more="--within 0"),
    Instead("wizard-train evaluate", _MINUTES, more="--limit 1 --max-tokens 8"),
    Instead(
        "wizard-train run t",
        "takes minutes; tests/trainer/pipeline runs it whole, with small numbers",
        more="--dry-run",
    ),
    Instead(
        "accelerate launch",
        "needs eight GPUs; tests/trainer/finetune/test_many_processes.py runs two processes on the same settings",
        command="",
    ),
)
"""What is not run as it is printed, and why; everything else is."""


def in_blocks(page: Path) -> Iterator[str]:
    """The commands in a page's blocks of shell, and behind a `$` in its other blocks, without their comments."""
    for language, block in blocks(page):
        for line in block.splitlines():
            if language in _SHELLS or (language in _SESSIONS and line.startswith("$ ")):
                command = re.split(r"(?:^|\s+)#\s", line.removeprefix("$ "))[0].strip()
                if command:
                    yield command


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """The fenced blocks of a page: language ("" for none) and text."""
    for indent, _, language, text in _BLOCK.findall(page.read_text(encoding="utf-8")):
        yield language.strip(), re.sub(f"^{indent}", "", text, flags=re.M)


def in_text(page: Path) -> Iterator[str]:
    """The commands of the three programs that a page names in its text."""
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    return (found[1] for found in _INLINE.finditer(text))


def instead(command: str) -> Instead | None:
    """The row of the table for a printed command."""
    return next((row for row in INSTEAD if command.startswith(row.begins)), None)
