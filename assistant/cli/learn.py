"""`wizard-tui learn`: an adapter trained on what you accepted and edited, measured, and switched on or off."""

from __future__ import annotations

import json as json_form
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import AsJson, Model
from assistant.errors import UsageError
from assistant.ground.progress import Mode
from assistant.ground.terminal import confirm, say
from assistant.ground.visible import visible, visible_line

if TYPE_CHECKING:
    from assistant.config import Config
    from assistant.learning.learn import Result, Task
    from assistant.models.learned import State


Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The project whose symbols are learned.")]
Base = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="The checkpoint the model was made from, where its GGUF cannot be trained."),
]
Evolve = Annotated[int, typer.Option(min=0, metavar="N", help="Lessons to evolve into harder tasks; 0 is none.")]
Symbols = Annotated[int, typer.Option(min=0, metavar="N", help="Symbols of the project to learn, too.")]
Problems = Annotated[
    int, typer.Option(min=0, metavar="N", help="Problems of the benchmark to solve before and after; 0 is none.")
]
Changes = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe: --set train.epochs=3.")
]


def learn(
    folder: Folder = Path(),
    use: Annotated[bool, typer.Option("--use", help="Switch on what the last run has put on offer.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Back to what ran before the last switch.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Say what is in use and what is on offer.")] = False,
    base: Base = None,
    evolve: Evolve = 8,
    symbols: Symbols = 48,
    problems: Problems = 40,
    benchmark: Annotated[str, typer.Option(metavar="NAME", help="The benchmark.")] = "simple",
    changes: Changes = None,
    on_battery: Annotated[bool, typer.Option("--on-battery", help="Do not rest on the battery.")] = False,
    model: Model = None,
    json: AsJson = False,
    progress: Annotated[Mode, typer.Option(help="A bar; one JSON object a line on stderr; or nothing.")] = "auto",
) -> None:
    """Train an adapter on your lessons, measure it on lessons it never saw, and offer the switch if it is not worse.

    All on this machine, at the lowest priority; it rests while you type in the app and on the battery. Killed or stopped,
    the same command goes on.

    Examples:

      wizard-tui learn

      wizard-tui learn --use

      wizard-tui learn --undo
    """
    from assistant.config import load_config
    from assistant.models import learned
    from assistant.models.library import find_model, model_name

    if use + undo + status > 1:
        raise UsageError("--use, --undo and --status exclude each other", hint="wizard-tui learn --status")
    config = load_config(model=model)
    path = find_model("", config)
    name = model_name(path, config)
    if use:
        learned.switch_on(path)
    elif undo:
        learned.switch_back(path)
    if use or undo or status:
        _tell_state(learned.state_of(path), name, model, json)
        return
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", hint="wizard-tui learn FOLDER")
    from assistant.learning.learn import Task
    from assistant.learning.order import Wishes

    wishes = Wishes(symbols, evolve, problems, benchmark, tuple(changes or ()))
    result = _run(Task(folder, path, base, wishes), config, progress, on_battery)
    if not json:
        print(visible(_measured(result)), flush=True)
    switched = result.outcome.offered and not json and confirm(f"Run {name} with it from now on?")
    if switched:
        learned.switch_on(path)
    _tell(result, name, model, switched, json)


def _run(task: Task, config: Config, progress: Mode, on_battery: bool) -> Result:
    from assistant.ground.progress import Progress
    from assistant.learning.learn import run
    from assistant.learning.rest import Watch

    with Progress(progress) as shown:
        return run(task, config, shown, Watch(on_battery_too=on_battery))


def _measured(result: Result) -> str:
    """What was measured, in two lines."""
    told = result.outcome
    low, high = told.interval
    lines = [
        f"Loss on {told.held_out} held-out lessons: {told.loss_before:.3f} before, {told.loss_after:.3f} after "
        f"(95 % interval of the change {low:+.3f} to {high:+.3f}, p = {told.chance:.3g})."
    ]
    if told.problems:
        lines.append(
            f"{told.benchmark}: {told.passed_before} of {told.problems} problems before, {told.passed_after} after "
            f"({told.gained} gained, {told.lost} lost, p = {told.benchmark_chance:.3g})."
        )
    return "\n".join([*lines, told.sentence])


def _again(option: str, asked: str | None) -> str:
    """The command with an option, for the model that was asked for."""
    return f"wizard-tui learn {option}{f' --model {shlex.quote(asked)}' if asked else ''}"


def _tell(result: Result, name: str, asked: str | None, switched: bool, as_json: bool) -> None:
    told, material = result.outcome, result.material
    if as_json:
        counts = {"lessons": material.lessons, "symbols": material.symbols, "left_out": material.left_out}
        places = {"adapter": str(result.adapter), "report": str(result.report)}
        print(json_form.dumps({"model": name, "switched": switched, **told.data(), **counts, **places}))
        return
    print(f"Report: {visible_line(str(result.report))}")
    if switched:
        print(f"{visible_line(name)} runs with it from now on. Back: {_again('--undo', asked)}")
    elif told.offered:
        print(f"Switch it on: {_again('--use', asked)}")
    elif told.verdict == "worse":
        print("It is not offered.")


def _tell_state(state: State, name: str, asked: str | None, as_json: bool) -> None:
    current, offered = state.current, state.offered
    if as_json:
        row = {"model": name, "in_use": current.adapter if current else None}
        print(json_form.dumps(row | {"on_offer": offered.adapter if offered else None}))
        return
    shown = visible_line(name)
    print(
        f"{shown} runs with a learned adapter: {visible_line(current.adapter)}"
        if current
        else f"{shown} runs as it came."
    )
    if current:
        say(f"Back: {_again('--undo', asked)}")
    if offered:
        print(f"On offer: {visible_line(offered.adapter)}")
        say(f"{offered.told} Switch it on: {_again('--use', asked)}")
