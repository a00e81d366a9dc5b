"""A GGUF file as the tools here take it: tensors by name with their rows first, and nothing of an unknown type.

The bytes are read by `assistant.engine.gguf_file`, which allocates nothing that a file merely claims; the gguf
package's reader, which does, is not used. Values of tensors are not read; whether they are sound is llama.cpp's own
check.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path

from assistant.engine.gguf_file import TENSOR_TYPES, Unreadable, Value, read_file
from assistant.errors import cause_of
from quantize.errors import QuantizeError

_AGAIN = "download or make it again"


@dataclass(frozen=True)
class TensorPlace:
    """One tensor: `shape` rows first, `kind` llama.cpp's number of its type, `offset` from the start of the file."""

    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int
    bytes: int


@dataclass(frozen=True)
class Outline:
    """A GGUF file without its weights."""

    path: Path
    values: dict[str, Value]
    """The metadata without its big arrays (the vocabulary), which are copied byte by byte where they are needed."""
    tensors: dict[str, TensorPlace]
    data_offset: int
    tensors_offset: int
    """Where the metadata ends and the list of tensors begins."""

    @property
    def architecture(self) -> str:
        """llama.cpp's name of the architecture."""
        return str(self.values.get("general.architecture", ""))

    @property
    def parameters(self) -> int:
        """Number of values in all tensors."""
        return sum(prod(t.shape) for t in self.tensors.values())

    @property
    def bits_per_weight(self) -> float:
        """Average size of a value of the tensors."""
        return 8 * sum(t.bytes for t in self.tensors.values()) / max(self.parameters, 1)


def read_outline(path: Path) -> Outline:
    """Read the head of a GGUF file and check that all that it promises is there.

    Raises:
        QuantizeError: the file is missing, is no GGUF file, is damaged or truncated.
    """
    try:
        file = read_file(path)
    except FileNotFoundError as error:
        raise QuantizeError(f"cannot open {path}", "there is no such file") from error
    except Unreadable as error:
        raise QuantizeError(f"cannot read {path}", str(error), _AGAIN) from error
    except OSError as error:
        raise QuantizeError(f"cannot read {path}", cause_of(error)) from error
    for tensor in file.tensors:
        if tensor.kind not in TENSOR_TYPES:
            why = f"its tensor {tensor.name[:60]} is of the unknown type {tensor.kind}"
            raise QuantizeError(f"cannot read {path}", why, _AGAIN)
    places = {t.name: TensorPlace(t.name, t.dimensions[::-1], t.kind, t.offset, t.bytes) for t in file.tensors}
    return Outline(path, file.metadata, places, file.data_at, file.tensors_at)
