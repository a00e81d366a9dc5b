"""The server in this process on a real socket, with a scripted engine; and requests as clients send them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import uvicorn

from assistant.config import Config
from assistant.engine.api import LoadedModel, ModelSpec
from assistant.server.app import Routes, build_app
from assistant.server.connections import protocol
from assistant.server.guard import Rules
from tests.fakes.scripted_engine import ScriptedEngine


@dataclass
class InfillEngine(ScriptedEngine):
    """A scripted engine whose model fills in the middle."""

    async def load(self, spec: ModelSpec) -> LoadedModel:
        self.loaded = replace(await super().load(spec), infill=True)
        return self.loaded


@contextlib.asynccontextmanager
async def running(
    engine: ScriptedEngine, rules: Rules | None = None, most: int = 16, head_seconds: float = 10, connections: int = 128
) -> AsyncIterator[int]:
    """Serve on a free port until the block ends."""
    await engine.load(ModelSpec("/models/scripted.gguf"))
    app = build_app(Routes(engine, "scripted", Config(), most), rules or Rules())
    listening = socket.create_server(("127.0.0.1", 0))
    options: dict[str, Any] = {
        "http": protocol(head_seconds, connections),
        "lifespan": "off",
        "log_config": None,
        "access_log": False,
    }
    server = uvicorn.Server(uvicorn.Config(app, timeout_graceful_shutdown=1, **options))
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    task = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await task
