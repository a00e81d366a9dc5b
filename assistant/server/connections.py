"""Connections that send the head of a request slowly, or never, are ended: they would hold a place that others wait for.

Where too many are open, the one that has kept the server waiting longest makes room, so that someone who holds hundreds
of them shuts nobody out. uvicorn bounds only the time between requests. Bodies have their own limit, in `guard`.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from assistant.server.guard import Refusal, error_document


class BoundedHead(H11Protocol):
    """uvicorn's protocol, with limits on how long the head of a request may take to arrive, and on open connections."""

    head_seconds = 10.0
    most = 128
    _waiting_since = 0.0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._waiting_since = self.loop.time()
        self._wait_for_head()
        self._make_room()

    def data_received(self, data: bytes) -> None:
        """Take bytes; once the head is whole, nothing is waited for any more."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self._wait_for_head()
        else:
            self._stop_waiting()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, in the words of every other error."""
        body = json.dumps(error_document(Refusal(400, "this is no valid HTTP request"))).encode()
        headers = [("content-type", "application/json"), ("content-length", str(len(body))), ("connection", "close")]
        for event in (h11.Response(status_code=400, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self._waiting_since = self.loop.time()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _make_room(self) -> None:
        others = [one for one in self.connections if isinstance(one, BoundedHead) and not one.transport.is_closing()]
        if len(others) <= self.most:
            return
        # A client that has said all of its request is owed an answer.
        silent = [one for one in others if one is not self and one.conn.their_state in (h11.IDLE, h11.SEND_BODY)]
        min(silent, key=lambda one: one._waiting_since, default=self).transport.close()

    def _wait_for_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_seconds, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self.transport.close()


def protocol(head_seconds: float, most: int) -> type[Any]:
    """The protocol class for uvicorn, with these limits."""
    return type("BoundedHead", (BoundedHead,), {"head_seconds": head_seconds, "most": most})
