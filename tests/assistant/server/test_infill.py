"""/infill as llama.vim asks for it."""

from __future__ import annotations

import json
from typing import Any

import httpx

from assistant.engine.api import Choice, InfillPrompt
from tests.assistant.server.running_server import InfillEngine, running

# What llama.vim sends for a completion (its defaults).
LLAMA_VIM: dict[str, Any] = {
    "id_slot": 0,
    "input_prefix": "def add(a, b):\n",
    "input_suffix": "\n\nprint(add(1, 2))\n",
    "input_extra": [{"filename": "other.py", "text": "def sub(a, b):\n    return a - b\n", "time": [1, 2]}],
    "prompt": "    ret",
    "n_predict": 128,
    "stop": [],
    "n_indent": 4,
    "top_k": 40,
    "top_p": 0.90,
    "stream": False,
    "samplers": ["top_k", "top_p", "infill"],
    "cache_prompt": True,
    "t_max_prompt_ms": 500,
    "t_max_predict_ms": 1000,
    "response_fields": ["content", "timings/prompt_n", "timings/predicted_n", "truncated", "tokens_cached"],
}


# A loaded machine may need longer than an editor waits; what waiting does has tests of its own.
PATIENT = LLAMA_VIM | {"t_max_prompt_ms": 30_000, "t_max_predict_ms": 30_000}


