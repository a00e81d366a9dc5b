"""llama-server as llama.vim's README starts it: the peer of completion at the cursor, in a process of its own."""

from __future__ import annotations

import contextlib
import http.client
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FLAGS = ("-b", "1024", "-ub", "1024", "--cache-reuse", "256", "-np", "1", "--no-webui")


@dataclass(frozen=True)
class Peer:
    """llama-server, and how it is asked."""

    connection: http.client.HTTPConnection
    pid: int


@contextlib.contextmanager
def llama_server(binary: str, model: Path, threads: int, context: int) -> Iterator[Peer | None]:
    """A running server; None where `binary` is empty.

    Raises:
        SystemExit: it did not start.
    """
    if not binary:
        yield None
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [binary, "-m", str(model), "-c", str(context), "-t", str(threads), "--port", str(port), *_FLAGS]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not _is_up(port):
            if child.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{binary} did not start")
            time.sleep(0.2)
        yield Peer(http.client.HTTPConnection("127.0.0.1", port, timeout=60), child.pid)
    finally:
        child.terminate()
        child.wait()


def _is_up(port: int) -> bool:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asked.request("GET", "/health")
        return asked.getresponse().status == 200
    except OSError:
        return False
    finally:
        asked.close()
