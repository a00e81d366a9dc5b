"""Tiny random checkpoints with real tokenizers: the smallest thing on which conversion and training can be wrong.

A checkpoint is made by transformers itself from a configuration and a seed, so what it computes is the truth to compare
with. The tokenizer is rebuilt from a vocabulary-only GGUF (`shared/data/vocab`). Weights are wider than transformers'
own initialisation and biases are not zero: with the usual 0.02 all logits are alike and a lost bias goes unseen.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

STARCODER_TOKENS = 49152
"""StarCoder's own vocabulary is the first 49,152 entries of `ggml-vocab-refact.gguf`."""

_NORMAL, _CONTROL, _USER_DEFINED = 1, 3, 4

_BASE: dict[str, dict[str, Any]] = {
    "gpt_bigcode": {
        "n_embd": 64,
        "n_head": 4,
        "n_layer": 2,
        "n_inner": 256,
        "n_positions": 512,
        "multi_query": True,
        "activation_function": "gelu_pytorch_tanh",
        "attn_pdrop": 0.0,
        "embd_pdrop": 0.0,
        "resid_pdrop": 0.0,
    },
    "gpt2": {
        "n_embd": 64,
        "n_head": 4,
        "n_layer": 2,
        "n_positions": 512,
        "attn_pdrop": 0.0,
        "embd_pdrop": 0.0,
        "resid_pdrop": 0.0,
    },
    "starcoder2": {
        "hidden_size": 64,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "num_hidden_layers": 2,
        "intermediate_size": 256,
        "max_position_embeddings": 512,
        "tie_word_embeddings": True,
        "attention_dropout": 0.0,
        "embedding_dropout": 0.0,
        "residual_dropout": 0.0,
    },
    "llama": {
        "hidden_size": 64,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "num_hidden_layers": 2,
        "intermediate_size": 160,
        "max_position_embeddings": 512,
    },
    "qwen2": {
        "hidden_size": 64,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "num_hidden_layers": 2,
        "intermediate_size": 160,
        "max_position_embeddings": 512,
    },
    "qwen3": {
        "hidden_size": 64,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "num_hidden_layers": 2,
        "intermediate_size": 160,
        "head_dim": 32,
        "max_position_embeddings": 512,
    },
}


def tiny_checkpoint(
    folder: Path,
    architecture: str,
    vocabulary: Path,
    *,
    seed: int = 0,
    dtype: str = "float32",
    max_shard_size: str = "5GB",
    **overrides: Any,
) -> Path:
    """Save a random checkpoint of `architecture` (a transformers model_type) with a tokenizer into `folder`.

    Args:
        vocabulary: a GGUF file whose vocabulary becomes the tokenizer.
        dtype: of the saved weights: float32, bfloat16 or float16.
        overrides: keys of the transformers configuration (hidden_size=256, tie_word_embeddings=False …).
    """
    return save_random_model(
        folder,
        architecture,
        tokenizer_from_gguf(vocabulary),
        seed=seed,
        dtype=dtype,
        max_shard_size=max_shard_size,
        **overrides,
    )


def save_random_model(
    folder: Path,
    architecture: str,
    tokenizer: Any,
    *,
    seed: int = 0,
    dtype: str = "float32",
    max_shard_size: str = "5GB",
    **overrides: Any,
) -> Path:
    """The same for any tokenizer of transformers."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    settings = {
        "vocab_size": len(tokenizer),
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        **_BASE[architecture],
        **overrides,
    }
    config = AutoConfig.for_model(architecture, **settings)
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    _spread_weights(model)
    model.to(getattr(torch, dtype)).save_pretrained(folder, max_shard_size=max_shard_size)
    tokenizer.model_max_length = config.max_position_embeddings
    tokenizer.save_pretrained(folder)
    return folder


def tokenizer_from_gguf(vocabulary: Path) -> Any:
    """The byte-level BPE tokenizer of a GGUF file, as transformers' own class."""
    from tokenizers import AddedToken, Tokenizer, decoders
    from tokenizers.models import BPE
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    fields = _fields(vocabulary)
    tokens, kinds = fields["tokenizer.ggml.tokens"], fields["tokenizer.ggml.token_type"]
    if fields["tokenizer.ggml.pre"] == "refact":
        tokens, kinds = tokens[:STARCODER_TOKENS], kinds[:STARCODER_TOKENS]
    while re.fullmatch(r"\[PAD\d+\]", tokens[-1]):
        tokens, kinds = tokens[:-1], kinds[:-1]
    merges = [tuple(pair.split(" ")) for pair in fields["tokenizer.ggml.merges"]]
    backend = Tokenizer(BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges))
    backend.normalizer, backend.pre_tokenizer = _pre_tokenizer(fields["tokenizer.ggml.pre"])
    backend.decoder = decoders.ByteLevel()
    backend.add_tokens(
        [
            AddedToken(token, special=kind == _CONTROL, normalized=False)
            for token, kind in zip(tokens, kinds, strict=True)
            if kind in (_CONTROL, _USER_DEFINED)
        ]
    )
    named = {
        name: tokens[fields[f"tokenizer.ggml.{key}_token_id"]]
        for name, key in (
            ("bos_token", "bos"),
            ("eos_token", "eos"),
            ("pad_token", "padding"),
            ("unk_token", "unknown"),
        )
        if f"tokenizer.ggml.{key}_token_id" in fields
    }
    if fields.get("tokenizer.ggml.add_bos_token"):
        first = named["bos_token"]
        pair = (first, backend.token_to_id(first))
        backend.post_processor = TemplateProcessing(single=f"{first} $A", special_tokens=[pair])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, clean_up_tokenization_spaces=False, **named)
    tokenizer.chat_template = fields.get("tokenizer.chat_template")
    return tokenizer


@lru_cache(maxsize=4)
def _fields(vocabulary: Path) -> dict[str, Any]:
    from assistant.engine.gguf_file import read_file

    return dict(read_file(vocabulary, kept=1 << 22).metadata)


def _pre_tokenizer(name: str) -> tuple[Any, Any]:
    """The normalizer and pre-tokenizer that the model of this name was published with."""
    from tokenizers import Regex, normalizers
    from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence, Split

    plain = ByteLevel(add_prefix_space=False)
    bytes_only = ByteLevel(add_prefix_space=False, use_regex=False)
    if name in ("starcoder", "refact", "smollm"):
        return None, Sequence([Digits(individual_digits=True), plain])
    if name == "gpt-2":
        return None, plain
    if name == "qwen2":
        pattern = (
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
            r"|\s*[\r\n]+|\s+(?!\S)|\s+"
        )
        return normalizers.NFC(), Sequence([Split(Regex(pattern), "isolated"), bytes_only])
    if name == "deepseek-coder":
        splits = [r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", r"[一-龥ࠀ-一가-퟿]+"]
        steps = [Split(Regex(pattern), "isolated") for pattern in splits]
        return None, Sequence([*steps, Digits(individual_digits=True), bytes_only])
    raise ValueError(f"no pre-tokenizer is known for {name}")


def _spread_weights(model: Any) -> None:
    import torch

    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                parameter.mul_(5.0)
            elif name.endswith("bias"):
                parameter.normal_(0.0, 0.1)
            else:
                parameter.add_(torch.randn_like(parameter) * 0.1)
