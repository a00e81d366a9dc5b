"""Writes the finished checkpoint: weights or adapter, tokenizer with its chat template, card and summary.

`transformers` and `peft` load the folder as it is. Everything is staged beside its place; the file that makes a loader
take the folder for a checkpoint is moved in last, and the summary after it. Merging is quantize's.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assistant.errors import cause_of
from assistant.ground.files import human_bytes, require_space, sync, write_whole
from trainer.errors import TrainerError
from trainer.finetune.base import Base
from trainer.finetune.examples import Example
from trainer.finetune.model import quiet, torch_dtype
from trainer.finetune.tokens import About
from trainer.recipe import Recipe
from trainer.records import json_line

SUMMARY = "finetune.json"
HELD_OUT = "held_out.jsonl"
_ENTRY = ("config.json", "adapter_config.json")
_BASE_FOLDER = "base"


def write_finished(
    folder: Path,
    module: Any,
    weights: dict[str, Any],
    tokenizer: Any,
    base: Base,
    recipe: Recipe,
    summary: dict[str, Any],
) -> int:
    """Write the finished model into `folder`; `weights` are the trained tensors by their name in `module`.

    Returns:
        Bytes written.

    Raises:
        TrainerError: it cannot be written; the run's checkpoints stay, and no half of a model is left to be loaded.
    """
    from safetensors import SafetensorError

    staged = Path(tempfile.mkdtemp(dir=folder, prefix=".tmp-finished-"))
    try:
        require_space(folder, sum(t.numel() * 4 for t in weights.values()))
        with quiet():
            if recipe.model.method == "full":
                _write_full(staged, module.causal, weights, recipe.model.save_dtype)
            else:
                _write_adapter(staged, folder, module, weights, tokenizer, base)
        tokenizer.save_pretrained(staged)
        # The class's new name in transformers 5 is unknown to transformers 4, which reads the rest just as well.
        _amend(staged / "tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast")
        (staged / "README.md").write_text(_card(base, recipe, summary), encoding="utf-8")
        size = _move_in(staged, folder)
        write_whole(folder / SUMMARY, json.dumps(summary, indent=1) + "\n")
    except (OSError, SafetensorError, RuntimeError) as error:
        raise TrainerError(
            f"cannot write the model to {folder}", str(error), "free some space, then --resume"
        ) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return size


def write_held_out(folder: Path, examples: list[Example]) -> None:
    """Write the rows that were held out, so that what is made of the model can be measured on them too."""
    rows = ({"instruction": example.instruction, "response": example.response} for example in examples)
    try:
        write_whole(folder / HELD_OUT, "".join(json_line(row) + "\n" for row in rows))
    except OSError as error:
        raise TrainerError(f"cannot write to {folder}", cause_of(error), "free some space, then --resume") from None


def read_summary(folder: Path) -> dict[str, Any] | None:
    """The summary of a finished run in `folder`, or None where none is finished."""
    try:
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return summary if isinstance(summary, dict) else None


def _write_full(staged: Path, model: Any, weights: dict[str, Any], dtype: str) -> None:
    kind = torch_dtype(dtype)
    tensors = {name.removeprefix("model."): tensor.to(kind) for name, tensor in weights.items()}
    model.save_pretrained(staged, state_dict=tensors)
    # save_pretrained writes down what the weights were trained in, not what they are saved in.
    _amend(staged / "config.json", dtype=str(kind).removeprefix("torch."))


def _amend(path: Path, **values: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}, indent=2) + "\n")


def _write_adapter(
    staged: Path, folder: Path, module: Any, weights: dict[str, Any], tokenizer: Any, base: Base
) -> None:
    config = module.model.peft_config["default"]
    config.base_model_name_or_path = str(base.folder) if not base.gguf else str(folder / _BASE_FOLDER)
    if "/" in base.origin and not Path(base.origin).expanduser().exists():
        config.base_model_name_or_path = base.origin
    tensors = {name.removeprefix("model."): tensor for name, tensor in weights.items()}
    module.model.save_pretrained(staged, state_dict=tensors)
    if base.gguf:
        # peft cannot put an adapter on a GGUF file, so the dequantized base goes along.
        _write_base(folder / _BASE_FOLDER, module.model, tokenizer)


def _write_base(place: Path, model: Any, tokenizer: Any) -> None:
    if place.exists():
        return
    staged = Path(tempfile.mkdtemp(dir=place.parent, prefix=".tmp-base-"))
    try:
        plain = {
            name.replace(".base_layer.", ".").removeprefix("base_model.model."): tensor
            for name, tensor in model.state_dict().items()
            if ".lora_" not in name
        }
        model.get_base_model().save_pretrained(staged, state_dict=plain)
        tokenizer.save_pretrained(staged)
        staged.chmod(0o755)
        staged.rename(place)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _move_in(staged: Path, folder: Path) -> int:
    files = sorted((path for path in staged.rglob("*") if path.is_file()), key=lambda path: path.name in _ENTRY)
    for name in _ENTRY:
        (folder / name).unlink(missing_ok=True)
    for path in folder.glob("*.safetensors"):
        path.unlink()
    size = 0
    for path in files:
        # safetensors makes files that only their owner may read; a finished model is as open as any other file.
        path.chmod(path.stat().st_mode | _readable())
        sync(path)
        size += path.stat().st_size
        os.replace(path, folder / path.name)  # noqa: PTH105 - says that an older one is replaced
    sync(folder)
    return size


def _readable() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return (stat.S_IRGRP | stat.S_IROTH) & ~umask


def _card(base: Base, recipe: Recipe, summary: dict[str, Any]) -> str:
    about: About = About(**summary["data"])
    kind = "adapter (LoRA)" if recipe.model.method != "full" else "model"
    front = {
        "base_model": base.origin,
        "library_name": "transformers" if recipe.model.method == "full" else "peft",
        "pipeline_tag": "text-generation",
    }
    head = "\n".join(f"{key}: {json.dumps(value)}" for key, value in front.items())
    dev = ""
    if summary.get("dev_loss_before") is not None:
        dev = f"\n- Held-out response loss: {summary['dev_loss_before']:.4f} before, {summary['dev_loss']:.4f} after"
    return f"""---
{head}
---
# {Path(recipe.output).name}

A code {kind}, fine-tuned by `wizard-train finetune` from {base.origin}.

- Data: {about.samples:,} samples, {about.tokens:,} tokens, {about.learned:,} of them responses ({about.infill:,} samples \
in fill-in-the-middle form, {about.cut:,} cut, {about.too_long:,} left out as too long, {about.empty:,} without a response)
- {summary["steps"]:,} steps of {recipe.train.batch} samples, learning rate {recipe.train.learning_rate:g} \
({recipe.train.schedule}), {summary["precision"]}, loss on responses and end-of-text only
- Training loss: {summary["loss_first"]:.4f} at first, {summary["loss_last"]:.4f} at last{dev}
- Prompt format: the tokenizer's chat template ({recipe.data.prompt_format})

The licence is that of the base and of the data.

```toml
{_as_toml(asdict(recipe))}```
"""


def _as_toml(table: dict[str, Any], prefix: str = "") -> str:
    plain = {key: value for key, value in table.items() if not isinstance(value, dict)}
    text = "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in plain.items())
    for key, value in table.items():
        if isinstance(value, dict):
            text += f"\n[{prefix}{key}]\n" + _as_toml(value, f"{prefix}{key}.")
    return text


def say_size(folder: Path, size: int) -> str:
    """The sentence that ends a run."""
    return f"Wrote {folder} ({human_bytes(size)})."
