"""Runs a command line: the one place where a program's errors become words and exit codes.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 nothing valid was produced, 130 cancelled. stdout carries data only;
everything said to a person goes to stderr. A bug keeps its traceback in a log file that is named on screen.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from assistant.errors import AssistantError, Cancelled, UsageError
from assistant.ground.extras import missing
from assistant.ground.paths import state_folder
from assistant.ground.visible import visible, visible_line

if TYPE_CHECKING:
    import typer


LOOKS: dict[str, Any] = {
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
    "add_completion": False,
    "context_settings": {"help_option_names": ["-h", "--help"], "max_content_width": 100},
}
"""How the help of all three programs looks: what `typer.Typer` is told."""


def run(program: str, command: Callable[[], object]) -> NoReturn:
    """Run `command`, say what went wrong if something did, and leave with the right exit code."""
    _open_missing_streams()
    code = 0
    try:
        command()
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = _told(program, Cancelled("cancelled"))
    except BrokenPipeError:
        # The reader went away (`| head`): the rest of the output has nobody to go to, which is no failure.
        code = 0
    except AssistantError as error:
        code = _told(program, error)
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except Exception as error:
        known = _known(error)
        code = _told(program, known) if known is not None else _told_as_bug(program)
    _leave(code)


def run_typer(program: str, app: typer.Typer, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a typer app by `run`: what typer says about wrong usage comes out as one sentence too."""
    run(program, lambda: _invoke(program, app, sys.argv[1:] if arguments is None else list(arguments)))


def say(text: str) -> None:
    """A line for the person (stderr), with untrusted characters made visible; nobody there to read it is no error."""
    with contextlib.suppress(OSError, ValueError):
        print(visible(text), file=sys.stderr, flush=True)


def version_of(program: str) -> Callable[[bool], None]:
    """What an eager option `--version` calls: prints which version this is, and leaves."""

    def show(asked: bool) -> None:
        if asked:
            from importlib.metadata import version

            sys.stdout.write(f"{program} {version('wizard-tui')}\n")
            raise SystemExit(0)

    return show


def require_terminal(program: str) -> None:
    """Raise a UsageError unless a person sits at a terminal that can draw a full screen.

    Raises:
        UsageError: stdin or stdout is no terminal, or TERM cannot move the cursor.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "the app needs a terminal", "input or output is redirected", f'{program} ask "…" works in pipes'
        )
    if os.environ.get("TERM", "dumb") in ("", "dumb", "unknown"):
        raise UsageError(
            "the app needs a terminal that can draw",
            f"TERM is {os.environ.get('TERM') or 'not set'}",
            f'{program} ask "…" works in any terminal',
        )


def confirm(question: str) -> bool:
    """Ask a yes/no question on the terminal; anything but a typed yes is no, the end of input included."""
    if not sys.stdin.isatty():
        return False
    print(f"{visible_line(question)} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _invoke(program: str, app: typer.Typer, arguments: list[str]) -> None:
    import typer
    from typer.main import get_command

    # typer carries a copy of click and names only this leaf of its family of errors.
    told_by_typer: type[Exception] = typer.BadParameter.__mro__[2]
    try:
        with get_command(app).make_context(program, arguments) as context:
            context.command.invoke(context)
    except typer.Exit as leaving:
        sys.exit(leaving.exit_code)
    except typer.Abort:
        raise Cancelled("cancelled") from None
    except told_by_typer as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            say(str(error))
            sys.exit(UsageError.exit_code)
        raise _usage_error(program, error) from None


def _usage_error(program: str, error: Exception) -> UsageError:
    """typer's complaint in the house's form, with the help of the command that it is about."""
    text = error.format_message() if hasattr(error, "format_message") else str(error)
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else program
    return UsageError(" ".join(text.split()).rstrip("."), hint=f"{command} --help")


def _known(error: Exception) -> AssistantError | None:
    """What no program of the house is to blame for, as a sentence; None for a bug."""
    full = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    if isinstance(error, OSError) and error.errno in full and not error.filename:
        return AssistantError("cannot write the output", "the disk is full", "free some space")
    if isinstance(error, FileNotFoundError) and _stands_nowhere():
        return AssistantError("the folder that this was started in is gone", hint="cd to one that is there")
    return missing(error) if isinstance(error, ModuleNotFoundError) else None


def _stands_nowhere() -> bool:
    try:
        os.getcwd()  # noqa: PTH109 - Path.cwd is the same call
    except FileNotFoundError:
        return True
    return False


def _told(program: str, error: AssistantError) -> int:
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    say(f"{program}: {visible_line(error.sentence())}")
    return error.exit_code


def _told_as_bug(program: str) -> int:
    text = traceback.format_exc()
    last = visible_line(text.strip().splitlines()[-1])
    try:
        log = state_folder("crashes") / time.strftime(f"{program}-%Y%m%d-%H%M%S.log")
        log.write_text(text, encoding="utf-8", errors="backslashreplace")
        say(f"{program}: a bug: {last}. The traceback is in {log}")
    except (OSError, AssistantError):
        say(f"{program}: a bug: {last}. Its traceback could not be kept:\n{text}")
    return 1


def _leave(code: int) -> NoReturn:
    """Exit; what is still buffered for a stream that cannot be written is dropped, or Python complains at its end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    sys.exit(code)


def _open_missing_streams() -> None:
    """Give a program started with closed streams (`<&-`) something harmless in their place, as UTF-8 everywhere."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            # The number itself is taken too, or the next file opened would become our children's stdin or stdout.
            with contextlib.suppress(OSError):
                _occupy(number)
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - lives as long as we do
        elif name != "stdin" and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _occupy(number: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        null = os.open(os.devnull, os.O_RDWR)
        if null != number:
            os.dup2(null, number)
            os.close(null)
