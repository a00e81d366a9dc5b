"""Whether a run is over its time: a busy machine's queue for a core does not count, nor does a launcher that was held up.

Both only up to a point, so that nothing runs for ever. What follows from being late is decided in `running`.
"""

from __future__ import annotations

import select
import time
from collections.abc import Collection

from assistant.sandbox import watch
from assistant.sandbox.lane import Worker

_SLOWEST = 4.0
"""So many times its limit is the longest that anything runs."""


def is_late(seconds: float, started: float, workers: Collection[Worker], ends: Collection[int]) -> bool:
    """Whether a run of at most `seconds` that began at `started` (monotonic) has to be ended now.

    Args:
        workers: its workers, as far as they were made.
        ends: descriptors of which one becomes readable when the run is over: then it is to be looked at, not ended.
    """
    taken = time.monotonic() - started
    if taken < seconds:
        return False
    if taken >= seconds * _SLOWEST:
        return True
    if not ends:
        # Its workers were not made yet, so nothing of this was its time.
        return False
    poll = select.poll()
    for descriptor in ends:
        poll.register(descriptor, select.POLLIN)
    if poll.poll(0):
        return False
    pids = [w.pid if w.alone else next(iter(watch.children(w.pid)), 0) for w in workers if w.pid]
    return taken >= seconds + sum(watch.waited(pid) for pid in pids if pid)
