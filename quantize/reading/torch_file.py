"""Tensors of a `pytorch_model.bin`, read by torch with `weights_only`, which unpickles tensors and nothing else.

The file is mapped, so that a tensor's bytes are read when they are asked for. The old format, which cannot be mapped
(before torch 1.6), is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import first_line
from assistant.ground.extras import installing
from quantize.errors import QuantizeError
from quantize.reading.safetensors_file import StoredTensor

if TYPE_CHECKING:
    import numpy as np

_NAMES = {"float32": "F32", "float16": "F16", "bfloat16": "BF16", "float64": "F64"}


@dataclass(frozen=True)
class TorchTensor(StoredTensor):
    """A tensor in a mapped file; `offset` has no meaning for it."""

    values: Any = None

    def read(self, start: int = 0, stop: int | None = None) -> np.ndarray[Any, Any]:
        """See `StoredTensor.read`."""
        import numpy as np
        import torch

        part = self.values[start:stop] if self.shape else self.values
        part = part.detach().contiguous()
        found = part.view(torch.uint16).numpy() if self.dtype == "BF16" else part.numpy()
        return np.array(found)


def read_torch_file(path: Path) -> dict[str, StoredTensor]:
    """The tensors of a file by name.

    Raises:
        QuantizeError: torch is missing, or the file is damaged, too old, or holds more than tensors.
    """
    try:
        import torch
    except ImportError as error:
        hint = installing("train")
        raise QuantizeError(f"cannot read {path}", "it is pickled, and torch is not installed", hint) from error
    try:
        rows = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:  # torch raises many kinds, for damaged files and for forbidden contents
        why = first_line(error)
        hint = "save it again as safetensors: model.save_pretrained(FOLDER)"
        raise QuantizeError(f"cannot read {path}", f"torch refuses it: {why[:120]}", hint) from error
    if not isinstance(rows, dict) or not all(isinstance(value, torch.Tensor) for value in rows.values()):
        raise QuantizeError(f"cannot read {path}", "it holds more than tensors by name")
    return {str(name): _stored(path, str(name), value) for name, value in rows.items()}


def _stored(path: Path, name: str, value: Any) -> TorchTensor:
    kind = str(value.dtype).removeprefix("torch.")
    return TorchTensor(name, _NAMES.get(kind, "I64"), tuple(value.shape), path, 0, value)
