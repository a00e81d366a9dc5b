"""SentencePiece-like tokenizers (Llama 2, CodeLlama) split text in llama.cpp as they do in Hugging Face's library."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from quantize.errors import QuantizeError
from quantize.llama_model import LlamaModel
from quantize.reading.sentence_pieces import read_pieces
from quantize.writing.convert import convert
from quantize.writing.gguf_file import read_outline
from tests.fakes.nasty_text import CODE_LINES
from tests.fakes.small_tokenizer import train_tokenizer
from tests.fakes.tiny_checkpoints import save_random_model


def protobuf(number: int, value: bytes) -> bytes:
    size, length = b"", len(value)
    while length >= 0x80:
        size, length = size + bytes([length & 0x7F | 0x80]), length >> 7
    return bytes([number << 3 | 2]) + size + bytes([length]) + value


def write_model_file(path: Path, tokens: list[str], scores: list[float], kinds: list[int], model_type: int = 2) -> None:
    rows = zip(tokens, scores, kinds, strict=True)
    pieces = [
        protobuf(1, text.encode()) + b"\x15" + struct.pack("<f", score) + bytes([0x18, kind])
        for text, score, kind in rows
    ]
    path.write_bytes(b"".join(protobuf(1, piece) for piece in pieces) + protobuf(2, bytes([0x18, model_type])))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_random_model(tmp_path_factory.mktemp("spm") / "codellama", "llama", train_tokenizer())


def wrong_lines(gguf: Path, folder: Path) -> list[str]:
    from tokenizers import Tokenizer

    right = Tokenizer.from_file(str(folder / "tokenizer.json"))
    model = LlamaModel(gguf, 0)
    encoded = right.encode_batch(list(CODE_LINES), add_special_tokens=False)
    pairs = zip(CODE_LINES, encoded, strict=True)
    wrong = [line for line, row in pairs if "\x00" not in line and model.tokenize(line, special=True) != row.ids]
    model.close()
    return wrong


def test_text_becomes_the_same_tokens(folder: Path, tmp_path: Path) -> None:
    convert(folder, tmp_path / "m.gguf")
    wrong = wrong_lines(tmp_path / "m.gguf", folder)
    assert not wrong, f"{len(wrong)} lines, first {wrong[0]!r}"
    values = read_outline(tmp_path / "m.gguf").values
    assert values["tokenizer.ggml.model"] == "llama"
    assert values["tokenizer.ggml.add_bos_token"] is True
    assert values["tokenizer.ggml.fim_pre_token_id"] == 1500


def test_model_file_says_the_same_as_the_json(folder: Path, tmp_path: Path) -> None:
    spelling = json.loads((folder / "tokenizer.json").read_text())
    right = read_pieces(folder, spelling, 1504)
    plain = read_pieces(folder, spelling | {"added_tokens": []}, 1500)
    write_model_file(tmp_path / "tokenizer.model", plain.tokens, plain.scores, plain.kinds)
    assert read_pieces(tmp_path, spelling, 1504) == right


@pytest.mark.parametrize("damage", [lambda b: b[:-3], lambda b: b"", lambda b: b"\xff" * 50, lambda b: b[101:]])
def test_damaged_model_file_is_refused(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.model"
    write_model_file(path, ["<unk>", "a"] * 40, [0.0, -1.0] * 40, [2, 1] * 40)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(QuantizeError, match="cannot read"):
        read_pieces(tmp_path, {}, 100)


def test_unigram_model_is_refused_by_name(tmp_path: Path) -> None:
    write_model_file(tmp_path / "tokenizer.model", ["<unk>", "a"], [0.0, -1.0], [2, 1], model_type=1)
    with pytest.raises(QuantizeError, match="unigram"):
        read_pieces(tmp_path, {}, 100)


def test_a_model_file_of_one_endless_number_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.model").write_bytes(b"\xff" * 2_000_000)
    with pytest.raises(QuantizeError, match="damaged"):
        read_pieces(tmp_path, {}, 10)
