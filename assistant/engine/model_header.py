"""What the engine has to know of a GGUF file before llama.cpp sees it: its metadata, and the bytes of each layer.

The bytes are read by `gguf_file`; a file that does not pass there, or is no language model, is refused here in a
sentence. Values of big arrays (the vocabulary) are not kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.engine.api import ModelRefused
from assistant.engine.gguf_file import GgufFile, Unreadable, read_file
from assistant.errors import cause_of


@dataclass(frozen=True)
class ModelHeader:
    """The metadata of one file. `layer_bytes` holds the weights of each layer, `other_bytes` all other weights."""

    path: Path
    bytes: int
    changed: int
    """When the file was last changed, in nanoseconds."""
    metadata: dict[str, Any] = field(repr=False)
    layer_bytes: tuple[int, ...] = ()
    other_bytes: int = 0
    numbered_places: bool = False
    """Whether it learned each position by itself, so that there are none behind its context length."""

    @property
    def architecture(self) -> str:
        """llama.cpp's name of the architecture."""
        return str(self.metadata.get("general.architecture", ""))

    def number(self, key: str, default: int = 0) -> int:
        """A whole number of this architecture (`block_count`); the largest when the file has one for each layer."""
        value = self.metadata.get(f"{self.architecture}.{key}")
        if isinstance(value, list):
            value = max((v for v in value if isinstance(v, int)), default=None)
        return value if isinstance(value, int) and not isinstance(value, bool) else default

    def kv_bytes_per_token(self) -> int:
        """Bytes of KV cache that one token takes, at 16 bits a value."""
        layers, heads = self.number("block_count"), max(self.number("attention.head_count"), 1)
        width = self.number("embedding_length") // heads
        keys = self.number("attention.key_length", width)
        values = self.number("attention.value_length", width)
        return 2 * layers * self.number("attention.head_count_kv", heads) * (keys + values)


def read_header(path: Path) -> ModelHeader:
    """Read and check the header of `path`.

    Raises:
        ModelRefused: it is no GGUF file, or a damaged one; the sentence says where it ends or what is impossible in it.
    """
    try:
        changed = path.stat().st_mtime_ns
        file = read_file(path)
    except Unreadable as error:
        if not path.is_file():
            raise ModelRefused(f"cannot load {path}", str(error), "wizard-tui models list") from None
        raise _refused(path, str(error)) from None
    except FileNotFoundError:
        raise ModelRefused(f"cannot load {path}", "there is no such file", "wizard-tui models list") from None
    except OSError as error:
        raise ModelRefused(f"cannot read {path}", cause_of(error)) from error
    header = _header(path, changed, file)
    _check(header)
    return header


def _refused(path: Path, why: str) -> ModelRefused:
    return ModelRefused(f"cannot load {path}", why, "download or convert it again")


def _header(path: Path, changed: int, file: GgufFile) -> ModelHeader:
    layers: dict[int, int] = {}
    other = 0
    for tensor in file.tensors:
        layer = re.match(r"blk\.(\d{1,5})\.", tensor.name)
        if layer:
            layers[int(layer[1])] = layers.get(int(layer[1]), 0) + tensor.bytes
        else:
            other += tensor.bytes
    by_layer = tuple(layers[index] for index in sorted(layers))
    numbered = any(tensor.name == "position_embd.weight" for tensor in file.tensors)
    return ModelHeader(path, file.bytes, changed, file.metadata, by_layer, other, numbered)


def _check(header: ModelHeader) -> None:
    """Refuse what llama.cpp could not run, in words of ours."""
    if not isinstance(header.metadata.get("general.architecture"), str):
        raise _refused(header.path, "it does not say what architecture it is")
    if header.architecture in ("clip", "mmproj"):
        raise _refused(header.path, "it is the picture half of a model, not a language model")
    for key in ("block_count", "embedding_length", "context_length"):
        if header.metadata.get("general.type", "model") == "model" and header.number(key) <= 0:
            raise _refused(header.path, f"it has no {key.replace('_', ' ')}, so it cannot run")
