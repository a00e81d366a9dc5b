"""The worker that holds untrusted code: it loads it once and answers calls to its functions with plain values.

Nothing here decides anything. The code may do to this process what it likes; all that counts is what it answers, and
that is compared elsewhere, with values that were never here.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

from assistant.sandbox.inside.values import Wire, WireClosed, decode, encode

_MUTABLE = (list, dict, set, bytearray)
_LONGEST_TEXT = 2000


def serve(order: dict[str, Any], fds: dict[str, int]) -> int:
    """Load `order["source"]` and answer calls until the judge hangs up; the exit code."""
    module = types.ModuleType("candidate")
    sys.modules["candidate"] = module
    worker = Candidate(Wire(fds["channel"]), module)
    try:
        worker.load(order["source"])
        worker.answer_calls()
    except WireClosed:
        return 0
    return 0


class Candidate:
    """The loaded module, and the callables that have been handed out by number."""

    def __init__(self, wire: Wire, module: types.ModuleType) -> None:
        self._wire = wire
        self._callables: list[Any] = []
        self._module = module

    def load(self, source: str) -> None:
        """Run the code in its module and say what it defines; what it raises is told, and then raises WireClosed."""
        try:
            # "dont_inherit": the __future__ statement of this file must not change what the code means.
            exec(compile(source, "candidate.py", "exec", dont_inherit=True), self._module.__dict__)
        except BaseException as error:
            stage = "syntax" if isinstance(error, SyntaxError | ValueError) and _unread(error) else "load"
            self._wire.send({"failed": stage, **_raised(error)})
            raise WireClosed from None
        self._wire.send({"ready": sorted(name for name in vars(self._module) if isinstance(name, str))})

    def answer_calls(self) -> None:
        """Answer until the judge hangs up, which raises WireClosed."""
        while True:
            message = self._wire.receive()
            self._wire.send({"pong": message["ping"]} if "ping" in message else self.answer(message))

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """What one call comes to: its value, or what it raised."""
        try:
            function = self._find(message)
            args = [decode(item, self._callback) for item in message["args"]]
            kwargs = {name: decode(item, self._callback) for name, item in message["kwargs"].items()}
            result = function(*args, **kwargs)
            answer = {"value": encode(result, self._keep)}
        except WireClosed:
            raise
        except BaseException as error:
            return _raised(error)
        changed = [encode(value, self._keep) if isinstance(value, _MUTABLE) else None for value in args]
        sent = message["args"]
        if any(now is not None and now != then for now, then in zip(changed, sent, strict=True)):
            answer["args"] = changed
        return answer

    def _find(self, message: dict[str, Any]) -> Callable[..., Any]:
        if "handle" in message:
            return self._callables[message["handle"]]  # type: ignore[no-any-return]
        found: Any = self._module
        for part in message["call"].split("."):
            found = getattr(found, part)
        return found  # type: ignore[no-any-return]

    def _keep(self, function: Any) -> int:
        self._callables.append(function)
        return len(self._callables) - 1

    def _callback(self, handle: int) -> Callable[..., Any]:
        """A stand-in for a function of the judge's."""

        def call(*args: Any) -> Any:
            self._wire.send({"callback": handle, "args": [encode(item, self._keep) for item in args]})
            while True:
                message = self._wire.receive()
                if "returned" in message:
                    return decode(message["returned"], self._callback)
                self._wire.send(self.answer(message))

        return call


def _unread(error: BaseException) -> bool:
    """Whether the compiler, not the code, raised: then the traceback ends in this file."""
    trace = error.__traceback__
    return trace is not None and trace.tb_next is None


def _raised(error: BaseException) -> dict[str, Any]:
    try:
        text = str(error)[:_LONGEST_TEXT]
    except BaseException:
        text = ""
    names = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]
    return {"raised": type(error).__name__[:100], "bases": names, "text": text.encode(errors="replace").decode()}