async def ask(engine: InfillEngine, **changes: Any) -> Any:
    async with running(engine) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        answer = await client.post("/infill", json=PATIENT | changes, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer


async def test_request_of_llama_vim_is_answered() -> None:
    engine = InfillEngine(replies=["urn a + b"])
    answer = (await ask(engine, response_fields=[])).json()
    assert answer["content"] == "urn a + b" and answer["stop"] is True and answer["truncated"] is False
    assert answer["timings"]["predicted_n"] > 0 and answer["timings"]["prompt_ms"] > 0
    assert answer["generation_settings"]["n_ctx"] == 8192
    request = engine.requests[0]
    assert isinstance(request.prompt, InfillPrompt)
    assert request.prompt.prefix.endswith("def add(a, b):\n") and request.prompt.suffix == LLAMA_VIM["input_suffix"]
    assert "return a - b" in request.prompt.prefix
    assert request.max_tokens == 128 + len(await engine.tokenize(" ret"))


async def test_word_at_the_cursor_is_written_again_and_not_told_twice() -> None:
    engine = InfillEngine(replies=[" return a + b"])
    assert (await ask(engine)).json()["content"] == "urn a + b"
    request = engine.requests[0]
    assert isinstance(request.prompt, InfillPrompt) and request.prompt.middle == "   "
    assert request.choices == (Choice("", (" ret",), ""),)


async def test_word_that_is_written_again_takes_nothing_from_what_was_asked_for() -> None:
    engine = InfillEngine(replies=[" configuration_of_everything = read(path)"])
    fields = ["content", "tokens_predicted", "timings/predicted_n", "stop_type"]
    answer = await ask(engine, prompt="    configuration_of_everything", n_predict=2, response_fields=fields)
    told = answer.json()
    assert told["content"].startswith(" = ") and told["stop_type"] == "limit"
    assert told["tokens_predicted"] == told["timings/predicted_n"] == 2


async def test_fields_that_are_null_are_left_open() -> None:
    asked = dict.fromkeys(
        ("n_predict", "n_indent", "stop", "stream", "samplers", "top_k", "cache_prompt", "input_extra")
    )
    engine = InfillEngine(replies=["text"])
    assert (await ask(engine, **asked, response_fields=None)).json()["content"] == "text"


async def test_grammar_holds_behind_the_cursor_so_nothing_is_written_again() -> None:
    engine = InfillEngine(replies=["urn 1"])
    assert (await ask(engine, grammar='root ::= "urn 1"')).json()["content"] == "urn 1"
    request = engine.requests[0]
    assert isinstance(request.prompt, InfillPrompt) and request.prompt.middle == "    ret"
    assert request.choices == () and request.sampling.grammar == 'root ::= "urn 1"'


async def test_what_an_infill_cannot_be_asked_is_refused_and_not_passed_over() -> None:
    engine = InfillEngine()
    async with running(engine) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for field, value in (("n_cmpl", 2), ("json_schema", {"type": "object"}), ("logit_bias", [[5, False]])):
            answer = await client.post("/infill", json=LLAMA_VIM | {field: value})
            assert answer.status_code == 400 and field in answer.json()["error"]["message"]
        assert (await client.post("/infill", json=LLAMA_VIM | {"n_cmpl": 1, "logit_bias": []})).status_code == 200
    assert len(engine.requests) == 1


async def test_only_the_samplers_that_are_named_choose() -> None:
    engine = InfillEngine(replies=["x"])
    await ask(engine)
    await ask(engine, samplers=["temperature", "min_p"], temperature=0.5, min_p=0.3)
    await ask(engine, samplers="kt", temperature=0.5, repeat_penalty=1.5)
    await ask(engine, samplers=None)
    vim, two, letters, default = (request.sampling for request in engine.requests)
    assert (vim.top_k, vim.top_p, vim.min_p, vim.repeat_penalty, vim.temperature) == (40, 0.9, 0.0, 1.0, 0.0)
    assert (two.top_k, two.top_p, two.min_p, two.temperature) == (0, 1.0, 0.3, 0.5)
    assert (letters.top_k, letters.top_p, letters.temperature, letters.repeat_penalty) == (40, 1.0, 0.5, 1.0)
    assert (default.top_k, default.top_p, default.repeat_penalty) == (40, 0.9, 1.0)


async def test_answer_holds_the_fields_that_are_asked_for() -> None:
    answer = (await ask(InfillEngine(replies=["urn a + b"]))).json()
    assert set(answer) == set(LLAMA_VIM["response_fields"]) and answer["timings/predicted_n"] > 0
    nothing = (await ask(InfillEngine(), n_predict=0, response_fields=[""])).json()
    assert nothing == {}


async def test_prompt_that_takes_too_long_is_answered_by_nothing_and_read_on() -> None:
    engine = InfillEngine(replies=["text"], seconds_per_token=0.3)
    async with running(engine) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        late = await client.post("/infill", json=LLAMA_VIM | {"t_max_prompt_ms": 20})
        assert late.json()["content"] == "" and engine.cancelled == 0
        again = await client.post("/infill", json=LLAMA_VIM | {"t_max_prompt_ms": 30_000})
        assert again.json()["content"] == "text" and engine.cancelled == 1, "one prompt is read at a time"


async def test_stream_ends_with_its_stats() -> None:
    answer = await ask(InfillEngine(replies=["urn a + b"]), stream=True)
    events = [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line]
    assert "".join(event["content"] for event in events) == "urn a + b"
    assert [event["stop"] for event in events] == [False] * (len(events) - 1) + [True]


async def test_reply_ends_where_a_line_leaves_the_block() -> None:
    engine = InfillEngine(replies=["urn a + b\n    # done\n\nclass Next:\n    pass\n" + "x = 1\n" * 500])
    answer = (await ask(engine)).json()
    assert answer["content"] == "urn a + b\n    # done\n\n"
    assert answer["timings/predicted_n"] > 0 and answer["timings/prompt_n"] > 0
    assert engine.cancelled == 1


async def test_reply_ends_when_the_client_has_waited_long_enough_for_a_line() -> None:
    engine = InfillEngine(replies=["urn a\n" + "    more\n" * 2000], seconds_per_token=0.005)
    answer = (await ask(engine, t_max_predict_ms=200, n_predict=5000)).json()
    assert answer["timings/predicted_n"] < 2000 and answer["content"].startswith("urn a\n")


async def test_warming_up_gives_no_text() -> None:
    assert (await ask(InfillEngine(replies=["text"]), n_predict=0)).json()["content"] == ""


async def test_long_file_is_cut_around_the_cursor_and_snippets_give_way_first() -> None:
    engine = InfillEngine(replies=["x"], context_size=400)
    before = "".join(f"before {n}\n" for n in range(500))
    after = "".join(f"after {n}\n" for n in range(500))
    await ask(engine, input_prefix=before, input_suffix=after)
    prompt = engine.requests[0].prompt
    assert isinstance(prompt, InfillPrompt)
    assert prompt.prefix.endswith("before 499\n") and prompt.suffix.startswith("after 0\n")
    assert await engine.count_tokens(prompt) <= 400 - 128 and "return a - b" not in prompt.prefix


async def test_tokens_are_counted_by_the_model() -> None:
    engine = InfillEngine()
    async with running(engine) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        answer = await client.post("/tokenize", json={"content": "one two three"})
    assert answer.json()["tokens"] == list(await engine.tokenize("one two three"))
