"""Who may ask: the Host header, the Origin, the token, the kind and the size of a request, before anything is read.

A web page can make a browser send requests to this machine, and by DNS rebinding even under a name of its own; so the
name that was asked for is checked, foreign origins are refused, and no CORS header is ever given out. This knows
nothing of models.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import json
import re
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

LARGEST_BODY = 8_000_000
_BODY_SECONDS = 30.0
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?")
_ORIGIN = re.compile(r"^https?://")
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_OPEN_PATHS = ("/health", "/v1/health")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Refusal(Exception):
    """An answer instead of the work: an HTTP status and a sentence."""

    def __init__(
        self, status: int, sentence: str, kind: str = "invalid_request_error", code: str | None = None
    ) -> None:
        self.status = status
        self.sentence = sentence
        self.kind = kind
        self.code = code
        super().__init__(sentence)


ENDING = Refusal(503, "the server is being ended", "server_error", "ending")
"""What a request is told whose work is cancelled: nothing but the server's end does that."""


@dataclass(frozen=True)
class Rules:
    """What is let in. `host` is where the server listens; without a `token` everyone on this machine may ask."""

    host: str = "127.0.0.1"
    token: str = ""
    largest_body: int = LARGEST_BODY


class Guard:
    """Wraps an ASGI application; requests that pass reach it with their body read whole."""

    def __init__(self, inner: Application, rules: Rules) -> None:
        self._inner = inner
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            return
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
            self._check(scope, headers)
            body = await _read_body(receive, headers, self._rules.largest_body)
            await self._inner(scope, _replaying(body, receive), noting)
        except Refusal as refusal:
            await _answer(send, refusal)
        except asyncio.CancelledError:
            if begun:
                raise
            await _answer(send, ENDING)

    def _check(self, scope: Scope, headers: dict[str, str]) -> None:
        if not host_is_ours(headers.get("host", ""), self._rules.host):
            raise Refusal(403, "the Host header names another machine")
        # Of each header the last one counts, but every origin must be ours.
        origins = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"origin"]
        if not all(host_is_ours(_ORIGIN.sub("", origin), self._rules.host) for origin in origins):
            raise Refusal(403, "requests of other sites' pages are refused")
        if headers.get("sec-fetch-site") == "cross-site":
            raise Refusal(403, "requests of other sites' pages are refused")
        if scope["path"] not in _OPEN_PATHS and not self._token_is_right(headers):
            raise Refusal(
                401, "a token is needed: Authorization: Bearer TOKEN", "authentication_error", "invalid_api_key"
            )
        if scope["method"] == "POST":
            kind = headers.get("content-type", "").split(";")[0].strip().lower()
            if kind != "application/json":
                raise Refusal(415, "the Content-Type of a request is application/json")

    def _token_is_right(self, headers: dict[str, str]) -> bool:
        if not self._rules.token:
            return True
        scheme, _, given = headers.get("authorization", "").partition(" ")
        same = hmac.compare_digest(given.strip().encode("latin-1"), self._rules.token.encode())
        return scheme.lower() == "bearer" and same


def is_loopback(host: str) -> bool:
    """Whether everything that `host` stands for stays on this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        pass
    try:
        found = {str(address[4][0]) for address in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(address.split("%")[0]).is_loopback for address in found)


def host_is_ours(header: str, listening: str) -> bool:
    """Whether a Host header (or an origin's) names this server, and no name that someone else's DNS gives it."""
    match = _HOST.fullmatch(header)
    if not match:
        return False
    name = match[1].strip("[]").lower()
    if name in _LOOPBACK_NAMES or name == listening.lower():
        return True
    if listening in _LOOPBACK_NAMES or is_loopback(listening):
        return False
    # Reachable from outside: plain addresses cannot be rebound, and this machine's own name is its own.
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name == socket.gethostname().lower()
    return True


async def _read_body(receive: Receive, headers: dict[str, str], largest: int) -> bytes:
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or len(length) > 20 or int(length) > largest:
        raise Refusal(413, f"a request has {largest:,} bytes at most")
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refusal(400, "the request broke off")
                pieces.append(message.get("body", b""))
                size += len(pieces[-1])
                if size > largest:
                    raise Refusal(413, f"a request has {largest:,} bytes at most")
                if not message.get("more_body", False):
                    return b"".join(pieces)
    except TimeoutError:
        raise Refusal(408, f"the request did not arrive within {_BODY_SECONDS:.0f} seconds") from None


def _replaying(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body once and then waits for the client to go."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if not given:
            given = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return replay


async def _answer(send: Send, refusal: Refusal) -> None:
    body = json.dumps(error_document(refusal)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    # What is left of a body that was not read must not be taken for the next request.
    headers.append((b"connection", b"close"))
    if refusal.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def error_document(refusal: Refusal) -> dict[str, Any]:
    """An error as OpenAI's clients read it."""
    return {"error": {"message": refusal.sentence, "type": refusal.kind, "param": None, "code": refusal.code}}
