"""`wizard-tui edit`: a change to one symbol or file, as a diff, or written where asked for."""

from __future__ import annotations

import asyncio
import json as json_module
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import AsJson, Model, Seed
from assistant.errors import AssistantError, NothingProduced, UsageError
from assistant.ground.terminal import say

if TYPE_CHECKING:
    from assistant.config import Config
    from assistant.editing.edit import Edit
    from assistant.editing.propose import Proposal
    from assistant.editing.source_file import SourceFile
    from assistant.editing.task import EditFormat, EditTask
    from assistant.syntax.faults import Fault


_Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="whole-symbol (where a symbol is named: nothing else can change), search-replace, whole-file or "
        "unified-diff, which may change all of the file.",
    ),
]


def edit(
    target: Annotated[
        str, typer.Argument(metavar="FILE[::SYMBOL]", help="What to change: a symbol of a file, or a file.")
    ],
    instruction: Annotated[str, typer.Argument(metavar="INSTRUCTION", help="What is to be done.")],
    write: Annotated[bool, typer.Option("--write", help="Write the change (wizard-tui undo takes it back).")] = False,
    attempts: Annotated[int, typer.Option(min=1, max=8, metavar="N", help="How often to ask until it parses.")] = 3,
    form: _Format = None,
    formatter: Annotated[
        str | None, typer.Option(metavar="COMMAND", help='Run the changed file through it: "ruff format -".')
    ] = None,
    model: Model = None,
    seed: Seed = None,
    json: AsJson = False,
) -> None:
    """Change a symbol or a file and print the change as a diff.

    A change that would newly break the syntax is asked for again and never written.

    Examples:

      wizard-tui edit shop.py::Cart.total "round to two digits"

      wizard-tui edit shop.py::Cart.total "round to two digits" --write
    """
    from assistant.config import load_config
    from assistant.editing.edit import Edit
    from assistant.editing.formatter import formatter_words
    from assistant.editing.propose import FORMATS
    from assistant.editing.source_file import with_line_ends_of

    chosen = FORMATS.get(form) if form else None
    if form and chosen is None:
        raise UsageError(f"there is no edit format {form}", hint=f"one of {', '.join(FORMATS)}")
    if not instruction.strip():
        raise UsageError("there is nothing to change", hint=f'wizard-tui edit {target} "what is to be done"')
    if formatter is not None:
        formatter_words(formatter)
    source, task = _task(target, instruction)
    if write:
        _require_writable(source.path)
    try:
        proposal = asyncio.run(_proposed(load_config(model=model), task, chosen, attempts, seed))
    except NothingProduced:
        if json:
            _print_json("", False, attempts, (), task.symbol_name, ())
        raise
    if formatter is not None and proposal.verdict.sound:
        proposal = _formatted(proposal, task, formatter)
    change = Edit(source.path.as_posix(), source.text, with_line_ends_of(source.text, proposal.edit.after or ""))
    written = write and proposal.verdict.sound
    if written:
        _write(change, f"{task.symbol_name or task.path}: {instruction}")
    _show(change, proposal, task, written, json)
    if not proposal.verdict.sound:
        hint = "a clearer wish, or --attempts 5"
        raise NothingProduced(
            "the change was not written" if write else "the change is broken", proposal.verdict.sentence(), hint
        )


def _task(target: str, instruction: str) -> tuple[SourceFile, EditTask]:
    from assistant.cli.prompt_parts import near_file, split_symbol
    from assistant.editing.propose import symbol_meant
    from assistant.editing.source_file import read_source, with_lf
    from assistant.editing.task import EditTask
    from assistant.syntax.symbols import find

    path, name = split_symbol(target)
    if not path.exists():
        swapped = f'wizard-tui edit {instruction} "{target}"' if split_symbol(instruction)[0].is_file() else ""
        raise AssistantError(f"there is no file {path}", hint=swapped or near_file(path))
    source = read_source(path)
    document = source.document
    if name:
        if document.language is None:
            raise AssistantError(
                f"cannot find {name} in {path}", "its language is not known here", f'wizard-tui edit {path} "…"'
            )
        name = find(document, name).qualified_name
    else:
        name = symbol_meant(document, instruction)
    return source, EditTask(str(path), with_lf(source.text), document.language, instruction, name)


