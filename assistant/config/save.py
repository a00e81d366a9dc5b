"""Writes one setting into the settings file: checked first, the file replaced whole, its comments kept.

What a program is running with does not change by this; who shows the setting says from when it counts.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from assistant.config.load import checked, from_file, require_known
from assistant.config.settings import Config
from assistant.errors import UsageError
from assistant.ground import paths


def save_setting(name: str, value: object) -> Any:
    """Set `name` in the settings file (None takes it out, so that the default holds); returns the value as it counts.

    Text is understood as the setting's own type: "3" for a number. `keys.AREA.ACTION` names one key of the table.

    Raises:
        UsageError: there is no such setting, the value is wrong, or the file cannot be changed safely.
        AssistantError: the file cannot be written.
    """
    import tomllib

    from assistant.config.toml_file import with_value
    from assistant.ground.files import write_whole

    path = tuple(name.split(".", 1))
    require_known(path[0], f"there is no setting {path[0]}")
    if path[0] == "keys" and len(path) < 2:
        raise UsageError("cannot set all keys at once", hint="keys.AREA.ACTION names one")
    file = paths.config_file()
    from_file(file)
    if value is not None and path[0] != "keys":
        value = getattr(_checked(name, value), name)
    elif value is not None and not isinstance(value, str):
        raise UsageError(f"setting {name} is wrong", "keys are named by text", '"ctrl+s"')
    full = (path[0], *path[1].split(".")) if len(path) > 1 else path
    text = file.read_bytes().decode() if file.exists() else ""
    try:
        changed = with_value(text, full, value)
        checked(tomllib.loads(changed), {})
    except UsageError as error:
        raise UsageError(
            error.what, error.why, error.hint if "by hand" not in error.hint else f"change {file}"
        ) from None
    if changed != text:
        write_whole(file, changed)
    return value if value is not None else default_of(path[0])


def _checked(name: str, value: object) -> Config:
    try:
        return checked({name: value}, {})
    except UsageError as error:
        raise UsageError(error.what, error.why, f"the default is {default_of(name)!r}") from None


def default_of(name: str) -> Any:
    """What holds where nothing is set."""
    return getattr(Config(), name) if name in {field.name for field in dataclasses.fields(Config)} else None
