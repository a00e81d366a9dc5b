"""Servers: many requests at once, replies in order, patience with trouble, and words for what cannot be mended."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from assistant.engine.api import ChatMessage, ChatPrompt, GenerationRequest, InfillPrompt, Sampling, TextPrompt
from tests.fakes.scripted_generator import teacher
from tests.fakes.scripted_server import ScriptedServer
from trainer.errors import TrainerError
from trainer.generators import openai_api
from trainer.generators.generator import GeneratorOptions, open_generator


def request(number: int) -> GenerationRequest:
    prompt = ChatPrompt((ChatMessage("user", f"The task:\nSort list {number}"),))
    return GenerationRequest(prompt, 64, Sampling(temperature=1.0, seed=number))


def replies(server: ScriptedServer, count: int, **options: object) -> list[str]:
    generator = open_generator(server.address, GeneratorOptions(**options))  # type: ignore[arg-type]
    try:
        return [reply.text for reply in generator.generate(request(n) for n in range(count))]
    finally:
        generator.close()


def test_replies_come_in_order_and_requests_fly_together() -> None:
    with ScriptedServer(seconds=0.2) as server:
        started = time.monotonic()
        got = replies(server, 60, concurrency=20)
        assert got == [teacher(request(n)) for n in range(60)]
        assert 5 <= server.most_at_once <= 20
        assert time.monotonic() - started < 60 * 0.2


def test_requests_are_taken_as_needed_and_not_all_at_once() -> None:
    taken = []

    def stream() -> Iterator[GenerationRequest]:
        for n in range(1000):
            taken.append(n)
            yield request(n)

    with ScriptedServer() as server:
        generator = open_generator(server.address, GeneratorOptions(concurrency=4))
        for _, reply in zip(range(3), generator.generate(stream()), strict=False):
            assert reply.text
        assert len(taken) < 50
        generator.close()


def test_a_busy_server_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_api, "_LONGEST_PAUSE", 0.02)
    with ScriptedServer(trouble=lambda number: (429, 503, None)[number % 3]) as server:
        server.headers = {"Retry-After": "0.01"}
        assert replies(server, 5, concurrency=1) == [teacher(request(n)) for n in range(5)]


def test_a_server_that_stays_busy_is_given_up_with_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_api, "_LONGEST_PAUSE", 0.01)
    with ScriptedServer(trouble=lambda number: 500) as server, pytest.raises(TrainerError, match="8 times in a row"):
        replies(server, 1)
    assert len(server.bodies) == 8


def test_a_prompt_that_is_too_long_is_answered_and_not_fatal() -> None:
    with ScriptedServer(trouble=lambda number: 400 if number == 1 else None) as server:
        server.error_text = "This model's maximum context length is 2048 tokens"
        generator = open_generator(server.address, GeneratorOptions(concurrency=1))
        got = list(generator.generate([request(0), request(1), request(2)]))
        generator.close()
    assert [(reply.stop_reason, bool(reply.text)) for reply in got] == [
        ("end", True),
        ("context_full", False),
        ("end", True),
    ]


def test_a_refusal_names_the_reason_and_what_helps() -> None:
    with ScriptedServer(trouble=lambda number: 401) as server:
        server.error_text = "bad key \x1b[2J"
        with pytest.raises(TrainerError, match="OPENAI_API_KEY") as caught:
            replies(server, 1)
    assert "\x1b" not in caught.value.sentence()


def test_nobody_there_is_said_at_once() -> None:
    with pytest.raises(TrainerError, match="cannot reach"):
        open_generator("http://127.0.0.1:9/v1")


def test_the_standard_fields_are_sent_and_plain_text_goes_to_completions() -> None:
    with ScriptedServer() as server:
        generator = open_generator(server.address.removesuffix("/v1"), GeneratorOptions(concurrency=1))
        text = GenerationRequest(TextPrompt("def f("), 5, Sampling(temperature=0.0, top_p=0.5, seed=3), ("\n\n",))
        assert generator.name.startswith("scripted-1b at http://127.0.0.1")
        list(generator.generate([text]))
        with pytest.raises(TrainerError):
            list(generator.generate([GenerationRequest(InfillPrompt("a", "b"))]))
        generator.close()
    assert server.bodies == [
        {
            "model": "scripted-1b",
            "max_tokens": 5,
            "temperature": 0.0,
            "top_p": 0.5,
            "seed": 3,
            "stop": ["\n\n"],
            "prompt": "def f(",
        }
    ]


def test_the_token_budget_ends_the_asking() -> None:
    with ScriptedServer() as server, pytest.raises(TrainerError, match="budget"):
        replies(server, 100, concurrency=1, token_budget=200)
    assert 1 < len(server.bodies) < 20


def test_requests_a_minute_are_kept_to() -> None:
    with ScriptedServer() as server:
        started = time.monotonic()
        replies(server, 6, requests_per_minute=1200.0)
        assert time.monotonic() - started >= 5 * 60 / 1200
