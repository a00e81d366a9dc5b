"""SentencePiece-like vocabularies (Llama 2, CodeLlama): pieces, scores and kinds.

Read from `tokenizer.model` where there is one (its protobuf has three fields that matter, so no library is needed),
else from a `tokenizer.json` with byte fallback, whose order of merges gives the scores: llama.cpp joins the pair with
the best score first, which is the pair that was merged first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantize.errors import QuantizeError

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
"""llama.cpp's kinds of token, which are SentencePiece's."""

_PAD_SCORE, _ADDED_SCORE = -10000.0, -1000.0
_BPE_MODEL = 2


@dataclass(frozen=True)
class Pieces:
    """Every token by id."""

    tokens: list[str]
    scores: list[float]
    kinds: list[int]


def read_pieces(folder: Path, spelling: dict[str, Any], size: int) -> Pieces:
    """The pieces of a checkpoint, filled up with unused ones to `size`.

    Raises:
        QuantizeError: the tokenizer is damaged, of another kind, or larger than `size`.
    """
    path = folder / "tokenizer.model"
    rows = _from_model(path) if path.is_file() else _from_json(spelling)
    added = spelling.get("added_tokens") or []
    top = max([len(rows) - 1, *(int(token["id"]) for token in added)], default=-1)
    if top >= size:
        why = f"its tokenizer does not fit the model: it has token id {top} and the embeddings have {size:,} rows"
        hint = "save tokenizer and model together after model.resize_token_embeddings(len(tokenizer))"
        raise QuantizeError(f"cannot convert {folder}", why, hint)
    tokens = [f"[PAD{i}]" for i in range(size)]
    scores, kinds = [_PAD_SCORE] * size, [UNUSED] * size
    for i, (text, score, kind) in enumerate(rows):
        tokens[i], scores[i], kinds[i] = text, score, kind
    for token in added:
        i, text = int(token["id"]), str(token["content"])
        if i < len(rows) and kinds[i] in (UNKNOWN, BYTE):
            continue
        special = bool(token.get("special")) or (text[:2], text[-2:]) == ("<|", "|>")
        tokens[i] = text if special else text.replace("▁", " ")
        scores[i], kinds[i] = _ADDED_SCORE, CONTROL if special else USER_DEFINED
    return Pieces(tokens, scores, kinds)


def adds_space(spelling: dict[str, Any]) -> bool:
    """Whether text gets a space in front before it is split."""
    normalizer = spelling.get("normalizer") or {}
    steps = normalizer.get("normalizers", [normalizer])
    if any(step.get("type") == "Prepend" for step in steps):
        return True
    splitter = spelling.get("pre_tokenizer") or {}
    parts = splitter.get("pretokenizers", [splitter])
    return any(p.get("type") == "Metaspace" and p.get("prepend_scheme", "always") != "never" for p in parts)


def _from_json(spelling: dict[str, Any]) -> list[tuple[str, float, int]]:
    model = spelling["model"]
    vocabulary: dict[str, int] = model["vocab"]
    ranks: dict[str, int] = {}
    for rank, merge in enumerate(model["merges"]):
        pair = merge.split(" ", 1) if isinstance(merge, str) else merge
        ranks.setdefault("".join(pair), rank)
    by_id = {i: text for text, i in vocabulary.items()}
    rows = []
    for i in range(max(by_id, default=-1) + 1):
        text = by_id.get(i, f"[PAD{i}]")
        if text == model.get("unk_token"):
            kind = UNKNOWN
        elif len(text) == 6 and text.startswith("<0x") and text.endswith(">"):
            kind = BYTE
        else:
            kind = NORMAL if i in by_id else UNUSED
        rows.append((text, -float(ranks.get(text, len(ranks) + i)), kind))
    return rows


def _from_model(path: Path) -> list[tuple[str, float, int]]:
    import struct

    rows = []
    try:
        for field, value in _fields(path.read_bytes()):
            if field == 1 and isinstance(value, bytes):
                piece = dict(_fields(value))
                text, score = piece[1], piece.get(2, b"\0\0\0\0")
                assert isinstance(text, bytes) and isinstance(score, bytes)
                kind = piece.get(3, NORMAL)
                rows.append((text.decode("utf-8"), struct.unpack("<f", score)[0], int(kind)))
            elif field == 2 and isinstance(value, bytes) and dict(_fields(value)).get(3, 1) != _BPE_MODEL:
                why = "it is a unigram model; llama.cpp's llama tokenizer merges pairs (BPE)"
                raise QuantizeError(f"cannot convert {path}", why)
    except (IndexError, KeyError, ValueError, AssertionError, struct.error) as error:
        raise QuantizeError(f"cannot read {path}", "it is damaged", "download or copy the file again") from error
    if not rows:
        raise QuantizeError(f"cannot read {path}", "it holds no pieces", "download or copy the file again")
    return rows


def _fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """The fields of a protobuf message: number, and bytes (also for fixed ones) or a whole number."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == 0:
            number, at = _varint(data, at)
            yield key >> 3, number
            continue
        width = {1: 8, 5: 4}.get(kind)
        if width is None:
            if kind != 2:
                raise ValueError("unknown wire type")
            width, at = _varint(data, at)
        if at + width > len(data):
            raise ValueError("truncated")
        yield key >> 3, data[at : at + width]
        at += width


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
