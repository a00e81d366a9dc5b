"""Starts the server: binds first, so that a taken port is a sentence; answers from then on, by 503 until the model is loaded."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import signal
import socket
from collections.abc import Callable

from assistant.config import Config
from assistant.engine.api import Engine, ModelSpec
from assistant.errors import AssistantError, UsageError
from assistant.ground.terminal import say
from assistant.server.guard import Rules, is_loopback

_MOST_CONNECTIONS = 128
_HEADER_BYTES = 32_768
_HEAD_SECONDS = 10.0
_GRACE_SECONDS = 2
KEEP_ALIVE_SECONDS = 60
"""Longer than OpenAI's client keeps an idle connection (5): who closes at the same moment breaks its next request."""


def bind(host: str, port: int, token: str) -> socket.socket:
    """A listening socket.

    Raises:
        UsageError: other machines could reach it and there is no token.
        AssistantError: the address cannot be had.
    """
    if not is_loopback(host) and not token:
        raise UsageError(
            f"will not serve on {host} without a token", "other machines could use your model", "--token SECRET"
        )
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_MOST_CONNECTIONS)
    except (OSError, OverflowError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "another program listens there" if taken else str(getattr(error, "strerror", "") or error).lower()
        raise AssistantError(f"cannot serve on {host}:{port}", why, f"--port {port + 1 if taken else 0}") from None
    return listening


def serve(
    listening: socket.socket, rules: Rules, spec: ModelSpec, model: str, config: Config, ready: Callable[[str], None]
) -> None:
    """Load the model and answer on the socket until SIGINT or SIGTERM; `ready` is told the address.

    Raises:
        AssistantError: the model cannot be loaded.
    """
    # What asyncio and uvicorn have to remark on connections is not for the person who started the server; a bug is,
    # without the control characters that a request may have brought along.
    for name in ("asyncio", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.ERROR)
        logger.handlers = [_Spoken()]
        logger.propagate = False
    # Ended by SIGTERM while the model is still being loaded, which is no failure.
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_serve(listening, rules, spec, model, config, ready))


class _Spoken(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        say(self.format(record))


async def _serve(
    listening: socket.socket, rules: Rules, spec: ModelSpec, model: str, config: Config, ready: Callable[[str], None]
) -> None:
    import uvicorn

    from assistant.engine.client import EngineClient
    from assistant.server.app import Routes, build_app
    from assistant.server.connections import protocol

    engine: Engine = EngineClient()
    try:
        answers = Routes(engine, model, config)
        app = build_app(answers, rules)
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=protocol(_HEAD_SECONDS, _MOST_CONNECTIONS),
                ws="none",
                lifespan="off",
                loop="asyncio",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                h11_max_incomplete_event_size=_HEADER_BYTES,
            )
        )
        # uvicorn would raise the signal again when it is done; ending as told is no failure.
        server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
        serving = asyncio.ensure_future(server.serve(sockets=[listening]))
        if (this := asyncio.current_task()) is not None:
            # A process that is simply gone would leave the loading of a large model behind for a while.
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
        try:
            await engine.load(spec)
            # Its facts are known from now on, also after a crash that nobody was there to see.
            answers.loaded()
            _end_as_told(server)
            ready(_address(listening))
            await serving
        finally:
            serving.cancel()
    finally:
        await engine.close()


def _end_as_told(server: object) -> None:
    """The first signal ends it gently, and the second one at once."""
    import uvicorn

    assert isinstance(server, uvicorn.Server)
    loop = asyncio.get_running_loop()
    told = 0

    def end() -> None:
        nonlocal told
        told += 1
        server.should_exit = True
        server.force_exit = told > 1
        # uvicorn's own way to cancel them prints a traceback for each.
        loop.call_later(_GRACE_SECONDS, cut_off)

    def cut_off() -> None:
        for task in tuple(server.server_state.tasks):
            task.cancel()
        loop.call_later(_GRACE_SECONDS, leave)

    def leave() -> None:
        # Somebody does not even read what they are told.
        server.force_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
