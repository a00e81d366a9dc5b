"""Finds the weights that a recipe starts from: a checkpoint folder, a hub id, or a GGUF file.

What is found is checked before any of it is loaded: safetensors only, no code from the checkpoint, a known architecture.
Nothing is loaded here.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from assistant.engine.gguf_file import Unreadable, read_file
from assistant.errors import cause_of
from trainer.errors import TrainerError


@dataclass(frozen=True)
class Architecture:
    """One trainable architecture: transformers' model_type, and the linear layers of its blocks, for adapters."""

    name: str
    targets: tuple[str, ...]
    from_gguf: bool
    """Whether transformers can dequantize a GGUF file of it."""


_GATED = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
_ROWS = (
    Architecture("gpt_bigcode", ("c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"), from_gguf=False),
    Architecture("starcoder2", ("q_proj", "k_proj", "v_proj", "o_proj", "mlp.c_fc", "mlp.c_proj"), from_gguf=True),
    Architecture("llama", _GATED, from_gguf=True),
    Architecture("qwen2", _GATED, from_gguf=True),
)
ARCHITECTURES: dict[str, Architecture] = {row.name: row for row in _ROWS}
"""What can be trained, by transformers' model_type."""

_GGUF_NAMES = {"starcoder": "gpt_bigcode"}
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_HUB_FILES = ["*.safetensors", "*.safetensors.index.json", "*.json", "*.txt", "*.model", "*.jinja"]


@dataclass(frozen=True)
class Base:
    """Weights on this disk. `gguf` is the file's name inside `folder`, or empty for a checkpoint."""

    folder: Path
    architecture: Architecture
    gguf: str = ""
    origin: str = ""
    """As the recipe names it."""


def find_base(name: str, revision: str = "main") -> Base:
    """The base that a recipe names; one from the hub is downloaded (weights and vocabulary only).

    Raises:
        TrainerError: it is not there, is damaged, or is of an architecture that cannot be trained.
    """
    path = Path(name).expanduser()
    if path.is_file() and path.suffix != ".gguf":
        raise TrainerError(
            f"cannot start from {name}", "it is neither a checkpoint folder nor a .gguf file", str(path.parent)
        )
    if path.suffix == ".gguf":
        return Base(path.parent.absolute(), _of_gguf(path), path.name, name)
    if not path.is_dir():
        if not is_hub_id(name):
            raise TrainerError(
                f"cannot start from {name}",
                "there is no such folder, and it is no hub id (owner/name)",
                "--set model.base=FOLDER, a .gguf file or OWNER/NAME of the hub",
            )
        path = _from_hub(name, revision)
    return Base(path.absolute(), _of_checkpoint(path), "", name)


def is_hub_id(name: str) -> bool:
    """Whether a text can name a model on the hub: owner/name, and no path that is there."""
    return bool(_HUB_ID.fullmatch(name)) and not name.startswith(".") and not Path(name).exists()


def _of_checkpoint(folder: Path) -> Architecture:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        if (folder / "adapter_config.json").exists():
            raise TrainerError(
                f"cannot start from {folder}", "it is an adapter, not a whole model", "its base model"
            ) from None
        raise TrainerError(f"cannot start from {folder}", "it has no config.json, so it is no checkpoint") from None
    except (OSError, ValueError, RecursionError) as error:
        raise TrainerError(f"cannot start from {folder}", f"its config.json cannot be read ({error})") from None
    kind = config.get("model_type") if isinstance(config, dict) else None
    if kind not in ARCHITECTURES:
        raise TrainerError(
            f"cannot train {folder}", f"its architecture is {kind}; known are {', '.join(ARCHITECTURES)}"
        )
    if "quantization_config" in config:
        raise TrainerError(f"cannot train {folder}", "its weights are already quantized", "the unquantized checkpoint")
    if not list(folder.glob("*.safetensors")):
        raise TrainerError(
            f"cannot start from {folder}", "it has no .safetensors file (pickled weights can run code and are not read)"
        )
    return ARCHITECTURES[kind]


def _from_hub(name: str, revision: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=_HUB_FILES))
    except RepositoryNotFoundError:
        hint = "hf auth login, where its licence must be accepted first"
        raise TrainerError(f"cannot download {name}", "the hub has no such model, or hides it from you", hint) from None
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TrainerError(f"cannot download {name}", why, "a checkpoint folder that is here already") from None


def _of_gguf(path: Path) -> Architecture:
    if not path.is_file():
        raise TrainerError(f"cannot start from {path}", "there is no such file")
    try:
        name = str(read_file(path).metadata.get("general.architecture", ""))[:60]
    except Unreadable as error:
        raise TrainerError(f"cannot start from {path}", f"it is no whole GGUF file ({error})") from None
    except OSError as error:
        raise TrainerError(f"cannot read {path}", cause_of(error)) from None
    kind = ARCHITECTURES.get(_GGUF_NAMES.get(name, name))
    able = ", ".join(row.name for row in _ROWS if row.from_gguf)
    if kind is None or not kind.from_gguf:
        raise TrainerError(
            f"cannot train {path}",
            f"a GGUF file can be read back for {able}, and this one is {name}",
            "the checkpoint folder or hub id that the file was made from",
        )
    return kind
