"""`wizard-tui edit`: a change to one symbol or file, as a diff, or written where asked for."""

from __future__ import annotations

import asyncio
import json as json_module
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import AsJson, Model, Seed
from assistant.errors import AssistantError, NothingProduced
from assistant.ground.terminal import say

if TYPE_CHECKING:
    from assistant.config import Config
    from assistant.editing.edit import Edit
    from assistant.editing.propose import Proposal
    from assistant.editing.source_file import SourceFile
    from assistant.editing.task import EditFormat, EditTask


def edit(
    target: Annotated[
        str, typer.Argument(metavar="FILE[::SYMBOL]", help="What to change: a symbol of a file, or a file.")
    ],
    instruction: Annotated[str, typer.Argument(metavar="INSTRUCTION", help="What is to be done.")],
    write: Annotated[bool, typer.Option("--write", help="Write the change (wizard-tui undo takes it back).")] = False,
    attempts: Annotated[int, typer.Option(min=1, max=8, metavar="N", help="How often to ask until it parses.")] = 3,
    form: Annotated[
        str | None,
        typer.Option("--format", metavar="FORMAT", help="whole-symbol, search-replace, whole-file or unified-diff."),
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
    from assistant.editing.propose import FORMATS
    from assistant.editing.source_file import with_line_ends_of

    chosen = FORMATS.get(form) if form else None
    if form and chosen is None:
        raise AssistantError(f"there is no edit format {form}", hint=f"one of {', '.join(FORMATS)}")
    source, task = _task(target, instruction)
    proposal = asyncio.run(_proposed(load_config(model=model), task, chosen, attempts, seed))
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
    from assistant.cli.prompt_parts import split_symbol
    from assistant.editing.propose import symbol_meant
    from assistant.editing.source_file import read_source, with_lf
    from assistant.editing.task import EditTask
    from assistant.syntax.symbols import find

    path, name = split_symbol(target)
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


def _write(change: Edit, title: str) -> None:
    from assistant.editing.apply import apply_edits
    from assistant.editing.edit import Edit
    from assistant.editing.journal import Journal
    from assistant.editing.workspace import Workspace, folder_of

    file = Path(change.path)
    workspace = Workspace.at(folder_of(file))
    inside = Edit(workspace.name(file), change.before, change.after)
    apply_edits(Journal(workspace), [inside], title)


def _show(change: Edit, proposal: Proposal, task: EditTask, written: bool, as_json: bool) -> None:
    from assistant.ground.visible import visible

    diff = change.unified_diff()
    if as_json:
        faults = [{"line": fault.line, "reason": fault.reason} for fault in proposal.verdict.faults]
        row = {"diff": diff, "written": written, "attempts": proposal.attempts, "new_faults": faults}
        print(json_module.dumps(row | {"symbol": task.symbol_name or None, "notes": list(proposal.notes)}))
        return
    sys.stdout.write(visible(diff) if sys.stdout.isatty() else diff)
    for note in proposal.notes:
        say(f"({note})")
    if written:
        say(f"Written to {change.path}. To take it back: wizard-tui undo")
