"""Reads the settings: defaults, then the TOML file, then the environment, then flags; wrong ones are told by name.

A setting `name` is `name = …` in config.toml and `WIZARD_NAME` in the environment. This does not write settings, and a
folder's own files can never change them.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assistant.config.settings import RANGES, Config
from assistant.errors import UsageError, cause_of
from assistant.ground import paths

_TAKES = {
    "float": "it takes a number",
    "int": "it takes a whole number",
    "string": "it takes text",
    "literal": "it takes {expected}",
}
"""What is wrong with a value, by the first word of what pydantic calls it."""


def load_config(**flags: object) -> Config:
    """Read the settings; `flags` that are None count as not given.

    Raises:
        UsageError: an unknown name or a wrong value, with the nearest right name.
    """
    values = from_file(paths.config_file()) | from_environment()
    values |= {name: value for name, value in flags.items() if value is not None}
    return checked(values, flags) if values else Config()


def checked(values: Mapping[str, Any], flags: Mapping[str, object]) -> Config:
    """The settings that `values` make, each of the right type and in its range.

    Raises:
        UsageError: one is not; `flags` are named as its source where they are.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        config = TypeAdapter(Config).validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        expected = first.get("ctx", {}).get("expected", "")
        why = _TAKES.get(first["type"].partition("_")[0], first["msg"].lower()).format(expected=expected)
        raise _wrong(str(first["loc"][0]), why, flags) from None
    for name, (least, most) in RANGES.items():
        if not least <= getattr(config, name) <= most:
            raise _wrong(name, f"it lies between {least:,} and {most:,}", flags)
    return config


def _wrong(name: str, why: str, flags: Mapping[str, object]) -> UsageError:
    variable = f"WIZARD_{name.upper()}"
    if flags.get(name) is not None:
        hint = f"another --{name.replace('_', '-')}"
    elif os.environ.get(variable):
        hint = f"correct {variable}"
    else:
        hint = f"correct it in {paths.config_file()}"
    return UsageError(f"setting {name} is wrong", why, hint)


def from_file(file: Path) -> dict[str, Any]:
    """What the file sets; nothing where there is none.

    Raises:
        UsageError: it cannot be read, or holds a name that is no setting.
    """
    import tomllib

    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError, OSError) as error:
        why = cause_of(error) if isinstance(error, OSError) else str(error)
        raise UsageError(f"cannot read {file}", why, "correct or remove it") from None
    for name in values:
        require_known(name, f"{file} holds an unknown setting {name}")
    return values


def require_known(name: str, what: str) -> None:
    """Raise a UsageError that says `what`, and the nearest right name, unless `name` is a setting."""
    known = [field.name for field in dataclasses.fields(Config)]
    if name not in known:
        import difflib

        near = difflib.get_close_matches(name, known, n=1)
        raise UsageError(what, hint=f"{near[0]} = …" if near else f"one of {', '.join(known)}")


def from_environment() -> dict[str, str]:
    """What the environment sets; a table cannot be set there."""
    names = {f"WIZARD_{field.name.upper()}": field.name for field in dataclasses.fields(Config)}
    del names["WIZARD_KEYS"]
    return {names[key]: value for key, value in os.environ.items() if key in names and value}
