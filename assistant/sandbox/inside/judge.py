"""The worker that holds the tests: it calls the candidate over a pipe and says what it made of the answers.

It never runs the candidate's code and never lets the expected values out. The tests see `ask(name)`, which gives a
function that is answered in the other worker; what it returns are plain values of Python's own types. The tests are
confined like everything else, for a benchmark file is foreign code too.
"""

from __future__ import annotations

import builtins
import json
import linecache
import os
import signal
import sys
import types
from collections.abc import Callable
from typing import Any

from assistant.sandbox.inside.values import Wire, WireClosed, decode, encode

_LONGEST_TEXT = 1000


class CandidateEnded(BaseException):
    """The candidate is gone or speaks nonsense. A BaseException, so that a test's `except Exception` does not hide it."""


class CandidateRaised(Exception):
    """The candidate's call raised; also an instance of the built-in exception that was raised there."""

    name = ""


def serve(order: dict[str, Any], fds: dict[str, int]) -> int:
    """Run `order["source"]` against the candidate, write the verdict, and stay until the launcher ends it.

    The candidate ends when the judge does, and what it has left running is looked at before that.
    """
    # The channel is this side's alone from here on: a test that prints or opens files does not reach it.
    verdict = _verdict(order["source"], Wire(fds["channel"]))
    os.write(fds["verdict"], json.dumps(verdict).encode())
    os.close(fds["verdict"])
    signal.pause()
    return 0


def _verdict(source: str, wire: Wire) -> dict[str, str]:
    try:
        opening = wire.receive()
    except WireClosed as error:
        return _failed("exited", f"the code ended before it was loaded: {error}")
    if "ready" not in opening:
        reason = "syntax" if opening.get("failed") == "syntax" else "exception"
        return _failed(_memory_or(reason, opening), _described(opening))
    candidate = Judge(wire)
    try:
        run_tests(source, candidate)
        candidate.ping()
    except CandidateEnded as error:
        return _failed("exited", str(error))
    except CandidateRaised as error:
        return _failed("memory" if error.name == "MemoryError" else "exception", f"{error.name}: {error}")
    except AssertionError as error:
        return _failed("wrong answer", _text(error))
    except BaseException as error:
        return _failed("wrong answer", f"{type(error).__name__}: {_text(error)}")
    return {"state": "passed", "reason": "", "detail": ""}


def run_tests(source: str, candidate: Judge) -> None:
    """Run the tests; they raise what they find wrong."""
    module = types.ModuleType("judge")
    sys.modules["judge"] = module
    linecache.cache["judge.py"] = (len(source), None, source.splitlines(True), "judge.py")
    module.__dict__["ask"] = candidate.ask
    exec(compile(source, "judge.py", "exec", dont_inherit=True), module.__dict__)


class Judge:
    """Calls into the candidate, and the functions of the tests' own that it was given."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._given: list[Callable[..., Any]] = []

    def ask(self, name: str) -> Callable[..., Any]:
        """A function that is answered by the candidate's function of that (dotted) name."""
        return self._function({"call": name}, name)

    def ping(self) -> None:
        """Raise CandidateEnded unless the candidate is still there, by a question that nobody could answer ahead."""
        word = os.urandom(8).hex()
        if self._exchange({"ping": word}).get("pong") != word:
            raise CandidateEnded("the code said more than it was asked")

    def _function(self, target: dict[str, Any], name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            message = dict(target)
            message["args"] = [encode(item, self._give) for item in args]
            message["kwargs"] = {key: encode(item, self._give) for key, item in kwargs.items()}
            answer = self._exchange(message)
            if "raised" in answer:
                raise _exception(answer)
            for given, changed in zip(args, answer.get("args", ()), strict=False):
                if changed is not None:
                    _take_over(given, self._decode(changed))
            return self._decode(answer.get("value"))

        call.__name__ = name
        return call

    def _exchange(self, message: dict[str, Any]) -> dict[str, Any]:
        try:
            self._wire.send(message)
            while True:
                answer = self._wire.receive()
                if "callback" not in answer:
                    return answer
                args = [self._decode(item) for item in answer.get("args", ())]
                returned = self._given[int(answer["callback"])](*args)
                self._wire.send({"returned": encode(returned, self._give)})
        except WireClosed as error:
            raise CandidateEnded(f"the code ended before it answered: {error}") from None

    def _decode(self, data: Any) -> Any:
        try:
            return decode(data, lambda handle: self._function({"handle": handle}, "function"))
        except (WireClosed, TypeError, ValueError, KeyError, AttributeError, RecursionError, ArithmeticError) as error:
            raise CandidateEnded(f"an answer that is no value: {error}") from None

    def _give(self, function: Callable[..., Any]) -> int:
        self._given.append(function)
        return len(self._given) - 1


def _take_over(given: Any, changed: Any) -> None:
    """Make the tests' own argument what the candidate made of it, as a call in one process would have."""
    if type(given) is not type(changed):
        return
    if isinstance(given, list | bytearray):
        given[:] = changed
    elif isinstance(given, dict | set):
        given.clear()
        given.update(changed)


def _exception(answer: dict[str, Any]) -> CandidateRaised:
    bases = answer.get("bases", [])
    known = [getattr(builtins, str(name), None) for name in bases if isinstance(name, str)]
    base = next((kind for kind in known if isinstance(kind, type) and issubclass(kind, Exception)), Exception)
    text = str(answer.get("text", ""))
    try:
        kind = type("CandidateRaised", (CandidateRaised, base), {})
        error: CandidateRaised = kind(text)
    except TypeError:
        error = CandidateRaised(text)
    error.name = str(answer.get("raised"))[:100]
    return error


def _memory_or(reason: str, opening: dict[str, Any]) -> str:
    return "memory" if opening.get("raised") == "MemoryError" else reason


def _described(message: dict[str, Any]) -> str:
    return f"{message.get('raised', 'nothing')}: {message.get('text', '')}"[:_LONGEST_TEXT]


def _failed(reason: str, detail: str) -> dict[str, str]:
    return {"state": "failed", "reason": reason, "detail": detail[:_LONGEST_TEXT]}


def _text(error: BaseException) -> str:
    """The error's words, or the line of the test that failed."""
    if str(error):
        return str(error)
    trace, line = error.__traceback__, ""
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "judge.py":
            line = linecache.getline("judge.py", trace.tb_lineno).strip()
        trace = trace.tb_next
    return line
