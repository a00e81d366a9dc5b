"""How each model family wants a conversation and a gap laid out: one row of plain data each.

A model's own chat template always wins; this table is for files that carry none, and it is what the trainer writes into
the tokenizers that it makes. Nothing is rendered or tokenized here (`llama.prompt_layout` and `template` do that), and llama.cpp is
not imported.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum


class Gap(Enum):
    """A place in an infill layout that text of the user's goes to."""

    PREFIX = "prefix"
    SUFFIX = "suffix"


@dataclass(frozen=True)
class InfillLayout:
    """The order in which a family was trained to see a gap: texts of special tokens and the two sides of the gap."""

    prefix_first: tuple[str | Gap, ...]
    """Prefix, suffix, middle (PSM)."""
    suffix_first: tuple[str | Gap, ...] = ()
    """Suffix, prefix, middle (SPM): one key press costs one new token; empty where the family never saw it."""


@dataclass(frozen=True)
class Family:
    """One model family.

    `template` is a Jinja chat template that uses `messages`, `add_generation_prompt`, `bos_token` and `eos_token`, as
    in a Hugging Face tokenizer. A model belongs to the first row all of whose `tokens` are in its vocabulary, whose
    `architectures` (if any) hold its own, and one of whose `names` (if any) is part of its name.
    """

    name: str
    title: str
    template: str
    stop: tuple[str, ...] = ()
    """Texts at which a reply is over, for families that mark turns by words rather than by tokens."""
    infill: InfillLayout | None = None
    names: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()

    def matches(self, architecture: str, name: str, vocabulary: Collection[str]) -> bool:
        """Whether a model with this architecture, name (any case) and special tokens is of this family."""
        return (
            all(token in vocabulary for token in self.tokens)
            and (not self.architectures or architecture in self.architectures)
            and (not self.names or any(part in name.lower() for part in self.names))
        )


# In all templates: text after a block tag starts with a print statement, because renderers that trim blocks (Hugging
# Face, llama.cpp) eat the newline there. A system message goes into the first instruction where a family knows none.
_SPLIT_SYSTEM = (
    "{% if messages[0]['role'] == 'system' %}"
    "{% set system = messages[0]['content'] %}{% set turns = messages[1:] %}"
    "{% else %}{% set system = '' %}{% set turns = messages %}{% endif %}"
)
_SYSTEM_FIRST = "{% if loop.first and system %}{{ system + '\\n\\n' }}{% endif %}"

_WIZARDCODER = (
    _SPLIT_SYSTEM + "{{ 'Below is an instruction that describes a task. "
    "Write a response that appropriately completes the request.\\n\\n' }}"
    "{% for message in turns %}{% if message['role'] == 'user' %}"
    "{{ '### Instruction:\\n' }}" + _SYSTEM_FIRST + "{{ message['content'] + '\\n\\n' }}"
    "{% else %}{{ '### Response:' + message['content'] + eos_token }}{% if not loop.last %}{{ '\\n\\n' }}{% endif %}"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '### Response:' }}{% endif %}"
)

_ALPACA = (
    _SPLIT_SYSTEM + "{{ (system or 'Below is an instruction that describes a task. "
    "Write a response that appropriately completes the request.') + '\\n\\n' }}"
    "{% for message in turns %}{% if message['role'] == 'user' %}"
    "{{ '### Instruction:\\n' + message['content'] + '\\n\\n' }}"
    "{% else %}{{ '### Response:\\n' + message['content'] + eos_token }}{% if not loop.last %}{{ '\\n\\n' }}{% endif %}"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '### Response:\\n' }}{% endif %}"
)

_STARCODER = (
    _SPLIT_SYSTEM + "{% for message in turns %}{% if message['role'] == 'user' %}"
    "{{ 'Question: ' }}" + _SYSTEM_FIRST + "{{ message['content'] + '\\n\\n' }}"
    "{% else %}{{ 'Answer: ' + message['content'] + eos_token }}{% if not loop.last %}{{ '\\n\\n' }}{% endif %}"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'Answer:' }}{% endif %}"
)

_STARCODER2 = (
    _SPLIT_SYSTEM + "{{ bos_token + (system or 'You are an exceptionally intelligent coding assistant that "
    "consistently delivers accurate and reliable responses to user instructions.') + '\\n\\n' }}"
    "{% for message in turns %}{% if message['role'] == 'user' %}"
    "{{ '### Instruction\\n' + message['content'] + '\\n\\n' }}"
    "{% else %}{{ '### Response\\n' + message['content'] + eos_token }}{% if not loop.last %}{{ '\\n\\n' }}{% endif %}"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '### Response\\n' }}{% endif %}"
)

