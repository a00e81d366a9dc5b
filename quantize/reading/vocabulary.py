"""The tokenizer of a checkpoint, as GGUF metadata: tokens, merges, special ids, chat template.

Byte-level BPE and SentencePiece-like BPE. The `tokenizers` library reads the checkpoint's own `tokenizer.json`, so what it does to text is the truth here. Which
of llama.cpp's pre-tokenizers does the same is found as llama.cpp's converter does: by the hash of a test string's ids,
with the table as data; a tokenizer trained anew is recognised by the steps that it is made of.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import first_line
from assistant.ground.extras import installing
from quantize.errors import QuantizeError
from quantize.metadata import Setting
from quantize.reading.checkpoint import read_json
from quantize.reading.sentence_pieces import CONTROL, NORMAL, UNUSED, USER_DEFINED, adds_space, read_pieces

_FIM = {
    "fim_pre": ("<fim_prefix>", "<fim-prefix>", "<|fim_prefix|>", "<｜fim▁begin｜>", "▁<PRE>"),
    "fim_suf": ("<fim_suffix>", "<fim-suffix>", "<|fim_suffix|>", "<｜fim▁hole｜>", "▁<SUF>"),
    "fim_mid": ("<fim_middle>", "<fim-middle>", "<|fim_middle|>", "<｜fim▁end｜>", "▁<MID>"),
    "fim_pad": ("<fim_pad>", "<fim-pad>", "<|fim_pad|>"),
    "fim_rep": ("<repo_name>", "<reponame>", "<|repo_name|>"),
    "fim_sep": ("<file_sep>", "<|file_sep|>"),
}
"""Fill-in-the-middle tokens by the text that each family gives them (llama.cpp misses some of them by itself)."""

_BY_STEPS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("Digits", "ByteLevel"), "starcoder"),
    (("ByteLevel",), "gpt-2"),
)


@dataclass(frozen=True)
class Vocabulary:
    """What a GGUF file says about tokens; `settings` are complete metadata keys."""

    tokens: tuple[str, ...]
    kinds: tuple[int, ...]
    settings: dict[str, Setting]
    scores: tuple[float, ...] = ()
    merges: tuple[str, ...] = ()
    chat_template: str | list[dict[str, str]] | None = None


def read_vocabulary(folder: Path, size: int, pre_tokenizer: str | None = None) -> Vocabulary:
    """The vocabulary of the checkpoint in `folder`, filled up with unused entries to `size` (the embedding rows).

    Args:
        pre_tokenizer: llama.cpp's name of it, for a tokenizer that is not recognised.

    Raises:
        QuantizeError: the tokenizer is missing, damaged, of an unknown kind, or larger than the embeddings.
    """
    tokenizer, spelling = _load(folder)
    model = spelling.get("model") or {}
    if model.get("type") != "BPE":
        kind = model.get("type")
        why = f"it is a {kind} tokenizer; known: byte-level BPE, and SentencePiece BPE with byte fallback"
        raise QuantizeError(f"cannot convert the tokenizer in {folder}", why)
    special = _special(folder, size)
    settings: dict[str, Setting] = {
        f"tokenizer.ggml.{_KEYS.get(n, n)}_token_id": i for n, i in special.special_token_ids.items()
    }
    settings |= _ends(tokenizer, special.special_token_ids)
    if model.get("byte_fallback"):
        pieces = read_pieces(folder, spelling, size)
        settings |= {
            "tokenizer.ggml.model": "llama",
            "tokenizer.ggml.pre": "default",
            "tokenizer.ggml.add_space_prefix": adds_space(spelling),
        }
        settings |= _fim(pieces.tokens)
        return Vocabulary(
            tuple(pieces.tokens),
            tuple(pieces.kinds),
            settings,
            scores=tuple(pieces.scores),
            chat_template=special.chat_template,
        )
    tokens, kinds = _tokens(tokenizer, size, folder)
    settings |= {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": pre_tokenizer or _pre_tokenizer_name(tokenizer, spelling, folder),
    }
    settings |= _fim(tokens)
    return Vocabulary(
        tuple(tokens), tuple(kinds), settings, merges=tuple(special.merges), chat_template=special.chat_template
    )


_KEYS = {"unk": "unknown", "sep": "seperator", "pad": "padding"}
"""GGUF's spelling of some special ids (the second one is the format's own)."""


def _load(folder: Path) -> tuple[Any, dict[str, Any]]:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise QuantizeError(
            "cannot read tokenizers", "the tokenizers library is not installed", installing("train")
        ) from error
    path = folder / "tokenizer.json"
    if not path.is_file():
        return _load_by_transformers(folder)
    spelling = read_json(path)
    try:
        return Tokenizer.from_str(json.dumps(spelling)), spelling
    except Exception as error:  # tokenizers raises bare Exception for a damaged file
        raise QuantizeError(f"cannot read {path}", first_line(error), "download or copy the file again") from error


def _load_by_transformers(folder: Path) -> tuple[Any, dict[str, Any]]:
    """For checkpoints without `tokenizer.json`: transformers knows how each class of tokenizer splits text."""
    if not any((folder / name).is_file() for name in ("vocab.json", "tokenizer.model")):
        raise QuantizeError(
            f"cannot convert {folder}", "it has no tokenizer (tokenizer.json)", "copy its tokenizer into the folder"
        )
    try:
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False).backend_tokenizer
    except Exception as error:  # transformers raises many kinds for damaged files
        raise QuantizeError(f"cannot read the tokenizer in {folder}", first_line(error)) from error
    return tokenizer, json.loads(tokenizer.to_str())


def _tokens(tokenizer: Any, size: int, folder: Path) -> tuple[list[str], list[int]]:
    by_id = {i: text for text, i in tokenizer.get_vocab(with_added_tokens=True).items()}
    top = max(by_id, default=-1)
    if top >= size:
        raise QuantizeError(
            f"cannot convert {folder}",
            f"its tokenizer does not fit the model: it has token id {top} and the embeddings have {size:,} rows",
            "save tokenizer and model together after model.resize_token_embeddings(len(tokenizer))",
        )
    added = tokenizer.get_added_tokens_decoder()
    tokens = [by_id.get(i, f"[PAD{i}]") for i in range(size)]
    kinds = [UNUSED if i not in by_id else _kind(added[i]) if i in added else NORMAL for i in range(size)]
    return tokens, kinds


def _kind(token: Any) -> int:
    text = token.content
    looks_special = text == "<pad>" or (text[:2], text[-2:]) in (("<|", "|>"), ("<｜", "｜>"))
    return CONTROL if token.special or looks_special else USER_DEFINED


def _pre_tokenizer_name(tokenizer: Any, spelling: dict[str, Any], folder: Path) -> str:
    table = json.loads((Path(__file__).parent / "pre_tokenizers.json").read_text(encoding="utf-8"))
    for special in (True, False):
        ids = tokenizer.encode(table["text"], add_special_tokens=special).ids
        name = table["names"].get(hashlib.sha256(str(ids).encode()).hexdigest())
        if name:
            return str(name)
    steps = spelling.get("pre_tokenizer") or {}
    kinds = tuple(step.get("type") for step in steps.get("pretokenizers", [steps]))
    for known, name in _BY_STEPS:
        if kinds == known and not spelling.get("normalizer"):
            return name
    raise QuantizeError(
        f"cannot convert the tokenizer in {folder}",
        f"llama.cpp knows no pre-tokenizer that splits text like this one ({' + '.join(map(str, kinds))})",
        "--pre-tokenizer NAME when you know which of llama.cpp's names fits",
    )


def _special(folder: Path, size: int) -> Any:
    import logging

    from gguf import SpecialVocab

    logging.getLogger("gguf.vocab").setLevel(logging.ERROR)
    if (folder / "tokenizer_config.json").exists():
        read_json(folder / "tokenizer_config.json")
    try:
        return SpecialVocab(folder, load_merges=True, n_vocab=size)
    except (ValueError, OSError, TypeError, AttributeError, KeyError) as error:
        raise QuantizeError(f"cannot read the tokenizer files in {folder}", first_line(error)) from error


def _ends(tokenizer: Any, ids: dict[str, int]) -> dict[str, Setting]:
    """Whether text is opened with bos and closed with eos: by what the tokenizer does, not by what its files claim."""
    encoded = tokenizer.encode("a").ids
    return {
        "tokenizer.ggml.add_bos_token": bool(encoded) and encoded[0] == ids.get("bos"),
        "tokenizer.ggml.add_eos_token": bool(encoded) and encoded[-1] == ids.get("eos"),
    }


def _fim(tokens: list[str]) -> dict[str, Setting]:
    ids = {text: i for i, text in enumerate(tokens)}
    found = {key: next((ids[t] for t in texts if t in ids), None) for key, texts in _FIM.items()}
    return {f"tokenizer.ggml.{key}_token_id": i for key, i in found.items() if i is not None}
