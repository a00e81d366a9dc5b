"""Runs a command line: the one place where a program's errors become words and exit codes.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 nothing valid was produced, 130 cancelled. stdout carries data only;
everything said to a person goes to stderr. A bug keeps its traceback in a log file that is named on screen.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from typing import NoReturn

from assistant.errors import AssistantError, Cancelled, UsageError
from assistant.ground.paths import state_folder
from assistant.ground.visible import visible, visible_line


def run(program: str, command: Callable[[], object]) -> NoReturn:
    """Run `command`, say what went wrong if something did, and leave with the right exit code."""
    _open_missing_streams()
    try:
        command()
        sys.stdout.flush()
    except KeyboardInterrupt:
        _leave(program, Cancelled("cancelled"))
    except BrokenPipeError:
        # The reader went away (`| head`): the rest of the output has nobody to go to, which is no failure.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except AssistantError as error:
        _leave(program, error)
    except SystemExit:
        raise
    except Exception:
        _leave_with_bug(program)
    sys.exit(0)


def say(text: str) -> None:
    """A line for the person (stderr), with untrusted characters made visible."""
    print(visible(text), file=sys.stderr, flush=True)


def require_terminal(program: str) -> None:
    """Raise a UsageError unless a person sits at a terminal that can draw a full screen.

    Raises:
        UsageError: stdin or stdout is no terminal, or TERM cannot move the cursor.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            f"{program} needs a terminal", "input or output is redirected", f'{program} ask "…" works in pipes'
        )
    if os.environ.get("TERM", "dumb") in ("", "dumb", "unknown"):
        raise UsageError(
            f"{program} needs a terminal that can draw",
            f"TERM is {os.environ.get('TERM') or 'not set'}",
            f'{program} ask "…" works in any terminal',
        )


def confirm(question: str) -> bool:
    """Ask a yes/no question on the terminal; anything but a typed yes is no, the end of input included."""
    if not sys.stdin.isatty():
        return False
    print(f"{visible_line(question)} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _leave(program: str, error: AssistantError) -> NoReturn:
    say(f"{program}: {visible_line(error.sentence())}")
    sys.exit(error.exit_code)


def _leave_with_bug(program: str) -> NoReturn:
    log = state_folder("crashes") / time.strftime(f"{program}-%Y%m%d-%H%M%S.log")
    log.write_text(traceback.format_exc(), encoding="utf-8")
    last = traceback.format_exc().strip().splitlines()[-1]
    say(f"{program}: a bug: {visible_line(last)}. The traceback is in {log}")
    sys.exit(1)


def _open_missing_streams() -> None:
    """Give a program started with closed streams (`<&-`) something harmless in their place, as UTF-8 everywhere."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - lives as long as we do
        elif name != "stdin" and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
