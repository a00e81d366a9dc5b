"""Models on this machine: a GGUF file through the engine, a transformers checkpoint, and the choice between them."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.engine.api import (
    ChatMessage,
    ChatPrompt,
    GenerationRequest,
    ModelRefused,
    Sampling,
    TextPrompt,
    TokenPrompt,
)
from tests.fakes.tiny_checkpoints import tiny_checkpoint
from trainer.errors import TrainerError
from trainer.generators.generator import GeneratorOptions, open_generator

GREEDY = Sampling(temperature=0.0)


def chat(text: str, tokens: int) -> GenerationRequest:
    return GenerationRequest(ChatPrompt((ChatMessage("user", text),)), tokens, GREEDY)


@pytest.mark.slow
def test_the_starter_answers_in_order_and_survives_a_prompt_that_is_too_long(starter_model: Path) -> None:
    generator = open_generator(str(starter_model), GeneratorOptions(threads=1))
    try:
        requests = [chat("Say hello.", 8), chat("word " * 20_000, 8), chat("What is 2 + 2?", 8)]
        got = list(generator.generate(requests))
        assert [reply.stop_reason for reply in got][1] == "context_full"
        assert got[0].text and got[2].text and got[1].text == ""
        assert all(0 < reply.tokens <= 8 for reply in (got[0], got[2]))
        assert generator.name == starter_model.name
        assert next(generator.generate([requests[0]])).text == got[0].text
    finally:
        generator.close()


@pytest.mark.slow
def test_a_checkpoint_answers_a_batch_as_it_answers_one_by_one(
    tmp_path: Path, shared: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tiny_checkpoint(tmp_path / "tiny", "gpt_bigcode", shared / "data" / "vocab" / "ggml-vocab-refact.gguf")
    capfd.readouterr()
    generator = open_generator(str(folder), GeneratorOptions(concurrency=4, threads=1))
    assert capfd.readouterr() == ("", ""), "progress is shown by whoever asked, in the way that was asked for"
    requests = [GenerationRequest(TextPrompt("def f" + "oo " * n), 6 + n, GREEDY) for n in range(6)]
    requests += [GenerationRequest(TextPrompt("x " * 3000), 4, GREEDY), chat("Add two numbers.", 5)]
    together = list(generator.generate(requests))
    alone = [reply for request in requests for reply in generator.generate([request])]
    assert together == alone
    assert [reply.stop_reason for reply in together][6] == "context_full"
    assert all(reply.tokens <= request.max_tokens for reply, request in zip(together, requests, strict=True))
    text = together[0].text
    cut = GenerationRequest(requests[0].prompt, requests[0].max_tokens, GREEDY, (text[2:4],))
    (stopped,) = generator.generate([cut])
    assert (stopped.stop_reason, stopped.text) == ("stop", text[: text.index(text[2:4])])
    (drawn,) = generator.generate([GenerationRequest(TokenPrompt((5, 6, 7)), 3, Sampling(temperature=1.0, seed=1))])
    assert drawn.tokens <= 3
    generator.close()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.gguf", None, "no such file"),
        ("empty", "folder", "config.json"),
        ("bad.gguf", b"GGUFnothing", "bad.gguf"),
    ],
)
def test_what_is_no_model_is_refused_with_words(tmp_path: Path, name: str, content: object, words: str) -> None:
    place = tmp_path / name
    if content == "folder":
        place.mkdir()
    elif isinstance(content, bytes):
        place.write_bytes(content)
    with pytest.raises((TrainerError, ModelRefused), match=words):
        open_generator(str(place))
