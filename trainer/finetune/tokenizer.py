"""Loads a base's tokenizer, from a checkpoint or a GGUF file.

transformers rebuilds a GGUF file's tokenizer by the architecture's name and not by the pre-tokenizer that the file names,
so digits or line feeds would be cut differently from what llama.cpp does; that is set right here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assistant.engine.gguf_file import read_file
from trainer.errors import TrainerError
from trainer.finetune.base import Base
from trainer.finetune.model import first_line, quiet

_QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_LLAMA3 = _QWEN2.replace(r"|\p{N}|", r"|\p{N}{1,3}|")


def load_tokenizer(base: Base) -> Any:
    """The tokenizer of a base.

    Raises:
        TrainerError: it has none that can be read.
    """
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    try:
        with quiet():
            if base.gguf:
                tokenizer = AutoTokenizer.from_pretrained(base.folder, gguf_file=base.gguf)
                _set_pre_tokenizer(tokenizer.backend_tokenizer, base)
            else:
                tokenizer = AutoTokenizer.from_pretrained(base.folder, trust_remote_code=False)
    except Exception as error:  # transformers and tokenizers raise nearly anything for a damaged vocabulary
        raise TrainerError(f"cannot read the tokenizer of {base.origin}", first_line(error)) from None
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise TrainerError(f"cannot use the tokenizer of {base.origin}", "it has no tokenizer.json")
    return tokenizer


def _set_pre_tokenizer(backend: Any, base: Base) -> None:
    make = _PRE_TOKENIZERS.get(str(read_file(base.folder / base.gguf).metadata.get("tokenizer.ggml.pre", "")))
    if make:
        backend.pre_tokenizer = make()


def _digits_apart() -> Any:
    from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence

    return Sequence([Digits(individual_digits=True), ByteLevel(add_prefix_space=False)])


def _bytes() -> Any:
    from tokenizers.pre_tokenizers import ByteLevel

    return ByteLevel(add_prefix_space=False)


def _split(pattern: str) -> Callable[[], Any]:
    def make() -> Any:
        from tokenizers import Regex
        from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split

        return Sequence([Split(Regex(pattern), "isolated"), ByteLevel(add_prefix_space=False, use_regex=False)])

    return make


_PRE_TOKENIZERS: dict[str, Callable[[], Any]] = {
    "starcoder": _digits_apart,
    "refact": _digits_apart,
    "smollm": _digits_apart,
    "gpt-2": _bytes,
    "qwen2": _split(_QWEN2),
    "llama-bpe": _split(_LLAMA3),
}
