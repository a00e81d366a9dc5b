"""Which frames stop the batch that runs: a cancel always, any other where the work makes way; and for how long."""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Iterator
from typing import BinaryIO

import pytest

from assistant.engine import protocol
from assistant.engine.stop_flag import StopFlag, new_memory
from assistant.engine.worker.inbox import Inbox

# The end of the stream ends the process that reads, so the pipes stay open for as long as the tests run.
_KEPT: list[BinaryIO] = []


@pytest.fixture
def flag() -> Iterator[StopFlag]:
    with new_memory() as descriptor:
        flag = StopFlag(descriptor)
    flag.owner = 1
    yield flag


@pytest.fixture
def app() -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Both ends of the pipe: what the worker reads, and what the app writes."""
    read, write = os.pipe()
    ends = os.fdopen(read, "rb"), io.FileIO(write, "w")
    _KEPT.extend(ends)  # type: ignore[arg-type]  # unbuffered
    yield ends  # type: ignore[misc]


@pytest.fixture
def inbox(flag: StopFlag, app: tuple[BinaryIO, BinaryIO]) -> Inbox:
    inbox = Inbox(app[0], flag)
    inbox.start()
    return inbox


def _send(app: tuple[BinaryIO, BinaryIO], do: str) -> None:
    app[1].write(protocol.pack({"do": do, "id": 1}))


def _take(inbox: Inbox, do: str) -> None:
    assert inbox.wait(10)
    assert inbox.wait(), "looking takes nothing away"
    assert inbox.next()[0]["do"] == do


def test_only_a_cancel_stops_what_was_asked_for_and_anything_stops_what_makes_way(
    flag: StopFlag, inbox: Inbox, app: tuple[BinaryIO, BinaryIO]
) -> None:
    for do, stops in (("generate", False), ("cancel", True), ("tokenize", False)):
        _send(app, do)
        assert inbox.wait(10)
        assert flag.raised is stops, do
        _take(inbox, do)
        assert not flag.raised, "whoever took it lets the next batch run"
        assert not inbox.wait()
    with inbox.making_way():
        _send(app, "generate")
        assert inbox.wait(10)
        assert flag.raised
        _take(inbox, "generate")
    assert not flag.raised
    _send(app, "tokenize")
    _take(inbox, "tokenize")
    assert not flag.raised


def test_cancel_that_is_here_before_the_batch_of_its_request_lets_it_not_run(
    flag: StopFlag, inbox: Inbox, app: tuple[BinaryIO, BinaryIO]
) -> None:
    flag.owner = 2
    _send(app, "cancel")
    assert inbox.wait(10)
    assert not flag.raised, "it is none of the batch that runs"
    assert not inbox.is_free_for(1)
    _take(inbox, "cancel")
    assert inbox.is_free_for(1)
    _send(app, "cancel")
    assert inbox.wait(10)
    assert flag.raised


def test_frame_that_the_app_announced_is_waited_for(
    flag: StopFlag, inbox: Inbox, app: tuple[BinaryIO, BinaryIO]
) -> None:
    flag.announce({"do": "cancel", "id": 1})
    sender = threading.Timer(0.03, _send, (app, "cancel"))
    sender.start()
    assert inbox.wait(), "it is on its way"
    _take(inbox, "cancel")
    sender.join()
    assert not flag.raised
    assert not inbox.wait()


def test_frame_that_was_announced_and_never_comes_does_not_stop_the_work_for_ever(flag: StopFlag, inbox: Inbox) -> None:
    flag.announce({"do": "cancel", "id": 1})
    assert not inbox.wait()
    assert not flag.raised


def test_no_frame_that_was_read_is_overlooked_and_none_leaves_the_flag_raised(
    flag: StopFlag, inbox: Inbox, app: tuple[BinaryIO, BinaryIO]
) -> None:
    count = 2000

    def send_all() -> None:
        for number in range(count):
            frame = {"do": "cancel", "id": 1, "number": number}
            flag.announce(frame)
            app[1].write(protocol.pack(frame))

    sender = threading.Thread(target=send_all)
    sender.start()
    taken, limit = [], time.monotonic() + 60
    while len(taken) < count and time.monotonic() < limit:
        if inbox.wait():
            taken.append(inbox.next()[0]["number"])
    sender.join()
    assert taken == list(range(count))
    assert not inbox.wait()
    assert not flag.raised