async def _proposed(
    config: Config, task: EditTask, form: EditFormat | None, attempts: int, seed: int | None
) -> Proposal:
    from assistant.editing.propose import Attempt, Proposal, propose
    from assistant.engine.client import EngineClient
    from assistant.models.library import find_model
    from assistant.models.running import model_spec

    engine = EngineClient()
    try:
        await engine.load(model_spec(find_model("", config), config))
        async for step in propose(engine, task, form, attempts, seed):
            if isinstance(step, Attempt):
                say(f"(try {step.number} of {attempts}: {step.why})")
            elif isinstance(step, Proposal):
                return step
    finally:
        await engine.close()
    raise NothingProduced(f"no change for {task.path}")


def _formatted(proposal: Proposal, task: EditTask, command: str) -> Proposal:
    """The change with its whole file as the formatter writes it, judged anew."""
    from assistant.editing.formatter import format_text
    from assistant.editing.gate import judge
    from assistant.editing.source_file import with_lf

    after = with_lf(format_text(proposal.edit.after or "", command))
    return replace(proposal, edit=replace(proposal.edit, after=after), verdict=judge(task, after))


def _write(change: Edit, title: str) -> None:
    from assistant.editing.apply import apply_edits
    from assistant.editing.edit import Edit
    from assistant.editing.journal import Journal
    from assistant.editing.workspace import Workspace, folder_of

    file = Path(change.path).absolute()
    workspace = Workspace.at(folder_of(file))
    inside = Edit(workspace.name(workspace.target(str(file))), change.before, change.after)
    apply_edits(Journal(workspace), [inside], title)


def _require_writable(file: Path) -> None:
    """Refuse a file that may not be written before a model is asked for minutes.

    Raises:
        AssistantError: it lies in `.git`, or cannot be written.
    """
    from assistant.editing.workspace import Workspace, folder_of

    Workspace.at(folder_of(file)).target(str(file.absolute()))
    if not os.access(file.resolve().parent, os.W_OK) or not os.access(file, os.W_OK):
        raise AssistantError(f"cannot write {file}", "it is read-only", "without --write the change is only shown")


def _show(change: Edit, proposal: Proposal, task: EditTask, written: bool, as_json: bool) -> None:
    from assistant.ground.visible import visible

    diff = change.unified_diff()
    if as_json:
        symbol = task.symbol_name or proposal.symbol
        _print_json(diff, written, proposal.attempts, proposal.verdict.faults, symbol, proposal.notes)
        return
    if sys.stdout.isatty():
        sys.stdout.write(visible(diff))
    else:
        # Whoever reads this (`patch -p1`, say) needs the bytes of the file, whatever they are.
        sys.stdout.flush()
        sys.stdout.buffer.write(diff.encode("utf-8", "surrogateescape"))
        sys.stdout.buffer.flush()
    for note in proposal.notes:
        say(f"({note})")
    if written:
        say(f"Written to {change.path}. To take it back: wizard-tui undo")


def _print_json(
    diff: str, written: bool, attempts: int, faults: Sequence[Fault], symbol: str, notes: Sequence[str]
) -> None:
    """The one document that scripts rely on; bytes of a diff that are no UTF-8 become U+FFFD in it."""
    told = [{"line": fault.line, "reason": fault.reason} for fault in faults]
    sayable = diff.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    row = {"diff": sayable, "written": written, "attempts": attempts, "new_faults": told}
    print(json_module.dumps(row | {"symbol": symbol or None, "notes": list(notes)}))
