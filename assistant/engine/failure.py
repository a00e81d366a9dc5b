"""Says in one sentence how the worker process ended and what its last words were."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence

from assistant.engine.api import EngineCrashed

_SIGNALS = {
    "SIGKILL": "it was killed, most often because the system ran out of memory",
    "SIGSEGV": "llama.cpp crashed (segmentation fault)",
    "SIGBUS": "llama.cpp crashed (bus error: the model file changed or its disk failed)",
    "SIGILL": "this CPU lacks an instruction that llama.cpp was built with",
    "SIGFPE": "llama.cpp divided by zero",
    "SIGABRT": "llama.cpp gave up",
    "SIGTERM": "it was told to end",
    "SIGXCPU": "it used up its processor time",
}
_SETUP_HINT = "wizard-tui doctor"


def crash(doing: str, code: int | None, last_words: Sequence[str]) -> EngineCrashed:
    """The error for a worker that ended while it was `doing` something.

    Args:
        code: its return code, negative for a signal, as asyncio gives it.
        last_words: the last lines of its stderr.
    """
    words = telling_line(last_words)
    return EngineCrashed(
        f"the model's process ended while {doing}",
        _why(code, words),
        _SETUP_HINT if "loading" in doing or code == -signal.SIGILL else "ask again, the model is loaded anew",
    )


def telling_line(lines: Sequence[str]) -> str:
    """The line that says most: an assertion, else a Python error, else the last one; paths cut to file names."""
    for mark in ("GGML_ASSERT", "CUDA error", "out of memory", "Error"):
        for line in reversed(lines):
            if mark in line:
                return _short(line)
    return _short(lines[-1]) if lines else ""


def _why(code: int | None, words: str) -> str:
    if code is not None and code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        cause = _SIGNALS.get(name, f"it was ended by {name}")
        return f"{cause}: {words}" if words and name in ("SIGABRT", "SIGSEGV") else cause
    if words:
        return words
    return f"it left with exit code {code}" if code else "it closed its pipe"


def _short(line: str) -> str:
    return re.sub(r"(?:/[^\s:/]+)+/([^\s:/]+)", r"\1", line.strip())[:300]
