"""Writes docs/reference.md: what `--help` says of every command of the three programs, a page to read and to search.

Run by `make docs`; a test of the house fails when the page and the commands differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

PAGE = Path(__file__).parent / "reference.md"
_WIDTH = 100
_HEAD = """# Command reference

Made from the commands themselves by `make docs`; `COMMAND --help` prints the same. Exit codes: 0 done, 1 failed, 2 wrong usage,
3 nothing valid was produced, 130 cancelled. `--json` prints one JSON document on standard output; everything else that is said
goes to standard error. Long commands take `--progress json`: one object a line on standard error.
"""


def page() -> str:
    """The whole page."""
    from assistant.cli.main import app as assistant
    from quantize.cli import app as quantize
    from trainer.cli import app as trainer

    programs = {"wizard-tui": assistant, "wizard-train": trainer, "wizard-quantize": quantize}
    sections = [_HEAD]
    for name, app in programs.items():
        command = typer.main.get_command(app)
        context = _context(command, name, None)
        sections.append(f"## {name}\n\n{_block(command.get_help(context))}")
        sections += [f"### {title}\n\n{_block(text)}" for title, text in _subcommands(command, context)]
    return "\n".join(sections)


def _subcommands(command: Any, context: Any) -> Iterator[tuple[str, str]]:
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        child = command.get_command(context, name)
        if child is None or child.hidden:
            continue
        inside = _context(child, name, context)
        yield inside.command_path, child.get_help(inside)
        yield from _subcommands(child, inside)


def _context(command: Any, name: str, parent: Any) -> Any:
    return type(command).context_class(
        command, info_name=name, parent=parent, terminal_width=_WIDTH, max_content_width=_WIDTH
    )


def _block(text: str) -> str:
    return f"```\n{text.strip()}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
