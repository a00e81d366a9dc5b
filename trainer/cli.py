"""The wizard-train command: one function a stage, joined here; `--help` loads none of the heavy libraries.

Each stage's own `command` module says what it takes. Errors become words and exit codes in `assistant.ground.terminal`.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
from collections.abc import Callable
from typing import Any

import typer

from assistant.errors import Cancelled
from assistant.ground import terminal

app = typer.Typer(
    help="Make a code model of your own: evolve instructions, fine-tune on them, evaluate, or run the whole way.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_STAGES = (
    ("trainer.evolve.command", "evolve"),
    ("trainer.finetune.command", "finetune"),
    ("trainer.evaluate.command", "evaluate"),
    ("trainer.pipeline.command", "run"),
)


def _cancellable(command: Callable[..., Any]) -> Callable[..., Any]:
    """`command`, with Ctrl+C told as a cancellation (exit code 130) in every version of typer."""

    @functools.wraps(command)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt:
            raise Cancelled("cancelled") from None

    return call


for _module, _name in _STAGES:
    with contextlib.suppress(ModuleNotFoundError):
        app.command(_name)(_cancellable(getattr(importlib.import_module(_module), _name)))


@app.callback()
def _program() -> None:
    """Make a code model of your own: evolve instructions, fine-tune on them, evaluate, or run the whole way."""


def main() -> None:
    """Run the command line (the entry point of wizard-train)."""
    terminal.run("wizard-train", app)


if __name__ == "__main__":
    main()
