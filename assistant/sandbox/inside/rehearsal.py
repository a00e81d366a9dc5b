"""What the nursery does once before its first fork, so that no worker is the first to do it: a trial without a candidate.

Whatever Python makes at first use (caches of types, code made faster, symbols of shared libraries) is then made in memory
that all workers share; made by each worker anew it would cost it a copied page each. Nothing foreign takes part.
"""

from __future__ import annotations

import linecache
import socket
import sys
import types
from typing import Any

from assistant.sandbox.inside.candidate import Candidate
from assistant.sandbox.inside.judge import Judge, run_tests
from assistant.sandbox.inside.values import Wire

_TIMES = 9
"""Python makes code faster at its eighth call."""

_SOURCE = '''
from typing import List

def echo(items: List[int], text: str = "") -> List[int]:
    """ Give the items back, counted. """
    found = {}
    for index, item in enumerate(items):
        found[item] = found.get(item, 0) + index
    return sorted(list(found) + [len(text)])
'''
_TESTS = """
def check(candidate):
    assert candidate([1, 2, 3], "abc") == [1, 2, 3, 3]
    assert candidate([], "") == [0]
    assert candidate([5, -1], text="a b") == [-1, 3, 5], "said"

check(ask("echo"))
"""


def rehearse() -> None:
    """Judge a candidate of the house's own, in this process."""
    for _ in range(_TIMES):
        run_tests(_TESTS, Judge(_Loop()))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for _ in range(_TIMES):
            Wire(ours.fileno()).send({"value": [1, {"text": "a"}, True, None, 0.5]})
            Wire(theirs.fileno()).receive()
    # No worker finds traces of this.
    del sys.modules["judge"]
    linecache.clearcache()


class _Loop(Wire):
    """A wire whose other end is a candidate in the same process."""

    def __init__(self) -> None:
        super().__init__(-1)
        self._answer: dict[str, Any] = {}
        self._candidate = Candidate(self, types.ModuleType("candidate"))
        self._candidate.load(_SOURCE)

    def send(self, message: dict[str, Any]) -> None:
        self._answer = self._candidate.answer(message) if "args" in message else message

    def receive(self) -> dict[str, Any]:
        return self._answer
