"""Commands that the README and the pages of docs/ print: each is one that the programs take, option by option."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from assistant.cli.main import app as assistant
from quantize.cli import app as quantize
from trainer.cli import app as trainer

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS = {"wizard-tui": assistant, "wizard-train": trainer, "wizard-quantize": quantize}
_BLOCK = re.compile(r"^```(?:sh)?\n(.*?)^```", re.S | re.M)


def printed_commands() -> Iterator[Any]:
    """Page and words of each command in a block of code; the reference is made from the commands themselves."""
    for page in PAGES:
        for block in _BLOCK.findall(page.read_text(encoding="utf-8")) if page.name != "reference.md" else ():
            for line in block.splitlines():
                words = re.split(r"\s#\s|\s\|\s(?!wizard)", line.removeprefix("$ "))[0]
                at = re.search(r"(?:^|\| )(wizard-(?:tui|train|quantize)\b.*)", words)
                if at and "▶" not in line:
                    yield pytest.param(shlex.split(at[1]), id=f"{page.name}: {at[1][:60]}")


@pytest.mark.parametrize("words", printed_commands())
def test_printed_command_is_one_that_the_program_takes(words: list[str]) -> None:
    command: Any = typer.main.get_command(PROGRAMS[words[0]])
    context = command.context_class(command, info_name=words[0], resilient_parsing=True)
    arguments = words[1:]
    while hasattr(command, "resolve_command") and arguments and arguments[0] in command.list_commands(context):
        _, command, arguments = command.resolve_command(context, arguments)
        context = command.context_class(command, info_name=words[0], parent=context, resilient_parsing=True)
    values, rest, _ = command.make_parser(context).parse_args(args=arguments)
    assert not rest, f"{rest} is not taken"
    assert values or not arguments
    required = [p.name for p in command.params if p.required and values.get(p.name) is None]
    assert not required, f"{required} is missing"
