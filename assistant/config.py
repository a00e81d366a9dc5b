"""The settings, in one frozen class: defaults, then the TOML file, then the environment, then flags.

A setting `name` is `name = …` in config.toml and `WIZARD_NAME` in the environment. This reads settings and refuses
wrong ones; it does not write them, and a folder's own files can never change them.
"""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from assistant.errors import UsageError
from assistant.ground import paths

_RANGES = {
    "context_size": (0, 10_000_000),
    "gpu_layers": (-1, 10_000),
    "threads": (0, 4096),
    "temperature": (0, 5),
    "top_k": (0, 1_000_000),
    "top_p": (0, 1),
    "min_p": (0, 1),
    "repeat_penalty": (0.1, 10),
    "max_tokens": (1, 10_000_000),
}


@dataclass(frozen=True)
class Config:
    """Every setting of wizard-tui, with its default; the text under a field is its help."""

    model: str = ""
    """Name or file of the model to run; empty takes the one chosen by `wizard-tui models use`, else the starter."""

    models_folder: str = ""
    """A folder of your own GGUF files, listed beside the pulled ones."""

    context_size: int = 0
    """Tokens of context; 0 takes what the model was trained for, up to 8,192."""

    gpu_layers: int = -1
    """Layers to put on the GPU; -1 takes as many as fit, 0 stays on the CPU."""

    threads: int = 0
    """CPU threads for the model; 0 takes the cores that this process may use."""

    temperature: float = 0.2
    """Randomness of replies; 0 always takes the likeliest token."""

    top_k: int = 40
    """Sample among this many likeliest tokens; 0 is all of them."""

    top_p: float = 0.95
    """Sample among the likeliest tokens that together have this probability."""

    min_p: float = 0.05
    """Leave out tokens less likely than this share of the likeliest one."""

    repeat_penalty: float = 1.1
    """Make tokens of the recent text less likely by this factor; 1 is off."""

    max_tokens: int = 2048
    """The longest reply, in tokens."""

    theme: str = "wizard-dark"
    """Colours of the app: wizard-dark, wizard-light, or any theme of Textual."""

    layout: Literal["auto", "narrow", "wide"] = "auto"
    """How panels are arranged; auto goes by the size of the terminal."""


def load_config(**flags: object) -> Config:
    """Read the settings; `flags` that are None count as not given.

    Raises:
        UsageError: an unknown name or a wrong value, with the nearest right name.
    """
    values = _from_file(paths.config_file()) | _from_environment()
    values |= {name: value for name, value in flags.items() if value is not None}
    if not values:
        return Config()
    from pydantic import TypeAdapter, ValidationError

    try:
        config = TypeAdapter(Config).validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise _wrong(str(first["loc"][0]), first["msg"].lower(), flags) from None
    for name, (least, most) in _RANGES.items():
        if not least <= getattr(config, name) <= most:
            raise _wrong(name, f"it lies between {least:,} and {most:,}", flags)
    return config


def _wrong(name: str, why: str, flags: dict[str, object]) -> UsageError:
    variable = f"WIZARD_{name.upper()}"
    if flags.get(name) is not None:
        hint = f"another --{name.replace('_', '-')}"
    elif os.environ.get(variable):
        hint = f"correct {variable}"
    else:
        hint = f"correct it in {paths.config_file()}"
    return UsageError(f"setting {name} is wrong", why, hint)


def _from_file(file: Path) -> dict[str, Any]:
    import tomllib

    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        why = error.strerror.lower() if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(f"cannot read {file}", why, "correct or remove it") from None
    known = [field.name for field in dataclasses.fields(Config)]
    for name in values:
        if name not in known:
            import difflib

            near = difflib.get_close_matches(name, known, n=1)
            hint = f"{near[0]} = …" if near else f"one of {', '.join(known)}"
            raise UsageError(f"{file} holds an unknown setting {name}", hint=hint)
    return values


def _from_environment() -> dict[str, str]:
    names = {f"WIZARD_{field.name.upper()}": field.name for field in dataclasses.fields(Config)}
    return {names[key]: value for key, value in os.environ.items() if key in names and value}
