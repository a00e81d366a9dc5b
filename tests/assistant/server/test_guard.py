"""Who may ask: this machine's programs, with the token where there is one, and no web page of anybody else's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.config import Config
from assistant.engine.api import ModelSpec
from assistant.errors import AssistantError, UsageError
from assistant.server.app import Routes, build_app
from assistant.server.guard import Rules, host_is_ours, is_loopback
from assistant.server.run import bind
from tests.assistant.server.running_server import InfillEngine, running
from tests.fakes.scripted_engine import ScriptedEngine
from tests.fakes.wizard_command import wizard

CHAT = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}


async def client(rules: Rules) -> httpx.AsyncClient:
    engine = ScriptedEngine(replies=["Hi there."])
    await engine.load(ModelSpec("/m.gguf"))
    app = build_app(Routes(engine, "scripted", Config()), rules)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8012")


@pytest.fixture
async def local() -> AsyncIterator[httpx.AsyncClient]:
    async with await client(Rules(largest_body=10_000)) as made:
        yield made


@pytest.fixture
async def guarded() -> AsyncIterator[httpx.AsyncClient]:
    async with await client(Rules(host="0.0.0.0", token="sesame")) as made:
        yield made


@pytest.mark.parametrize("host", ["localhost", "localhost:8012", "127.0.0.1:99", "[::1]:8012", "LOCALHOST"])
async def test_names_of_this_machine_are_let_in(local: httpx.AsyncClient, host: str) -> None:
    assert (await local.get("/v1/models", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8012",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "192.168.1.5",
        "",
        "@",
        "0.0.0.0",
        "[",
        "localhost/@evil.example",
        "localhost#evil",
        "localhost.",
        "user@localhost",
        "a b",
    ],
)
async def test_other_names_are_refused(local: httpx.AsyncClient, host: str) -> None:
    for path in ("/v1/models", "/health"):
        assert (await local.get(path, headers={"Host": host})).status_code in (400, 403)


async def test_pages_of_other_sites_are_refused_and_no_cors_header_is_given(local: httpx.AsyncClient) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await local.post("/v1/chat/completions", json=CHAT, headers=headers)
        assert answer.status_code == 403
    preflight = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}
    answers = [
        await local.options("/v1/chat/completions", headers=preflight),
        await local.post("/v1/chat/completions", json=CHAT, headers={"Origin": "http://localhost:3000"}),
        await local.get("/v1/models"),
    ]
    assert answers[0].status_code == 405
    assert not any(name.lower().startswith("access-control") for answer in answers for name in answer.headers)


async def test_one_foreign_name_among_several_is_enough_to_refuse() -> None:
    async def status(*lines: str, version: str = "1.1", path: str = "/v1/models") -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = "\r\n".join((f"GET {path} HTTP/{version}", *lines, "Connection: close", "", ""))
        writer.write(head.encode("latin-1"))
        answer = await asyncio.wait_for(reader.read(), 30)
        writer.close()
        return int(answer.split(b" ")[1])

    async with running(ScriptedEngine()) as port:
        assert await status("Host: localhost") == 200
        assert await status("Host: localhost", "Origin: http://localhost:3000") == 200
        for lines in (
            ("Host: localhost", "Host: evil.example"),
            ("Host: evil.example", "Host: localhost"),
            ("Host: localhost", "Origin: https://evil.example", "Origin: http://localhost"),
            ("Host: localhost", "Origin: http://localhost", "Origin: https://evil.example"),
            ("Host: 2130706433",),
            ("Host: [::ffff:127.0.0.1]",),
            (),
        ):
            assert await status(*lines) in (400, 403), lines
        assert await status(version="1.0") == 403
        assert await status("Host: localhost", path="http://evil.example/v1/models") == 404


async def test_form_that_needs_no_preflight_is_refused(local: httpx.AsyncClient) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = await local.post("/v1/chat/completions", content=json.dumps(CHAT), headers={"Content-Type": kind})
        assert answer.status_code == 415


async def test_token_is_needed_where_there_is_one(guarded: httpx.AsyncClient) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "sesame"},
        {"Authorization": "Basic sesame"},
        {"Authorization": "Bearer \xff"},
    ):
        raw = {name: value.encode("latin-1") for name, value in headers.items()}
        answer = await guarded.get("/v1/models", headers=raw)
        assert answer.status_code == 401 and answer.json()["error"]["code"] == "invalid_api_key"
        assert (await guarded.post("/v1/chat/completions", json=CHAT, headers=raw)).status_code == 401
    right = {"Authorization": "Bearer sesame"}
    assert (await guarded.get("/v1/models", headers=right)).status_code == 200
    assert (await guarded.get("/health")).status_code == 200
    assert (await guarded.get("/v1/models", headers=right | {"Host": "192.168.1.5:8012"})).status_code == 200
    assert (await guarded.get("/v1/models", headers=right | {"Host": "evil.example"})).status_code == 403


async def test_large_request_is_refused_unread(local: httpx.AsyncClient) -> None:
    large = json.dumps(CHAT | {"pad": "x" * 20_000}).encode()
    answer = await local.post("/v1/chat/completions", content=large, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1000

    answer = await local.post("/v1/chat/completions", content=endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    negative = {"Content-Type": "application/json", "Content-Length": "-5"}
    assert (await local.post("/v1/chat/completions", headers=negative)).status_code in (400, 413)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", b"{"),
        ("/v1/chat/completions", b"[]"),
        ("/v1/chat/completions", b"{}"),
        ("/v1/chat/completions", b'{"messages": []}'),
        ("/v1/chat/completions", b'{"messages": [{"role": "tool", "content": "x"}]}'),
        ("/v1/chat/completions", b'{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}'),
        ("/v1/chat/completions", json.dumps(CHAT | {"n": 2}).encode()),
        ("/v1/chat/completions", json.dumps(CHAT | {"temperature": -1}).encode()),
        ("/v1/chat/completions", json.dumps(CHAT | {"max_tokens": 0}).encode()),
        ("/v1/chat/completions", json.dumps(CHAT | {"tools": [{"type": "function"}]}).encode()),
        ("/v1/chat/completions", json.dumps(CHAT | {"functions": [{"name": "f"}]}).encode()),
        ("/tokenize", json.dumps({"content": "x" * 1_000_001}).encode()),
        ("/v1/chat/completions", json.dumps(CHAT | {"response_format": {"type": "json_object"}}).encode()),
        ("/v1/chat/completions", json.dumps(CHAT | {"frequency_penalty": 1.5}).encode()),
        ("/v1/chat/completions", b'{"messages": ' + b"[" * 5000 + b"]" * 5000 + b"}"),
        ("/v1/completions", b'{"prompt": ["a", "b"]}'),
        ("/v1/completions", b'{"prompt": "a", "suffix": "b"}'),
        ("/infill", b'{"input_prefix": "a"}'),
        ("/infill", b'{"input_prefix": 3}'),
        ("/tokenize", b"{}"),
        ("/v1/completions", b'{"prompt": "a", "n_cmpl": 3}'),
        ("/v1/completions", json.dumps({"prompt": "a", "stop": "x" * 2000}).encode()),
        ("/v1/completions", json.dumps({"prompt": "a", "grammar": "root ::= " + "(" * 1500}).encode()),
        ("/v1/completions", json.dumps({"prompt": "a", "grammar": "x" * 70_000}).encode()),
        ("/v1/completions", b'{"prompt": "a", "temperature": NaN}'),
        ("/v1/completions", b'{"prompt": "a", "json_schema": {"type": "object"}}'),
    ],
)
async def test_what_cannot_be_done_as_asked_is_400_with_a_sentence(
    local: httpx.AsyncClient, path: str, body: bytes
) -> None:
    answer = await local.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 413)
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"stop": ["a"] * 20}, "stop: list should have at most 16 items after validation, not 20"),
        ({"stop": 3}, "stop: input should be a valid string"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages.0.content: input should be a valid string"),
        ({"max_tokens": 0}, "max_tokens: input should be greater than or equal to 1"),
    ],
)
async def test_sentence_names_the_field_and_what_it_may_be(
    local: httpx.AsyncClient, wrong: dict[str, Any], sentence: str
) -> None:
    answer = await local.post("/v1/chat/completions", json=CHAT | wrong)
    assert answer.json()["error"]["message"] == sentence


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=5,
)
FIELDS = (
    *("messages", "prompt", "suffix", "max_tokens", "temperature", "top_p", "top_k", "seed", "stop", "stream", "n"),
    *(
        "echo",
        "stream_options",
        "input_prefix",
        "input_suffix",
        "input_extra",
        "n_predict",
        "n_indent",
        "content",
        "logit_bias",
    ),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(["/v1/chat/completions", "/v1/completions", "/infill", "/tokenize"]),
    body=st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=5),
    whole=st.booleans(),
)
async def test_no_json_makes_the_server_stumble(path: str, body: dict[str, Any], whole: bool) -> None:
    engine = InfillEngine()
    await engine.load(ModelSpec("/m.gguf"))
    app = build_app(Routes(engine, "scripted", Config()), Rules())
    asked = {"messages": [{"role": "user", "content": "x"}], "prompt": "x", "content": "x"} | body if whole else body
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as made:  # type: ignore[arg-type]
        answer = await made.post(path, content=json.dumps(asked), headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 400)
    assert answer.status_code == 200 or answer.json()["error"]["message"]


async def test_unknown_path_and_method_are_said(local: httpx.AsyncClient) -> None:
    assert (await local.get("/v1/nothing")).json()["error"]["message"] == "there is no GET /v1/nothing here"
    wrong = await local.get("/infill")
    assert wrong.status_code == 405 and wrong.headers["allow"] == "POST"
    assert len((await local.get("/" + "a" * 20_000)).content) < 300


async def test_raw_nonsense_does_not_end_the_server() -> None:
    engine = ScriptedEngine()
    async with running(engine) as port:
        for nonsense in (
            b"\x00\x01\x02\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"A" * 100_000,
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: abc\r\n\r\n",
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(nonsense)
            answer = await asyncio.wait_for(reader.read(), 10)
            writer.close()
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert json.loads(answer.split(b"\r\n\r\n")[1])["error"]["message"] == "this is no valid HTTP request"
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as made:
            assert (await made.get("/health")).json() == {"status": "ok"}


async def test_head_that_trickles_in_is_not_waited_for() -> None:
    async with running(ScriptedEngine(), head_seconds=0.3) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n")
        ended = asyncio.create_task(reader.read())
        for _ in range(100):
            await asyncio.wait((ended,), timeout=0.1)
            if ended.done():
                break
            writer.write(b"X: y\r\n")
        assert ended.done() and ended.result() == b""
        silent, silent_writer = await asyncio.open_connection("127.0.0.1", port)
        assert await asyncio.wait_for(silent.read(), 10) == b""
        silent_writer.close()
        writer.close()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as made:
            for _ in range(3):
                assert (await made.get("/health")).status_code == 200
                await asyncio.sleep(0.2)


async def test_those_who_hold_connections_shut_nobody_out_and_end_no_answer() -> None:
    engine = ScriptedEngine(replies=["word " * 10_000], seconds_per_token=0.01)
    async with running(engine, connections=8) as port:
        asked = {"messages": [{"role": "user", "content": "hi"}], "stream": True, "max_tokens": 9000}
        body = json.dumps(asked).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        reply, asker = await asyncio.open_connection("127.0.0.1", port)
        asker.write(head.encode() + body)
        await reply.readuntil(b"word")
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(30)]
        for _, writer in held[10:20]:
            writer.write(head.encode() + b"{")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as made:
            assert (await made.get("/health")).status_code == 200
        assert await asyncio.wait_for(held[0][0].read(), 10) == b"", "who has waited longest makes room"
        assert engine.cancelled == 0
        await asyncio.wait_for(reply.readuntil(b"word"), 10)
        for _, writer in (*held, (reply, asker)):
            writer.close()


def test_loopback_is_told_from_the_rest() -> None:
    assert all(is_loopback(host) for host in ("127.0.0.1", "localhost", "::1", "127.9.9.9"))
    assert not any(is_loopback(host) for host in ("0.0.0.0", "::", "192.168.0.1", "8.8.8.8"))
    assert not host_is_ours("192.168.0.1", "127.0.0.1") and host_is_ours("192.168.0.1", "0.0.0.0")


def test_other_machines_need_a_token_before_anything_listens() -> None:
    for host in ("0.0.0.0", "::"):
        with pytest.raises(UsageError, match="without a token"):
            bind(host, 0, "")
    with bind("0.0.0.0", 0, "sesame") as listening:
        assert listening.getsockname()[1]


def test_port_that_is_taken_is_said() -> None:
    with bind("127.0.0.1", 0, "") as listening:
        port = listening.getsockname()[1]
        with pytest.raises(AssistantError, match=f"another program listens there. Try: --port {port + 1}"):
            bind("127.0.0.1", port, "")


def test_command_refuses_to_serve_others_without_a_token() -> None:
    done = wizard("serve", "--host", "0.0.0.0")
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and "--token" in done.stderr
