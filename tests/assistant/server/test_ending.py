"""Whoever waits for an answer while the server is ended is told so, and nothing is printed about it."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from assistant.config import Config
from assistant.engine.api import ModelSpec
from assistant.server.app import Routes, build_app
from assistant.server.guard import Rules
from tests.fakes.fim_gguf import write_fim_model
from tests.fakes.scripted_engine import ScriptedEngine
from tests.fakes.wizard_command import COMMAND, environment


async def cut_off(body: dict[str, Any], until: str) -> list[dict[str, Any]]:
    """What is sent for a request that is cancelled when a message of the kind `until` was sent, or work has begun."""
    engine = ScriptedEngine(replies=["word " * 1000], seconds_per_token=0.01)
    await engine.load(ModelSpec("/models/scripted.gguf"))
    said = [{"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if said:
            return said.pop()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(dict(message))

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/v1/completions", "headers": headers, "query_string": b""}
    app = build_app(Routes(engine, "scripted", Config()), Rules())
    task = asyncio.ensure_future(app(scope, receive, send))  # type: ignore[arg-type]
    async with asyncio.timeout(10):
        while not (any(message["type"] == until for message in sent) if until else engine.requests):
            await asyncio.sleep(0.01)
    task.cancel()
    await task
    return sent


async def test_reply_that_has_not_begun_is_503() -> None:
    start, body = await cut_off({"prompt": "x"}, "")
    assert start["status"] == 503 and json.loads(body["body"])["error"]["message"] == "the server is being ended"


async def test_stream_ends_with_an_error_and_in_good_order() -> None:
    sent = await cut_off({"prompt": "x", "stream": True}, "http.response.body")
    assert json.loads(sent[-2]["body"].removeprefix(b"data: "))["error"]["code"] == "ending"
    assert sent[-1]["more_body"] is False


@pytest.mark.slow
def test_ctrl_c_with_a_request_under_way_prints_no_traceback(tmp_path: Path) -> None:
    command = [*COMMAND, "serve", "--port", "0", "--model", str(write_fim_model(tmp_path / "fim.gguf"))]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment(WIZARD_HOME=str(tmp_path)))
    assert child.stderr is not None
    line = next(line for line in child.stderr if " answers at " in line)
    with socket.create_connection(("127.0.0.1", int(line.split(";")[0].rsplit(":", 1)[1])), timeout=20) as waiting:
        head = b"POST /tokenize HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n"
        waiting.sendall(head + b"Expect: 100-continue\r\n\r\n")
        assert b"100 Continue" in waiting.recv(1000)
        child.send_signal(signal.SIGINT)
        answer = b"".join(iter(lambda: waiting.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 503 ") and b"the server is being ended" in answer
    assert child.communicate(timeout=20)[1] == "ended\n" and child.returncode == 0
