"""A worker that is started as a program of its own, where no nursery can be: a keeper, and the process that works.

What is to be done comes on stdin. The wall around both was put up by whoever started them; here only the limits are
set. The keeper reports how the work ended and takes its process group along.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from typing import Any, NoReturn

from assistant.sandbox.inside import confine
from assistant.sandbox.inside.leaving import end_with
from assistant.sandbox.inside.nursery import ROLES, close_all_but, ended


def main() -> NoReturn:
    """Do what stdin says, and end."""
    told = json.loads(sys.stdin.buffer.read())
    fds: dict[str, int] = told["descriptors"]
    sys.path.extend(told["libraries"])
    worker = os.fork()
    if worker == 0:
        end_with(lambda: _work(told, fds))
    for name, descriptor in fds.items():
        if name not in ("status", "life"):
            os.close(descriptor)
    _, status, usage = os.wait4(worker, 0)
    os.write(fds["status"], json.dumps(ended(status, usage)).encode())
    os.killpg(0, signal.SIGKILL)
    os._exit(0)


def _work(told: dict[str, Any], fds: dict[str, int]) -> int:
    os.close(fds.pop("status"))
    os.close(fds.pop("life"))
    with tempfile.TemporaryFile() as stream:
        stream.write(str(told["order"].get("stdin", "")).encode(errors="replace"))
        stream.seek(0)
        os.dup2(stream.fileno(), 0)
    os.dup2(fds.pop("out"), 1)
    os.dup2(fds.pop("err"), 2)
    confine.limit(told["limits"], told["processes"])
    close_all_but(fds)
    return ROLES[told["role"]](told["order"], fds)
