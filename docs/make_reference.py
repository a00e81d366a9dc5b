"""Writes what pages of docs/ take from the code: `reference.md` (every `--help`, every setting), `keys.md` (and what is typed after a slash),
the table of types in `quantize.md` and that of heuristics in `trainer.md`.

Run by `make docs`; a test of the house fails when a page and the code differ.
"""

from __future__ import annotations

import dataclasses
import json
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
TRAINER = Path(__file__).parent / "trainer.md"
_TYPES = re.compile(r"(<!-- types -->\n```\n).*?(```)", re.S)
_HEURISTICS = re.compile(r"(<!-- heuristics -->\n).*?(\n\n)", re.S)
_WIDTH = 100
_HEAD = """# Command reference

Made from the commands themselves by `make docs`; `COMMAND --help` prints the same. Exit codes: 0 done, 1 failed, 2 wrong usage,
3 nothing valid was produced, 130 cancelled. `--json` prints one JSON document on standard output; everything else that is said
goes to standard error. Long commands take `--progress json`: one object a line on standard error.
"""
_SETTINGS_HEAD = """## Settings

`F10` in the app shows and changes them; `wizard-tui doctor` says where the file lies. A setting `theme` is `theme = "wizard-light"` in that file and
`WIZARD_THEME` in the environment, which wins; options of a command win over both. A folder that is worked on can change none of them.
`WIZARD_HOME` puts everything that is kept into one folder; `WIZARD_SHARED` names a folder of data and models for the workshop.
"""
_KEYS_HEAD = """# Keys and commands

Made from the app itself by `make docs`; `F1` shows the keys that are in force. To change one, put its name into the table `[keys]` of
the settings file (`wizard-tui doctor` says where that is): `"app.jobs" = "f11"`; `"none"` takes a key away. Two actions on one key are told by name.
"""


def pages() -> dict[Path, str]:
    """What each page should hold."""
    from quantize.cli import app

    types = CliRunner().invoke(app, ["types"]).output
    quantize, trainer = QUANTIZE.read_text(encoding="utf-8"), TRAINER.read_text(encoding="utf-8")
    return {
        REFERENCE: _reference(),
        KEYS: _keys(),
        QUANTIZE: _TYPES.sub(lambda block: block[1] + types + block[2], quantize),
        TRAINER: _HEURISTICS.sub(lambda block: block[1] + _heuristics() + block[2], trainer),
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
    return "\n".join([*sections, _settings()])


def _settings() -> str:
    from assistant.config.describe import field_help
    from assistant.config.settings import Config

    default, help_of = Config(), field_help()
    rows = [
        f"| `{field.name}` | `{json.dumps(getattr(default, field.name))}` | {help_of[field.name]} |"
        for field in dataclasses.fields(Config)
    ]
    return "\n".join([_SETTINGS_HEAD, "| Setting | Default | What it is |", "|---|---|---|", *rows]) + "\n"


def _heuristics() -> str:
    from trainer.evolve.heuristics import HEURISTICS

    rows = [f"| `{row.name}` | {row.kind} | {row.weight:g} | {row.summary} |" for row in HEURISTICS]
    return "\n".join(["| Heuristic | Kind | Drawn | What it does |", "|---|---|---|---|", *rows])


def _keys() -> str:
    from assistant.commands import COMMANDS
    from assistant.tui.keys import key_areas

    sections = [_KEYS_HEAD]
    for area in key_areas():
        rows = [f"| `{b.key}` | {b.description} | `{b.id}` |" for b in area.bindings if isinstance(b, Binding)]
        too = f"Also the keys of: {', '.join(area.inside).lower()}.\n\n" if area.inside else ""
        table = "\n".join(["| Key | What it does | Name in `[keys]` |", "|---|---|---|", *rows])
        sections.append(f"## {area.title}\n\n{too}{table}\n")
    commands = [f"| `/{command.name} {command.usage}".rstrip() + f"` | {command.help} |" for command in COMMANDS]
    table = "\n".join(["| Command | What it does |", "|---|---|", *commands])
    return "\n".join([*sections, f"## Typed in the prompt\n\n{table}\n"])


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