_TURNS_CHATML = (
    "{% for message in turns %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
_CHATML = "{% set turns = messages %}" + _TURNS_CHATML
_QWEN = (
    _SPLIT_SYSTEM + "{{ '<|im_start|>system\\n' "
    "+ (system or 'You are Qwen, created by Alibaba Cloud. You are a helpful assistant.') + '<|im_end|>\\n' }}"
) + _TURNS_CHATML

_LLAMA2 = (
    _SPLIT_SYSTEM + "{% for message in turns %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' }}"
    "{% if loop.first and system %}{{ '<<SYS>>\\n' + system + '\\n<</SYS>>\\n\\n' }}{% endif %}"
    "{{ message['content'] + ' [/INST]' }}{% else %}{{ ' ' + message['content'] + ' ' + eos_token }}"
    "{% endif %}{% endfor %}"
)

_LLAMA3 = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] + '<|eot_id|>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"
)

_DEEPSEEK_CODER = (
    _SPLIT_SYSTEM + "{{ bos_token + (system or 'You are an AI programming assistant, utilizing the DeepSeek Coder "
    "model, developed by DeepSeek Company, and you only answer questions related to computer science. For politically "
    "sensitive questions, security and privacy issues, and other non-computer science questions, you will refuse to "
    "answer.') + '\\n' }}"
    "{% for message in turns %}{% if message['role'] == 'user' %}"
    "{{ '### Instruction:\\n' + message['content'] + '\\n' }}"
    "{% else %}{{ '### Response:\\n' + message['content'] + '\\n<|EOT|>\\n' }}"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '### Response:\\n' }}{% endif %}"
)

_BIGCODE_INFILL = InfillLayout(
    prefix_first=("<fim_prefix>", Gap.PREFIX, "<fim_suffix>", Gap.SUFFIX, "<fim_middle>"),
    suffix_first=("<fim_prefix>", "<fim_suffix>", Gap.SUFFIX, "<fim_middle>", Gap.PREFIX),
)
_QWEN_INFILL = InfillLayout(
    prefix_first=("<|fim_prefix|>", Gap.PREFIX, "<|fim_suffix|>", Gap.SUFFIX, "<|fim_middle|>"),
)
_DEEPSEEK_INFILL = InfillLayout(
    prefix_first=("<｜fim▁begin｜>", Gap.PREFIX, "<｜fim▁hole｜>", Gap.SUFFIX, "<｜fim▁end｜>"),
)
_CODELLAMA_INFILL = InfillLayout(
    prefix_first=("▁<PRE>", Gap.PREFIX, "▁<SUF>", Gap.SUFFIX, "▁<MID>"),
    suffix_first=("▁<PRE>", "▁<SUF>", Gap.SUFFIX, "▁<MID>", Gap.PREFIX),
)

_ROWS = (
    Family(
        name="wizardcoder",
        title="WizardCoder",
        template=_WIZARDCODER,
        stop=("\n### Instruction:",),
        infill=_BIGCODE_INFILL,
        names=("wizardcoder", "wizard-coder", "wizard_coder"),
    ),
    Family(
        name="starcoder2",
        title="StarCoder2",
        template=_STARCODER2,
        stop=("\n### Instruction",),
        infill=_BIGCODE_INFILL,
        architectures=("starcoder2",),
    ),
    Family(
        name="starcoder",
        title="StarCoder",
        template=_STARCODER,
        stop=("\nQuestion:",),
        infill=_BIGCODE_INFILL,
        architectures=("starcoder",),
    ),
    Family(
        name="deepseek-coder",
        title="DeepSeek-Coder",
        template=_DEEPSEEK_CODER,
        stop=("<|EOT|>", "\n### Instruction:"),
        infill=_DEEPSEEK_INFILL,
        tokens=("<｜fim▁begin｜>", "<｜fim▁hole｜>"),
    ),
    Family(
        name="qwen-coder",
        title="Qwen-Coder",
        template=_QWEN,
        infill=_QWEN_INFILL,
        tokens=("<|im_start|>", "<|im_end|>", "<|fim_prefix|>"),
    ),
    Family(
        name="codellama",
        title="CodeLlama",
        template=_LLAMA2,
        stop=("[INST]",),
        infill=_CODELLAMA_INFILL,
        tokens=("▁<PRE>", "▁<SUF>", "▁<MID>"),
    ),
    Family(name="llama-3", title="Llama 3", template=_LLAMA3, tokens=("<|start_header_id|>", "<|eot_id|>")),
    Family(name="chatml", title="ChatML", template=_CHATML, tokens=("<|im_start|>", "<|im_end|>")),
    Family(
        name="llama-2",
        title="Llama 2",
        template=_LLAMA2,
        stop=("[INST]",),
        names=("llama-2", "llama2", "mistral"),
        architectures=("llama",),
    ),
    Family(name="alpaca", title="Alpaca", template=_ALPACA, stop=("\n### Instruction:",)),
)

FAMILIES: dict[str, Family] = {row.name: row for row in _ROWS}
"""Every family by name, the most particular first; the last one fits any model."""


def family_of(architecture: str, name: str, vocabulary: Collection[str]) -> Family:
    """The family that a model belongs to: `vocabulary` holds (at least) the texts of its special tokens."""
    return next(row for row in FAMILIES.values() if row.matches(architecture, name, vocabulary))
