"""LoRA adapters of peft, merged into the tensors that they change while these stream through.

Plain LoRA, rsLoRA and DoRA; ranks and alphas by pattern; whole tensors that an adapter brings along (modules_to_save,
trained biases). Several adapters add up, each with its weight. What cannot be merged exactly is refused by name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantize.checkpoint import read_json
from quantize.errors import QuantizeError
from quantize.floats import to_single
from quantize.plan import OUTPUT
from quantize.safetensors_file import StoredTensor, read_header

if TYPE_CHECKING:
    import numpy as np

_PREFIX = "base_model.model."
_PART = re.compile(r"(.+)\.(lora_A|lora_B|lora_embedding_A|lora_embedding_B|lora_magnitude_vector)(?:\.weight)?$")


@dataclass(frozen=True)
class Update:
    """What one adapter does to one matrix: W + scale × B A, and for DoRA each row brought to a length."""

    a: StoredTensor
    b: StoredTensor
    scale: float
    transposed: bool
    """The base stores the matrix columns first (GPT-2's Conv1D)."""
    embedding: bool = False
    magnitude: StoredTensor | None = None
    weight: float = 1.0

    @property
    def rank(self) -> int:
        """The rank of the update."""
        return self.a.shape[0]


@dataclass(frozen=True)
class Adapter:
    """Adapters as a patch of streaming tensors (`plan.Patch`)."""

    updates: Mapping[str, Sequence[Update]]
    whole: Mapping[str, StoredTensor]

    def replaced(self, tensors: dict[str, StoredTensor], embeddings: str) -> dict[str, StoredTensor]:
        """The checkpoint's tensors with the adapter's whole ones in their places.

        Raises:
            QuantizeError: the adapter belongs to another model.
        """
        merged = dict(tensors)
        for name, tensor in self.whole.items():
            if name not in tensors and name != OUTPUT:
                raise _foreign(tensor.file, name)
            merged[name] = tensor
        if OUTPUT in self.updates and OUTPUT not in merged:
            merged[OUTPUT] = replace(tensors[embeddings], name=OUTPUT)
        for name, updates in self.updates.items():
            for update in updates:
                _check_fit(name, update, merged)
        return merged

    def touches(self, name: str) -> bool:
        """Whether rows of this tensor change."""
        return name in self.updates

    def apply(self, name: str, start: int, rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The rows from `start` on (float32), merged."""
        for update in self.updates[name]:
            rows = _merged(rows, start, update)
        return rows


def open_adapters(adapters: Sequence[tuple[Path, float]]) -> Adapter:
    """Read adapter folders as peft saves them, each with the weight that it is merged with.

    Raises:
        QuantizeError: a folder is no LoRA adapter, or holds something that cannot be merged exactly.
    """
    updates: dict[str, list[Update]] = {}
    whole: dict[str, StoredTensor] = {}
    for folder, weight in adapters:
        config = _read_config(folder)
        tensors = read_header(_weights_file(folder))
        parts: dict[str, dict[str, StoredTensor]] = {}
        for name, tensor in tensors.items():
            short = name.removeprefix(_PREFIX)
            found = _PART.match(short)
            if found:
                parts.setdefault(found[1], {})[found[2]] = tensor
            elif short.endswith((".weight", ".bias")):
                whole[short.replace(".modules_to_save", "").replace(".base_layer", "")] = tensor
            else:
                why = f"it trains {short}, which cannot be merged here"
                raise QuantizeError(f"cannot merge {folder}", why, "merge it with peft: model.merge_and_unload()")
        if len(adapters) > 1 and (whole or config.get("use_dora")):
            why = "several adapters only add up when none replaces whole tensors and none is DoRA"
            raise QuantizeError(f"cannot merge {folder} with others", why)
        for module, found_parts in parts.items():
            updates.setdefault(f"{module}.weight", []).append(_update(folder, config, module, found_parts, weight))
    return Adapter(updates, whole)


def _read_config(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise QuantizeError(f"cannot open the adapter {folder}", "there is no such folder")
    config = read_json(folder / "adapter_config.json")
    kind = config.get("peft_type")
    if kind != "LORA":
        raise QuantizeError(f"cannot merge {folder}", f"it is a {kind} adapter; known: LORA")
    return config


def _weights_file(folder: Path) -> Path:
    path = folder / "adapter_model.safetensors"
    if path.is_file():
        return path
    if (folder / "adapter_model.bin").is_file():
        why, hint = "its weights are pickled (adapter_model.bin), which can run code", "save it again with a newer peft"
        raise QuantizeError(f"cannot open {folder}", why, hint)
    raise QuantizeError(f"cannot open {folder}", "it has no adapter_model.safetensors")


def _update(folder: Path, config: dict[str, Any], module: str, parts: dict[str, StoredTensor], weight: float) -> Update:
    embedding = "lora_embedding_A" in parts
    names = ("lora_embedding_A", "lora_embedding_B") if embedding else ("lora_A", "lora_B")
    if any(name not in parts for name in names):
        raise QuantizeError(f"cannot read {folder}", f"one half of the update of {module} is missing")
    a, b = (parts[name] for name in names)
    if len(a.shape) != 2 or len(b.shape) != 2 or a.shape[0] != b.shape[1]:
        raise QuantizeError(f"cannot read {folder}", f"the two halves of the update of {module} do not fit")
    rank = a.shape[0]
    alpha = float(_by_pattern(config.get("alpha_pattern"), module, config.get("lora_alpha", rank)))
    scale = alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)
    return Update(
        a=a,
        b=b,
        scale=scale,
        transposed=bool(config.get("fan_in_fan_out")) and not embedding,
        embedding=embedding,
        magnitude=parts.get("lora_magnitude_vector"),
        weight=weight,
    )


def _by_pattern(patterns: object, module: str, default: object) -> Any:
    """peft's rule: a pattern names the end of a module's name."""
    for pattern, value in patterns.items() if isinstance(patterns, dict) else ():
        if re.match(rf"(.*\.)?({pattern})$", module):
            return value
    return default


def _check_fit(name: str, update: Update, tensors: Mapping[str, StoredTensor]) -> None:
    if name not in tensors:
        raise _foreign(update.a.file, name)
    shape = (update.b.shape[0], update.a.shape[1])
    if update.transposed or update.embedding:
        shape = shape[::-1]
    if tensors[name].shape != shape:
        found = " × ".join(map(str, tensors[name].shape))
        why = f"its update of {name} is {shape[0]} × {shape[1]} and the tensor is {found}"
        raise QuantizeError(f"cannot merge {update.a.file.parent}", why, "the base that it was trained on")


def _foreign(file: Path, name: str) -> QuantizeError:
    why = f"it changes {name}, which the checkpoint does not have"
    return QuantizeError(f"cannot merge {file.parent}", why, "the base that it was trained on")


def _merged(rows: np.ndarray[Any, Any], start: int, update: Update) -> np.ndarray[Any, Any]:
    import numpy as np

    stop = start + len(rows)
    a = to_single(update.a.read(), update.a.dtype)
    if update.transposed:
        columns = to_single(update.b.read(), update.b.dtype)
        delta = (a[:, start:stop].T @ columns.T) * (update.scale * update.weight)
    elif update.embedding:
        delta = (to_single(update.b.read(), update.b.dtype) @ a[:, start:stop]).T * (update.scale * update.weight)
    else:
        delta = (to_single(update.b.read(start, stop), update.b.dtype) @ a) * (update.scale * update.weight)
    merged = rows + delta
    if update.magnitude is None:
        return merged
    magnitude = to_single(update.magnitude.read(), update.magnitude.dtype).reshape(-1)
    if update.transposed:
        return merged * (magnitude / np.linalg.norm(merged, axis=0))[None, :]
    return merged * (magnitude[start:stop] / np.linalg.norm(merged, axis=1))[:, None]
