"""A Hugging Face checkpoint folder: its configuration, and its tensors one at a time.

Single and sharded safetensors files are read, and torch's own (`torch_file`). Nothing of the weights is in memory until a tensor is asked for, and
code that lies in a checkpoint (`auto_map`, `*.py`) is never run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import cause_of
from quantize.errors import QuantizeError
from quantize.reading.safetensors_file import StoredTensor, read_header
from quantize.reading.torch_file import read_torch_file

CONFIG = "config.json"
SINGLE = "model.safetensors"
PICKLED = "pytorch_model.bin"


@dataclass(frozen=True)
class Config:
    """The settings of a checkpoint (`config.json`), each read with the type that it must have."""

    path: Path
    values: Mapping[str, Any]

    @property
    def model_type(self) -> str:
        """transformers' name of the architecture: gpt_bigcode, llama …"""
        return str(self.values.get("model_type", ""))

    def integer(self, *names: str, default: int | None = None) -> int:
        """A positive whole number under the first of `names` that is there.

        Raises:
            QuantizeError: it is missing, or is no positive whole number.
        """
        value = self._find(names, default)
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            raise self._wrong(names[0], value, "a positive whole number")
        return value

    def number(self, *names: str, default: float | None = None) -> float:
        """A number, likewise."""
        value = self._find(names, default)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self._wrong(names[0], value, "a number")
        return float(value)

    def text(self, name: str, default: str) -> str:
        """A word, likewise."""
        value = self.values.get(name, default)
        return value if isinstance(value, str) else default

    def flag(self, name: str, default: bool) -> bool:
        """A yes or no; null counts as `default`."""
        value = self.values.get(name)
        return default if value is None else bool(value)

    def table(self, name: str) -> Mapping[str, Any]:
        """A table, empty when it is missing or null."""
        value = self.values.get(name)
        return value if isinstance(value, Mapping) else {}

    def _find(self, names: tuple[str, ...], default: float | None) -> object:
        for name in names:
            if self.values.get(name) is not None:
                return self.values[name]
        return default

    def _wrong(self, name: str, value: object, wanted: str) -> QuantizeError:
        found = "is missing" if value is None else f"is {value!r}"
        return QuantizeError(f"cannot read {self.path}", f"{name} {found} and should be {wanted}")


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that can be read: `tensors` says where each one lies."""

    folder: Path
    config: Config
    tensors: Mapping[str, StoredTensor]

    @property
    def bytes(self) -> int:
        """The size of all tensors on disk."""
        return sum(tensor.bytes for tensor in self.tensors.values())


def open_checkpoint(folder: Path) -> Checkpoint:
    """Read what a checkpoint folder holds, without its weights.

    Raises:
        QuantizeError: the folder, its configuration or one of its files is missing or damaged.
    """
    if folder.suffix == ".gguf" and folder.is_file():
        hint = f"wizard-quantize compress {folder} --type Q8_0 -o OUT.gguf"
        raise QuantizeError(f"{folder} is no checkpoint folder", "it is a GGUF file already", hint)
    if not folder.is_dir():
        why = "it is a file" if folder.exists() else "there is no such folder"
        raise QuantizeError(f"cannot open the checkpoint {folder}", why, _download_hint(folder))
    config = Config(folder / CONFIG, read_json(folder / CONFIG))
    return Checkpoint(folder, config, _find_tensors(folder))


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file that holds an object.

    Raises:
        QuantizeError: it is missing, unreadable, or holds something else.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise QuantizeError(f"cannot open {path.parent}", f"it has no {path.name}") from error
    except OSError as error:
        raise QuantizeError(f"cannot read {path}", cause_of(error)) from error
    except (ValueError, RecursionError) as error:
        raise QuantizeError(f"cannot read {path}", "it is no valid JSON", "download or copy the file again") from error
    if not isinstance(value, dict):
        raise QuantizeError(f"cannot read {path}", "it holds no JSON object")
    return value


def _find_tensors(folder: Path) -> dict[str, StoredTensor]:
    for single, read in ((SINGLE, read_header), (PICKLED, read_torch_file)):
        if (folder / f"{single}.index.json").is_file():
            return _sharded(folder, folder / f"{single}.index.json", read)
        if (folder / single).is_file():
            return read(folder / single)
    if list(folder.glob("adapter_model.*")):
        hint = f"wizard-quantize run BASE --adapter {folder} --type Q8_0 -o OUT.gguf"
        raise QuantizeError(f"{folder} holds no model", "it is a LoRA adapter, which needs its base", hint)
    raise QuantizeError(f"cannot open {folder}", f"it has no {SINGLE}, and no index of several", _download_hint(folder))


def _sharded(folder: Path, path: Path, read: Callable[[Path], dict[str, StoredTensor]]) -> dict[str, StoredTensor]:
    index = read_json(path)
    places = index.get("weight_map")
    if not isinstance(places, dict) or not all(isinstance(v, str) for v in places.values()):
        raise QuantizeError(f"cannot read {path}", "it has no weight_map")
    files = sorted(set(places.values()))
    if any(Path(name).name != name for name in files):
        raise QuantizeError(f"cannot read {path}", "it names files outside of its folder")
    missing = [name for name in files if not (folder / name).is_file()]
    if missing:
        why = f"{len(missing)} of its {len(files)} files are missing, {missing[0]} first"
        raise QuantizeError(f"cannot open {folder}", why, "download the rest of the checkpoint")
    headers = {name: read(folder / name) for name in files}
    tensors: dict[str, StoredTensor] = {}
    for tensor, name in places.items():
        if tensor not in headers[name]:
            raise QuantizeError(f"cannot open {folder}", f"{name} lacks the tensor {tensor} that {path.name} promises")
        tensors[tensor] = headers[name][tensor]
    return tensors


def _download_hint(folder: Path) -> str:
    if len(folder.parts) == 2 and not folder.is_absolute():
        return f"hf download {folder} --local-dir {folder.name}"
    return ""
