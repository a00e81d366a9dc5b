"""A thread that asks to be woken promptly gets shorter turns than the system gives, and passes them on to nobody."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile

import pytest

from assistant.engine.waking import wake_promptly

_GETATTR = {"x86_64": 315, "aarch64": 275}
_KERNEL = tuple(int("".join(takewhile(str.isdigit, part))) for part in platform.release().split(".")[:2])


def _turn() -> tuple[int, int]:
    """Nice value and turn in nanoseconds of the calling thread."""
    attributes = ctypes.create_string_buffer(56)
    number = ctypes.c_long(_GETATTR[os.uname().machine])
    assert ctypes.CDLL(None).syscall(number, 0, attributes, 56, 0) == 0
    fields = struct.unpack("=IIQiIQQQII", attributes.raw)
    return fields[3], fields[5]


@pytest.mark.skipif(sys.platform != "linux" or _KERNEL < (6, 12), reason="Linux heeds it from 6.12 on")
def test_a_prompt_thread_has_short_turns_and_what_it_starts_has_not() -> None:
    mine = _turn()
    with ThreadPoolExecutor(1) as usual:
        # Not this thread's own: an engine that a test ran in it has asked for short turns already.
        before = usual.submit(_turn).result()
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(wake_promptly).result()
        nice, turn = thread.submit(_turn).result()
        with thread.submit(ThreadPoolExecutor, 1).result() as other:
            assert thread.submit(lambda: other.submit(_turn)).result().result() == before
    assert nice == before[0]
    assert 0 < turn < before[1]
    assert _turn() == mine, "nobody else is meant"


def test_a_machine_that_it_is_not_known_for_is_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.engine.waking._SYSCALL", {})
    assert not wake_promptly()
