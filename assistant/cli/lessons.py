"""`wizard-tui lessons`: what was kept of your choices: shown, searched, exported, deleted; and whether any is kept."""

from __future__ import annotations

import json as json_form
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from assistant.cli.options import AsJson
from assistant.errors import UsageError
from assistant.ground.terminal import say
from assistant.ground.visible import visible, visible_line

if TYPE_CHECKING:
    from assistant.lessons.lesson import Kept

lessons_app = typer.Typer(
    help="Lessons: what you accepted, edited and rejected, kept on this machine only, and only if you agree.",
    rich_markup_mode=None,
    invoke_without_command=True,
    no_args_is_help=False,
)

Search = Annotated[str, typer.Option("--search", metavar="WORDS", help="Only those that hold all of these words.")]


@lessons_app.callback()
def _top(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_lessons()


@lessons_app.command("list")
def list_lessons(search: Search = "", json: AsJson = False) -> None:
    """List the lessons, newest first."""
    from assistant.config import load_config
    from assistant.lessons.store import lessons

    rows = lessons(search)
    if json:
        print(json_form.dumps([_row(row) for row in rows]))
        return
    for row in rows:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(row.time))
        what = row.lesson.instruction or row.lesson.proposed
        print(
            f"{row.id:>5}  {when}  {row.lesson.verdict:<8}  {row.lesson.kind:<10}  "
            f"{visible_line(row.lesson.path)}: {visible_line(what.strip())[:80]}"
        )
    if not rows:
        say("No lesson holds these words." if search else "There are no lessons.")
    say(
        f"Lessons are {load_config().lessons}: wizard-tui lessons {'off' if load_config().lessons == 'on' else 'on'} changes it."
    )


@lessons_app.command()
def show(number: Annotated[int, typer.Argument(metavar="NUMBER", help="From the list.")], json: AsJson = False) -> None:
    """Show one lesson whole."""
    from assistant.lessons.store import lesson

    row = lesson(number)
    if json:
        print(json_form.dumps(_row(row)))
        return
    fields = _row(row)
    for name in ("id", "time", "verdict", "kind", "path", "language", "model", "instruction", "comment"):
        if fields[name] != "":
            print(f"{name:<12} {visible_line(str(fields[name]))}")
    for name in ("before", "old", "after", "proposed", "final"):
        if fields[name]:
            print(f"\n{name}\n{visible(fields[name])}")


@lessons_app.command()
def delete(
    numbers: Annotated[list[int] | None, typer.Argument(metavar="NUMBER", help="From the list.")] = None,
    search: Search = "",
    all_: Annotated[bool, typer.Option("--all", help="Every lesson, and the file that holds them.")] = False,
) -> None:
    """Delete lessons for good: by number, by what they hold, or all."""
    from assistant.lessons.store import delete as forget
    from assistant.lessons.store import delete_all, lesson, lessons
    from assistant.models.adapters import adapters

    if bool(numbers) + bool(search) + all_ != 1:
        raise UsageError("say which lessons", "numbers, --search or --all", "wizard-tui lessons delete 3 4")
    for number in numbers or ():
        lesson(number)
    gone = delete_all() if all_ else forget(numbers or [row.id for row in lessons(search)])
    say(f"{gone} {'lesson is' if gone == 1 else 'lessons are'} deleted.")
    names = [one.name for one in adapters()] if gone else []
    if names:
        say(
            f"What was learned from them before stays in {', '.join(names)}; wizard-tui models remove deletes that, too."
        )


@lessons_app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="The file to write.")],
    form: Annotated[
        Literal["instructions", "preferences"],
        typer.Option(help="Pairs for wizard-train evolve and finetune, or chosen against rejected."),
    ] = "instructions",
    search: Search = "",
) -> None:
    """Write lessons as data to train on, one JSON object a line."""
    from assistant.lessons.export import export as write
    from assistant.lessons.store import lessons

    count = write(lessons(search), file, form)
    say(f"{count} {'pair is' if count == 1 else 'pairs are'} in {file}")


@lessons_app.command("on")
def on() -> None:
    """Keep lessons from now on: on this machine only, secrets masked."""
    _answer(True)
    say("Lessons are kept from now on, on this machine only.")


@lessons_app.command("off")
def off() -> None:
    """Keep no lessons from now on; those that are there stay until you delete them."""
    from assistant.lessons.store import count

    _answer(False)
    left = count()
    say("No lessons are kept from now on.")
    if left:
        say(f"{left:,} {'is' if left == 1 else 'are'} there still; wizard-tui lessons delete --all deletes them.")


def _answer(agreed: bool) -> None:
    import os

    from assistant.lessons.consent import answer

    answer(agreed)
    if os.environ.get("WIZARD_LESSONS"):
        say("(but WIZARD_LESSONS of the environment goes before it)")


def _row(kept: Kept) -> dict[str, Any]:
    return {"id": kept.id, "time": kept.time, **asdict(kept.lesson)}
