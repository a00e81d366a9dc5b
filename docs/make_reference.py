"""Writes what pages of docs/ take from the code: `reference.md` (every `--help`), `keys.md`, and the table of types in `quantize.md`.

Run by `make docs`; a test of the house fails when a page and the code differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main
from textual.binding import Binding
from typer.testing import CliRunner

REFERENCE = Path(__file__).parent / "reference.md"
KEYS = Path(__file__).parent / "keys.md"
QUANTIZE = Path(__file__).parent / "quantize.md"
_TYPES = re.compile(r"(<!-- types -->\n```\n).*?(```)", re.S)
_WIDTH = 100
_HEAD = """# Command reference

Made from the commands themselves by `make docs`; `COMMAND --help` prints the same. Exit codes: 0 done, 1 failed, 2 wrong usage,
3 nothing valid was produced, 130 cancelled. `--json` prints one JSON document on standard output; everything else that is said
goes to standard error. Long commands take `--progress json`: one object a line on standard error.
"""
_KEYS_HEAD = """# Keys

Made from the app itself by `make docs`; `F1` shows the keys that are in force. To change one, put its name into the table `[keys]` of
the settings file (`wizard-tui doctor` says where that is): `"app.jobs" = "f11"`; `"none"` takes a key away. Two actions on one key are told by name.
"""


def pages() -> dict[Path, str]:
    """What each page should hold."""
    from quantize.cli import app

    types = CliRunner().invoke(app, ["types"]).output
    quantize = QUANTIZE.read_text(encoding="utf-8")
    return {
        REFERENCE: _reference(),
        KEYS: _keys(),
        QUANTIZE: _TYPES.sub(lambda block: block[1] + types + block[2], quantize),
    }


def _reference() -> str:
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


def _keys() -> str:
    from assistant.tui.keys import key_areas

    sections = [_KEYS_HEAD]
    for area in key_areas():
        rows = [f"| `{b.key}` | {b.description} | `{b.id}` |" for b in area.bindings if isinstance(b, Binding)]
        too = f"Also the keys of: {', '.join(area.inside).lower()}.\n\n" if area.inside else ""
        table = "\n".join(["| Key | What it does | Name in `[keys]` |", "|---|---|---|", *rows])
        sections.append(f"## {area.title}\n\n{too}{table}\n")
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
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
