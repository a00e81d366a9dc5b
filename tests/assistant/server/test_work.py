"""Generations are bounded in number, cancelled when their client goes, and refused with a status of their own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant.config import Config
from assistant.engine.api import Chunk, EngineCrashed, GenerationRequest, ModelSpec, Sampling, TextPrompt
from assistant.engine.client import EngineClient
from assistant.server.app import Routes, build_app
from assistant.server.guard import Refusal, Rules
from assistant.server.stuck import Watch
from assistant.server.work import Work
from tests.assistant.server.running_server import InfillEngine, running
from tests.fakes.fim_gguf import write_fim_model
from tests.fakes.scripted_engine import ScriptedEngine

CHAT: dict[str, Any] = {"messages": [{"role": "user", "content": "hello"}]}


def raw(path: str, body: dict[str, Any]) -> bytes:
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("path", "body"),
    [("/v1/chat/completions", CHAT), ("/v1/completions", {"prompt": "x"}), ("/infill", {"input_prefix": "x"})],
)
@pytest.mark.parametrize("stream", [True, False])
async def test_client_that_goes_away_cancels_its_generation(path: str, body: dict[str, Any], stream: bool) -> None:
    engine = InfillEngine(replies=["word " * 10_000], seconds_per_token=0.01)
    async with running(engine) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(raw(path, body | {"stream": stream, "max_tokens": 9000}))
        if stream:
            await reader.readuntil(b"word")
        else:
            await until(lambda: engine.requests)
            await asyncio.sleep(0.05)
        assert engine.cancelled == 0
        writer.close()
        await until(lambda: engine.cancelled == 1)


async def test_more_requests_than_the_server_holds_are_turned_away() -> None:
    engine = ScriptedEngine(replies=["word " * 60], seconds_per_token=0.01)
    async with running(engine, most=2) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        posts = [asyncio.create_task(client.post("/v1/chat/completions", json=CHAT)) for _ in range(2)]
        await until(lambda: len(engine.requests) == 2)
        third = await client.post("/v1/chat/completions", json=CHAT | {"stream": True})
        assert third.status_code == 503 and third.json()["error"]["code"] == "overloaded"
        assert third.headers["retry-after"] == "1"
        assert [(await post).status_code for post in posts] == [200, 200]
        assert (await client.post("/v1/chat/completions", json=CHAT)).status_code == 200


async def test_prompt_that_does_not_fit_is_400_in_a_stream_too() -> None:
    engine = ScriptedEngine(context_size=50)
    async with running(engine) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for stream in (False, True):
            messages = [{"role": "user", "content": "many words " * 100}]
            answer = await client.post("/v1/chat/completions", json={"messages": messages, "stream": stream})
            assert answer.status_code == 400 and answer.json()["error"]["code"] == "context_length_exceeded"


async def test_engine_that_crashes_in_a_reply_is_said_and_the_server_goes_on() -> None:
    engine = ScriptedEngine(replies=["one two three four"], crash_after=2)
    async with running(engine) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        answer = await client.post("/v1/chat/completions", json=CHAT | {"stream": True})
        events = [line.removeprefix("data: ") for line in answer.text.splitlines() if line]
        assert answer.status_code == 200 and json.loads(events[-1])["error"]["code"] == "engine_crashed"
        assert (await client.post("/v1/chat/completions", json=CHAT)).status_code == 200
        engine.crash_after = 0
        assert (await client.post("/v1/chat/completions", json=CHAT)).status_code == 500


@dataclass
class DeafEngine(ScriptedEngine):
    """As one whose grammar keeps llama.cpp busy for ever: it says nothing more until it is ended."""

    ends: asyncio.Event = field(default_factory=asyncio.Event)

    async def generate(self, request: GenerationRequest) -> AsyncIterator[Chunk]:
        if request.sampling.grammar is not None:
            await self.ends.wait()
            raise EngineCrashed("the engine was closed")
        async for chunk in super().generate(request):
            yield chunk

    async def tokenize(self, text: str, special: bool = False) -> Sequence[int]:
        if not self.ends.is_set():
            await asyncio.Event().wait()
        return await super().tokenize(text, special)

    async def close(self) -> None:
        self.ends.set()


async def test_engine_that_a_grammar_keeps_busy_is_ended_and_the_client_told_why() -> None:
    engine = DeafEngine(replies=["one"])
    engine.loaded = replace(await engine.load(ModelSpec("/m.gguf")), parameters=0)
    work = Work(engine, watch=Watch(engine, least=0.1, every=0.01))
    endless = GenerationRequest(TextPrompt("x"), 9, Sampling(grammar='root ::= "a"'))
    with pytest.raises(Refusal, match="the grammar takes too long"):
        await work.whole(endless)
    assert (await work.whole(GenerationRequest(TextPrompt("x"), 9)))[0] == "one"
    assert work.running == 0


async def test_engine_without_a_grammar_may_be_busy_for_as_long_as_it_takes() -> None:
    engine = DeafEngine(replies=["one two three"], seconds_per_token=0.1)
    engine.loaded = replace(await engine.load(ModelSpec("/m.gguf")), parameters=0)
    work = Work(engine, watch=Watch(engine, least=0.01, every=0.01))
    assert (await work.whole(GenerationRequest(TextPrompt("x"), 9)))[0] == "one two three"
    assert not engine.ends.is_set()


@pytest.mark.slow
async def test_grammar_that_llama_cpp_never_finishes_is_survived(tmp_path: Path) -> None:
    engine = EngineClient(remember=False)
    try:
        await engine.load(ModelSpec(str(write_fim_model(tmp_path / "m.gguf"))))
        rules = "\n".join(f"r{n} ::= (r{n + 1} | r{n + 1} | r{n + 1} r{n + 1})" for n in range(25))
        endless = GenerationRequest(TextPrompt("x"), 4, Sampling(grammar=f'root ::= r0\n{rules}\nr25 ::= "a"'))
        work = Work(engine, watch=Watch(engine, least=2, every=0.1))
        with pytest.raises(Refusal, match="the grammar takes too long"):
            await work.whole(endless)
        simple = GenerationRequest(TextPrompt("x"), 4, Sampling(temperature=0, grammar='root ::= "ab"'))
        assert (await Work(engine).whole(simple))[0] == "ab"
    finally:
        await engine.close()


async def test_completions_go_on_after_a_crash() -> None:
    engine = InfillEngine(replies=["one two three"], crash_after=1)
    async with running(engine) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        assert (await client.post("/infill", json={"input_prefix": "x"})).status_code == 500
        assert engine.loaded is None and (await client.get("/v1/models")).status_code == 200
        assert (await client.post("/infill", json={"input_prefix": "x"})).json()["content"] == "one two three"


async def test_stream_has_the_events_of_openai() -> None:
    engine = ScriptedEngine(replies=["one two"])
    async with running(engine) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        body = CHAT | {"stream": True, "stream_options": {"include_usage": True}}
        lines = [line for line in (await client.post("/v1/chat/completions", json=body)).text.splitlines() if line]
    assert all(line.startswith("data: ") for line in lines) and lines[-1] == "data: [DONE]"
    events = [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]
    assert events[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert "".join(event["choices"][0]["delta"].get("content", "") for event in events[:-1]) == "one two"
    assert events[-2]["choices"][0]["finish_reason"] == "stop"
    assert events[-1]["choices"] == [] and events[-1]["usage"]["completion_tokens"] == 2
    assert len({event["id"] for event in events}) == 1


async def test_what_the_client_asks_for_reaches_the_engine() -> None:
    engine = ScriptedEngine()
    async with running(engine) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        body = CHAT | {"temperature": 0.7, "top_p": 0.5, "seed": 7, "stop": ["a", ""], "max_completion_tokens": 9}
        await client.post("/v1/chat/completions", json=body)
        await client.post("/v1/completions", json={"prompt": [1, 2, 3], "stop": "x"})
    chat, text = engine.requests
    assert (chat.sampling.temperature, chat.sampling.top_p, chat.sampling.seed) == (0.7, 0.5, 7)
    assert chat.stop == ("a",) and chat.max_tokens == 9
    assert text.prompt.tokens == (1, 2, 3) and text.stop == ("x",)  # type: ignore[union-attr]


async def test_fields_that_are_null_are_left_open() -> None:
    open_fields = dict.fromkeys(
        ("stream", "stop", "n", "temperature", "tools", "response_format", "max_tokens", "user")
    )
    engine = ScriptedEngine()
    async with running(engine) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        assert (await client.post("/v1/chat/completions", json=CHAT | open_fields)).status_code == 200
        nothing = {"prompt": "x", "echo": None, "suffix": None, "stream_options": {"include_usage": None}}
        assert (await client.post("/v1/completions", json=open_fields | nothing | {"stream": True})).status_code == 200


async def test_one_list_of_tokens_is_a_prompt_and_two_are_too_many() -> None:
    engine = ScriptedEngine()
    async with running(engine) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        assert (await client.post("/v1/completions", json={"prompt": [[1, 2]]})).status_code == 200
        two = await client.post("/v1/completions", json={"prompt": [[1], [2]]})
    assert engine.requests[0].prompt.tokens == (1, 2)  # type: ignore[union-attr]
    assert two.status_code == 400 and "one reply at a time" in two.json()["error"]["message"]


async def test_suffix_behind_tokens_is_refused_and_not_passed_over() -> None:
    async with running(InfillEngine()) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        answer = await client.post("/v1/completions", json={"prompt": [1, 2], "suffix": "x"})
    assert answer.status_code == 400 and "suffix" in answer.json()["error"]["message"]


async def test_model_is_found_by_its_name() -> None:
    async with running(ScriptedEngine()) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        assert (await client.get("/v1/models/scripted")).json()["id"] == "scripted"
        other = await client.get("/v1/models/gpt-4")
    assert other.status_code == 404 and other.json()["error"]["code"] == "model_not_found"


async def test_model_that_is_still_being_loaded_is_said_and_not_waited_for() -> None:
    engine = ScriptedEngine()
    transport = httpx.ASGITransport(build_app(Routes(engine, "scripted", Config()), Rules()))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        asked = [("/v1/chat/completions", CHAT), ("/v1/completions", {"prompt": "x"})]
        asked += [("/infill", {"input_prefix": "x"}), ("/tokenize", {"content": "x"})]
        early = [await client.get("/health"), await client.get("/v1/models")]
        early += [await client.post(path, json=body) for path, body in asked]
        assert [answer.status_code for answer in early] == [503] * 6 and not engine.requests
        assert early[0].json()["error"]["code"] == "loading" and early[0].headers["retry-after"] == "1"
        await engine.load(ModelSpec("/models/scripted.gguf"))
        assert (await client.get("/health")).json() == {"status": "ok"}
        assert (await client.post("/v1/chat/completions", json=CHAT)).status_code == 200
