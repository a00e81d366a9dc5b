"""A LoRA adapter as a GGUF file of its own, which llama.cpp loads beside a model and weighs at run time.

Scales other than alpha / rank (rsLoRA, patterns) are folded into the second half, so that llama.cpp's own arithmetic
gives the same update. DoRA and whole tensors have no such form; they are for `--adapter`, which merges.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.ground.files import replacing
from quantize.architectures.architecture import Wanted
from quantize.errors import QuantizeError
from quantize.lora.adapter import open_adapters
from quantize.lora.low_rank import LowRank
from quantize.reading.checkpoint import open_checkpoint
from quantize.writing.floats import to_single
from quantize.writing.plan import find_architecture

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Written:
    """What was written: `tensors` matrices that change, of the largest `rank`."""

    path: Path
    tensors: int
    rank: int


def write_adapter(adapter: Path, base: Path, out: Path) -> Written:
    """Write the peft adapter in the folder `adapter` for the checkpoint `base` as the GGUF file `out`.

    Raises:
        QuantizeError: the adapter has no such form, or belongs to another model.
    """
    checkpoint = open_checkpoint(base)
    architecture = find_architecture(checkpoint)
    merged = open_adapters([(adapter, 1.0)])
    places = {wanted.source: wanted for wanted in architecture.layout(checkpoint.config)}
    updates = {name: _only_low_rank(adapter, name, found) for name, found in merged.updates.items()}
    if merged.whole:
        raise _no_form(adapter, f"it replaces {min(merged.whole)} whole")
    if not updates:
        raise _no_form(adapter, "it changes no matrix")
    for name, update in updates.items():
        update.check(name, checkpoint.tensors)
        if name not in places:
            raise _no_form(adapter, f"it changes {name}, which llama.cpp does not have")
    if not out.parent.is_dir():
        raise QuantizeError(f"cannot write {out}", f"there is no folder {out.parent}", f"mkdir -p {out.parent}")
    from gguf import GGUFWriter

    with replacing(out) as staged:
        writer = GGUFWriter(staged, architecture.gguf_name)
        writer.add_type("adapter")
        writer.add_string("adapter.type", "lora")
        writer.add_name(adapter.resolve().name)
        writer.add_float32("adapter.lora.alpha", 1.0)
        for name, update in updates.items():
            a, b = _halves(places[name], update)
            writer.add_tensor(f"{places[name].name}.lora_a", a)
            writer.add_tensor(f"{places[name].name}.lora_b", b)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
    return Written(out, len(updates), max(update.rank for update in updates.values()))


def _only_low_rank(adapter: Path, name: str, updates: Any) -> LowRank:
    update = updates[0]
    if not isinstance(update, LowRank):
        raise _no_form(adapter, f"it replaces single rows of {name}")
    if update.magnitude is not None:
        raise _no_form(adapter, "it is DoRA, which also changes lengths")
    if update.embedding or name == "lm_head.weight":
        raise _no_form(adapter, f"it changes {name}")
    return update


def _no_form(adapter: Path, why: str) -> QuantizeError:
    hint = f"wizard-quantize run BASE --adapter {adapter} -o OUT.gguf (which merges it)"
    return QuantizeError(f"cannot write {adapter} as a GGUF adapter", why, hint)


def _halves(wanted: Wanted, update: LowRank) -> tuple[Array, Array]:
    """A [rank, inputs] and B [outputs, rank], rows ordered and scaled as llama.cpp will use them (alpha 1: 1 / rank)."""
    import numpy as np

    a, b = (to_single(half.read(), half.dtype) for half in (update.a, update.b))
    b = b * (update.scale * update.rank)
    if wanted.order is not None:
        order = np.arange(len(b)).reshape(wanted.order[1], 2, -1).swapaxes(1, 2).reshape(-1)
        b = b[order]
    if wanted.scaled is not None:
        b = b.copy()
        b[: wanted.scaled[0]] *= wanted.scaled[1]
    return np.ascontiguousarray(a), np.ascontiguousarray(b)
