"""Token by token: what is prompt, what is learned, and that end-of-text is always last and never padded away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.engine.prompt.prompt_format import FAMILIES
from tests.fakes.tiny_checkpoints import tokenizer_from_gguf
from trainer.errors import TrainerError
from trainer.finetune.examples import Example
from trainer.finetune.sample_layout import SampleLayout, code_in, prepare_tokenizer

VOCABULARIES = ("refact", "qwen2", "gpt-2")
EOS = 0


def _tokenizer(shared: Path, name: str = "refact", prompt_format: str = "wizardcoder") -> Any:
    tokenizer = tokenizer_from_gguf(shared / "data" / "vocab" / f"ggml-vocab-{name}.gguf")
    prepare_tokenizer(tokenizer, prompt_format)
    return tokenizer


@pytest.fixture(scope="module")
def starcoder(shared: Path) -> Any:
    return _tokenizer(shared)


def test_sample_is_the_papers_prompt_then_the_response_then_end_of_text(starcoder: Any) -> None:
    layout = SampleLayout(starcoder, 512)
    (sample,) = layout.samples([Example("Add two numbers.", "def add(a, b):\n    return a + b")])
    assert sample is not None
    tokens = [starcoder.decode([i]) for i in sample.ids]
    assert tokens[sample.prompt - 3 : sample.prompt] == ["###", " Response", ":"]
    assert tokens[sample.prompt :] == [
        "def", " add", "(", "a", ",", " b", "):", "\n   ", " return", " a", " +", " b", "<|endoftext|>",
    ]  # fmt: skip
    assert starcoder.decode(sample.ids[: sample.prompt]) == (
        "Below is an instruction that describes a task. Write a response that appropriately completes the request."
        "\n\n### Instruction:\nAdd two numbers.\n\n### Response:"
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_lays_out_what_its_template_renders(shared: Path, family: str) -> None:
    tokenizer = _tokenizer(shared, "refact", family)
    layout = SampleLayout(tokenizer, 512)
    (sample,) = layout.samples([Example("Say hi.", "print('hi')")])
    assert sample is not None
    turns = [{"role": "user", "content": "Say hi."}, {"role": "assistant", "content": "print('hi')"}]
    prompt = tokenizer.apply_chat_template(turns[:1], tokenize=False, add_generation_prompt=True)
    whole = tokenizer.apply_chat_template(turns, tokenize=False)
    assert tokenizer.decode(sample.ids[: sample.prompt]) == prompt
    laid = tokenizer.decode(sample.ids)
    assert laid.removesuffix(tokenizer.eos_token) == whole.rstrip("\n").removesuffix(tokenizer.eos_token)
    assert sample.ids[-1] == tokenizer.eos_token_id


SPECIAL = ["<|endoftext|>", "<fim_prefix>", "<fim_middle>", "<fim_pad>", "### Response:"]


@given(
    asked=st.lists(st.sampled_from([*SPECIAL, "x", " ", "\n", "é", "日本", "12"]), min_size=1, max_size=8).map("".join),
    answered=st.lists(st.sampled_from([*SPECIAL, "y", "    ", "\n", "return", "🙂"]), min_size=1, max_size=12).map(
        "".join
    ),
    longest=st.integers(40, 90),
)
@settings(max_examples=60, deadline=None)
def test_special_tokens_in_a_lesson_are_text_and_end_of_text_is_last_and_only_once(
    starcoder: Any, asked: str, answered: str, longest: int
) -> None:
    (sample,) = SampleLayout(starcoder, longest).samples([Example(asked, answered)])
    if sample is None:
        assert len(SampleLayout(starcoder, 4096).samples([Example(asked, "")])[0].ids) >= longest  # type: ignore[union-attr]
        return
    assert len(sample.ids) <= longest
    assert sample.ids[-1] == EOS
    assert all(i > 18 for i in sample.ids[:-1]), "a special token's id came from the text of an example"
    learned = starcoder.decode(sample.ids[sample.prompt : -1])
    assert answered.startswith(learned.rstrip("�")) if sample.cut else learned == answered


@pytest.mark.parametrize("name", VOCABULARIES)
def test_pad_token_exists_and_is_never_end_of_text(shared: Path, name: str) -> None:
    tokenizer = tokenizer_from_gguf(shared / "data" / "vocab" / f"ggml-vocab-{name}.gguf")
    size = len(tokenizer)
    if name == "gpt-2":
        with pytest.raises(TrainerError, match="no special token besides end-of-text"):
            prepare_tokenizer(tokenizer, "wizardcoder")
        return
    prepare_tokenizer(tokenizer, "wizardcoder")
    assert tokenizer.pad_token_id not in (None, tokenizer.eos_token_id)
    assert len(tokenizer) == size
    assert tokenizer.added_tokens_decoder[tokenizer.pad_token_id].special
    if name == "refact":
        assert tokenizer.pad_token == "<fim_pad>"


@given(
    code=st.text(st.sampled_from("ab \n(:é🙂1"), min_size=1, max_size=60),
    seed=st.text(max_size=3),
    rate=st.sampled_from([0.0, 1.0]),
)
@settings(max_examples=60, deadline=None)
def test_infill_sample_holds_the_code_and_learns_the_middle(starcoder: Any, code: str, seed: str, rate: float) -> None:
    layout = SampleLayout(starcoder, 512)
    sample = layout.infill_sample(code, seed, rate)
    assert sample is not None and sample == layout.infill_sample(code, seed, rate)
    text = starcoder.decode(sample.ids)
    if rate:
        start, rest = text.removeprefix("<fim_prefix><fim_suffix>").split("<fim_middle>")
        suffix, prefix_and_middle = start, rest.removesuffix("<|endoftext|>")
        assert prefix_and_middle + suffix == code
    else:
        prefix, rest = text.removeprefix("<fim_prefix>").split("<fim_suffix>")
        suffix, middle = rest.removesuffix("<|endoftext|>").split("<fim_middle>")
        assert prefix + middle + suffix == code
        assert starcoder.decode(sample.ids[sample.prompt : -1]) == middle


@pytest.mark.parametrize(
    ("response", "code"),
    [
        ("Here:\n```python\nx = 1\n```\nDone.", "x = 1\n"),
        ("def f():\n    return 1", "def f():\n    return 1"),
        ("The answer is 42.", None),
        ("```\nopen fence", None),
    ],
)
def test_code_of_a_response_is_found(response: str, code: str | None) -> None:
    assert code_in(response) == code


@pytest.mark.parametrize(
    "template",
    [
        "{{ raise_exception('no') }}",
        "{{ messages[0]['content'] }}",
        "nothing of yours",
        "{% for m in messages %}{{ m['content'] * 2 }}{% endfor %}",
    ],
)
def test_template_that_shows_no_question_and_answer_is_refused(shared: Path, template: str) -> None:
    tokenizer = tokenizer_from_gguf(shared / "data" / "vocab" / "ggml-vocab-refact.gguf")
    tokenizer.chat_template = template
    prepare_tokenizer(tokenizer, "model")
    with pytest.raises(TrainerError, match="cannot use the chat template"):
        SampleLayout(tokenizer, 100)


def test_unknown_prompt_format_and_missing_template_are_refused(starcoder: Any, shared: Path) -> None:
    with pytest.raises(TrainerError, match=r"no prompt format chatty.*wizardcoder"):
        prepare_tokenizer(starcoder, "chatty")
    bare = tokenizer_from_gguf(shared / "data" / "vocab" / "ggml-vocab-refact.gguf")
    bare.chat_template = None
    with pytest.raises(TrainerError, match="has no chat template"):
        prepare_tokenizer(bare, "model")
