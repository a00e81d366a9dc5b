"""Golden texts of every family, and which family a model belongs to."""

from __future__ import annotations

import pytest

from assistant.engine.prompt.prompt_format import FAMILIES, Gap, family_of
from assistant.engine.prompt.template_child import render

_CONVERSATION = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Add 1 and 2.\n"},
    {"role": "assistant", "content": "3"},
    {"role": "user", "content": "And 4?"},
]
_ALPACA_OPENING = (
    "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
)

GOLDEN = {
    "wizardcoder": (
        _ALPACA_OPENING + "### Instruction:\nBe brief.\n\nAdd 1 and 2.\n\n\n### Response:3</s>\n\n"
        "### Instruction:\nAnd 4?\n\n### Response:"
    ),
    "alpaca": (
        "Be brief.\n\n### Instruction:\nAdd 1 and 2.\n\n\n### Response:\n3</s>\n\n"
        "### Instruction:\nAnd 4?\n\n### Response:\n"
    ),
    "starcoder": "Question: Be brief.\n\nAdd 1 and 2.\n\n\nAnswer: 3</s>\n\nQuestion: And 4?\n\nAnswer:",
    "starcoder2": (
        "<s>Be brief.\n\n### Instruction\nAdd 1 and 2.\n\n\n### Response\n3</s>\n\n"
        "### Instruction\nAnd 4?\n\n### Response\n"
    ),
    "deepseek-coder": (
        "<s>Be brief.\n### Instruction:\nAdd 1 and 2.\n\n### Response:\n3\n<|EOT|>\n"
        "### Instruction:\nAnd 4?\n### Response:\n"
    ),
    "qwen-coder": (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nAdd 1 and 2.\n<|im_end|>\n"
        "<|im_start|>assistant\n3<|im_end|>\n<|im_start|>user\nAnd 4?<|im_end|>\n<|im_start|>assistant\n"
    ),
    "chatml": (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nAdd 1 and 2.\n<|im_end|>\n"
        "<|im_start|>assistant\n3<|im_end|>\n<|im_start|>user\nAnd 4?<|im_end|>\n<|im_start|>assistant\n"
    ),
    "codellama": "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nAdd 1 and 2.\n [/INST] 3 </s><s>[INST] And 4? [/INST]",
    "llama-2": "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nAdd 1 and 2.\n [/INST] 3 </s><s>[INST] And 4? [/INST]",
    "llama-3": (
        "<s><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nAdd 1 and 2.\n<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n3<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nAnd 4?<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    ),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_family_lays_a_conversation_out_as_it_was_trained(name: str) -> None:
    job = {"template": FAMILIES[name].template, "messages": _CONVERSATION, "bos_token": "<s>", "eos_token": "</s>"}
    assert render(job) == GOLDEN[name]


def test_wizardcoder_without_a_system_message_is_the_paper_s_prompt_to_the_letter() -> None:
    job = {
        "template": FAMILIES["wizardcoder"].template,
        "messages": [{"role": "user", "content": "Write a quine."}],
        "bos_token": "<|endoftext|>",
        "eos_token": "<|endoftext|>",
    }
    assert render(job) == _ALPACA_OPENING + "### Instruction:\nWrite a quine.\n\n### Response:"


@pytest.mark.parametrize("name", FAMILIES)
def test_template_means_the_same_where_blocks_are_not_trimmed(name: str) -> None:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    plain = ImmutableSandboxedEnvironment().from_string(FAMILIES[name].template)
    text = plain.render(messages=_CONVERSATION, add_generation_prompt=True, bos_token="<s>", eos_token="</s>")
    assert text == GOLDEN[name]


@pytest.mark.parametrize("name", [name for name, row in FAMILIES.items() if row.infill])
def test_infill_layout_names_each_side_of_the_gap_once(name: str) -> None:
    layout = FAMILIES[name].infill
    assert layout is not None
    for order in (layout.prefix_first, layout.suffix_first):
        sides = [part for part in order if isinstance(part, Gap)]
        assert not order or sorted(side.name for side in sides) == ["PREFIX", "SUFFIX"]


@pytest.mark.parametrize(
    ("architecture", "name", "vocabulary", "family"),
    [
        ("starcoder", "WizardCoder 15B V1.0", {"<fim_prefix>"}, "wizardcoder"),
        ("starcoder", "starcoderbase-1b", {"<fim_prefix>"}, "starcoder"),
        ("starcoder2", "starcoder2-3b", {"<fim_prefix>"}, "starcoder2"),
        ("llama", "deepseek-coder-1.3b-instruct", {"<｜fim▁begin｜>", "<｜fim▁hole｜>"}, "deepseek-coder"),
        ("qwen2", "Qwen2.5 Coder", {"<|im_start|>", "<|im_end|>", "<|fim_prefix|>"}, "qwen-coder"),
        ("llama", "SmolLM2", {"<|im_start|>", "<|im_end|>"}, "chatml"),
        ("llama", "CodeLlama-7b", {"▁<PRE>", "▁<SUF>", "▁<MID>"}, "codellama"),
        ("llama", "Meta-Llama-3", {"<|start_header_id|>", "<|eot_id|>"}, "llama-3"),
        ("llama", "Llama-2-7b-chat", set(), "llama-2"),
        ("gpt2", "some base model", set(), "alpaca"),
    ],
)
def test_model_is_recognised(architecture: str, name: str, vocabulary: set[str], family: str) -> None:
    assert family_of(architecture, name, vocabulary).name == family
