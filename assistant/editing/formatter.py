"""Runs the user's own formatter over a changed file, where that is asked for: text in on standard input, text out.

Nothing is formatted unasked, and the command is the user's, never a model's. It writes no file.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess

from assistant.errors import AssistantError, UsageError, cause_of

_SECONDS = 60
_HINT = 'one that reads standard input, as --formatter "ruff format -"'


def formatter_words(command: str) -> list[str]:
    """The program and arguments that `command` names; asked for first, so that no model works for nothing.

    Raises:
        UsageError: the command is not one, or is not installed.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"cannot read the formatter {command!r}", str(error).lower(), _HINT) from error
    if not words:
        raise UsageError("there is no formatter named", hint=_HINT)
    if shutil.which(words[0]) is None:
        raise UsageError(
            f"cannot run the formatter {words[0]}", "there is no program of that name", f"install it, or name {_HINT}"
        )
    return words


def format_text(text: str, command: str) -> str:
    """`text` as `command` writes it.

    Raises:
        UsageError: the command is not one, or is not installed.
        AssistantError: it fails, takes over a minute, or answers with nothing or with bytes that are no UTF-8.
    """
    words = formatter_words(command)
    try:
        run = subprocess.run(
            words, input=text.encode("utf-8", "surrogateescape"), capture_output=True, timeout=_SECONDS, check=False
        )
        after = run.stdout.decode("utf-8", "surrogateescape")
    except OSError as error:
        raise UsageError(f"cannot run the formatter {words[0]}", cause_of(error), _HINT) from error
    except subprocess.TimeoutExpired as error:
        raise AssistantError(
            f"the formatter {words[0]} did not end", f"it was given {_SECONDS} seconds", _HINT
        ) from error
    if run.returncode:
        said = run.stderr.decode("utf-8", "replace").strip().splitlines()
        raise AssistantError(f"the formatter {words[0]} failed", said[0] if said else f"code {run.returncode}", _HINT)
    if text.strip() and not after.strip():
        raise AssistantError(f"the formatter {words[0]} wrote nothing", "it may want a file", _HINT)
    return after
