"""Lets a thread that mostly sleeps run as soon as it is woken, although others keep every core busy computing.

Linux lets who computes go on until its next tick, 4 ms later, unless who is woken has asked for shorter turns. It
changes nobody's share of the processor, and where a system does not know of it, nothing happens.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct

_SYSCALL = {"x86_64": 314, "aarch64": 274}
"""The number of sched_setattr, which glibc has under its name since 2.41 only."""
_TURN_NANOSECONDS = 100_000
_CHILDREN_AS_USUAL = 1
_ATTRIBUTES = struct.Struct("=IIQiIQQQII")


def wake_promptly() -> bool:
    """Let the calling thread take its turn when it is woken; threads and processes that it starts are as usual.

    Returns:
        False where the system does not offer it (it is Linux's, from 6.12 on; older ones accept it and may ignore it).
    """
    with contextlib.suppress(AttributeError, OSError):
        number = _SYSCALL.get(os.uname().machine)
        if number is not None and os.sched_getscheduler(0) == os.SCHED_OTHER:
            nice = os.getpriority(os.PRIO_PROCESS, 0)
            wanted = _ATTRIBUTES.pack(
                _ATTRIBUTES.size, os.SCHED_OTHER, _CHILDREN_AS_USUAL, nice, 0, _TURN_NANOSECONDS, 0, 0, 0, 0
            )
            return bool(ctypes.CDLL(None).syscall(ctypes.c_long(number), 0, wanted, 0) == 0)
    return False
