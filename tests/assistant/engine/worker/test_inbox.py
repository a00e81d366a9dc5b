"""Which frames stop the batch that runs: a cancel always, any other where the work makes way."""

from __future__ import annotations

import io
import os
from typing import BinaryIO

from assistant.engine import protocol
from assistant.engine.worker.inbox import Inbox


class _Flag:
    """What llama.cpp would look at between two matrices."""

    def __init__(self) -> None:
        self.raised = False

    def up(self) -> None:
        self.raised = True

    def down(self) -> None:
        self.raised = False


def _inbox(flag: _Flag) -> tuple[Inbox, BinaryIO]:
    read, write = os.pipe()
    inbox = Inbox(os.fdopen(read, "rb"))
    inbox.stop_batch = flag.up
    inbox.start()
    return inbox, io.FileIO(write, "w")  # type: ignore[return-value]  # unbuffered


def _send(inbox: Inbox, app: BinaryIO, do: str) -> None:
    app.write(protocol.pack({"do": do, "id": 1}))
    assert inbox.wait(10)
    assert inbox.wait(), "looking takes nothing away"
    assert inbox.next()[0]["do"] == do
    assert not inbox.wait()


def test_only_a_cancel_stops_what_was_asked_for_and_anything_stops_what_makes_way() -> None:
    flag = _Flag()
    inbox, app = _inbox(flag)
    _send(inbox, app, "generate")
    assert not flag.raised
    _send(inbox, app, "cancel")
    assert flag.raised
    flag.down()
    with inbox.making_way(flag.down):
        _send(inbox, app, "generate")
        assert flag.raised
    assert not flag.raised, "the next batch runs"
    _send(inbox, app, "tokenize")
    assert not flag.raised
    # The end of the stream ends the process that reads, so the pipe stays open for as long as the tests run.
    inbox.app = app  # type: ignore[attr-defined]
    _KEPT.append(inbox)


_KEPT: list[Inbox] = []
