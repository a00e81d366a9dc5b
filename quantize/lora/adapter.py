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

from quantize.errors import QuantizeError
from quantize.lora.low_rank import LowRank, RowsReplaced, Update, foreign
from quantize.reading.checkpoint import read_json
from quantize.reading.safetensors_file import StoredTensor, read_header
from quantize.writing.plan import OUTPUT

if TYPE_CHECKING:
    import numpy as np

_PREFIX = "base_model.model."
_ROWS = ".token_adapter.trainable_tokens_delta"
_PART = re.compile(r"(.+)\.(lora_A|lora_B|lora_embedding_A|lora_embedding_B|lora_magnitude_vector)(?:\.weight)?$")


@dataclass(frozen=True)
class Adapter:
    """Adapters as a patch of streaming tensors (`plan.Patch`)."""

    updates: Mapping[str, Sequence[Update]]
    whole: Mapping[str, StoredTensor]
    keeps_tie: bool = False
    """Trained with one matrix for input and output, whatever it does to it."""

    def replaced(self, tensors: dict[str, StoredTensor], embeddings: str) -> dict[str, StoredTensor]:
        """The checkpoint's tensors with the adapter's whole ones in their places.

        Raises:
            QuantizeError: the adapter belongs to another model.
        """
        merged = dict(tensors)
        for name, tensor in self.whole.items():
            if name not in tensors and name != OUTPUT:
                raise foreign(tensor.file, name)
            merged[name] = tensor
        if OUTPUT not in merged and self._unties(embeddings):
            merged[OUTPUT] = replace(tensors[embeddings], name=OUTPUT)
        for name, updates in self.updates.items():
            for update in updates:
                update.check(name, merged)
        return merged

    def _unties(self, embeddings: str) -> bool:
        """peft changes only one of two tied matrices, so the other one has to be written as it was."""
        changed = self.updates.get(embeddings, ())
        one = embeddings in self.whole or any(isinstance(u, LowRank) for u in changed)
        return (one and not self.keeps_tie) or OUTPUT in self.updates

    def touches(self, name: str) -> bool:
        """Whether rows of this tensor change."""
        return name in self.updates

    def apply(self, name: str, start: int, rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The rows from `start` on (float32), merged."""
        for update in self.updates[name]:
            rows = update.apply(start, rows)
        return rows


def open_adapters(adapters: Sequence[tuple[Path, float]]) -> Adapter:
    """Read adapter folders as peft saves them, each with the weight that it is merged with.

    Raises:
        QuantizeError: a folder is no LoRA adapter, or holds something that cannot be merged exactly.
    """
    updates: dict[str, list[Update]] = {}
    whole: dict[str, StoredTensor] = {}
    keeps_tie = False
    for folder, weight in adapters:
        config = _read_config(folder)
        keeps_tie |= bool(config.get("ensure_weight_tying"))
        parts: dict[str, dict[str, StoredTensor]] = {}
        for name, tensor in read_header(_weights_file(folder)).items():
            short = name.removeprefix(_PREFIX).replace(".modules_to_save", "").replace(".base_layer", "")
            if found := _PART.match(short):
                parts.setdefault(found[1], {})[found[2]] = tensor
            elif short.endswith(_ROWS):
                module = short.removesuffix(_ROWS)
                updates.setdefault(f"{module}.weight", []).append(_rows(folder, config, module, tensor))
            elif short.endswith((".weight", ".bias")) and "lora_" not in short:
                whole[short] = tensor
            else:
                why = f"it trains {short}, which cannot be merged here"
                raise QuantizeError(f"cannot merge {folder}", why, "merge it with peft: model.merge_and_unload()")
        if (len(adapters) > 1 or weight != 1.0) and (whole or config.get("use_dora")):
            why = "it replaces whole tensors or is DoRA, which has no meaning with weights or in a sum"
            raise QuantizeError(f"cannot merge {folder} like that", why, "--adapter with this folder alone")
        for module, found_parts in parts.items():
            update = _low_rank(folder, config, module, found_parts, weight)
            updates.setdefault(f"{module}.weight", []).append(update)
    return Adapter(updates, whole, keeps_tie)


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


def _low_rank(
    folder: Path, config: dict[str, Any], module: str, parts: dict[str, StoredTensor], weight: float
) -> LowRank:
    embedding = "lora_embedding_A" in parts
    names = ("lora_embedding_A", "lora_embedding_B") if embedding else ("lora_A", "lora_B")
    if any(name not in parts for name in names):
        raise QuantizeError(f"cannot read {folder}", f"one half of the update of {module} is missing")
    a, b = (parts[name] for name in names)
    if len(a.shape) != 2 or len(b.shape) != 2 or a.shape[0] != b.shape[1] or not a.shape[0]:
        raise QuantizeError(f"cannot read {folder}", f"the two halves of the update of {module} do not fit")
    rank = a.shape[0]
    try:
        alpha = float(_by_pattern(config.get("alpha_pattern"), module, config.get("lora_alpha", rank)))
    except (re.error, TypeError, ValueError) as error:
        raise QuantizeError(f"cannot read {folder}", f"the alpha of {module} is no number ({error})") from None
    scale = alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)
    if not math.isfinite(scale):
        raise QuantizeError(f"cannot read {folder}", f"the alpha of {module} is {alpha}")
    return LowRank(
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


def _rows(folder: Path, config: dict[str, Any], module: str, tensor: StoredTensor) -> RowsReplaced:
    """Single rows of an embedding that were trained by themselves (trainable_token_indices)."""
    indices = config.get("trainable_token_indices")
    if isinstance(indices, dict):
        indices = next((v for k, v in indices.items() if module.endswith(k)), None)
    fit = isinstance(indices, list) and all(type(i) is int and i >= 0 for i in indices)
    if not fit or not isinstance(indices, list) or len(indices) != tensor.rows:
        raise QuantizeError(f"cannot read {folder}", f"its trained rows of {module} and their indices do not fit")
    return RowsReplaced(tensor, tuple(indices))
