"""TOML tables read into frozen dataclasses: a wrong key is refused and the nearest right one named.

The recipes and the pipeline file are read this way, so a typing mistake never runs with a default. The limits of a value
are written where the field is (`Annotated[int, "more than zero"]`); this knows no recipe.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from assistant.errors import UsageError, cause_of

Count = Annotated[int, "zero or more"]
Positive = Annotated[int, "more than zero"]
Amount = Annotated[float, "zero or more"]
Rate = Annotated[float, "more than zero"]
Share = Annotated[float, "from 0 to 1"]

_T = TypeVar("_T")


def read_toml(path: Path, hint: str = "") -> dict[str, Any]:
    """The table in a TOML file; `hint` is what helps when there is none.

    Raises:
        UsageError: it cannot be read or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"cannot read {path}", "there is no such file", hint) from None
    except OSError as error:
        raise UsageError(f"cannot read {path}", cause_of(error)) from None
    except UnicodeDecodeError as error:
        raise UsageError(f"cannot read {path}", f"it is no UTF-8 text (byte {error.start:,})") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"cannot read {path}", f"it is no TOML: {error}") from None


def from_table(kind: type[_T], table: Mapping[str, Any], origin: str, prefix: str = "", root: type | None = None) -> _T:
    """A dataclass from a table; nested dataclasses are sub-tables. `origin` is what errors call the file.

    Raises:
        UsageError: an unknown key (the nearest right one is named) or a value of the wrong kind.
    """
    hints = get_type_hints(kind, include_extras=True)
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in hints:
            raise _unknown(root or kind, kind, key, origin, prefix)
        hint = hints[key]
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            if not isinstance(value, Mapping):
                raise UsageError(f"{origin}: {prefix}{key} is a table", "it was given a single value", f"[{key}]")
            values[key] = from_table(hint, value, origin, f"{prefix}{key}.", root or kind)
        else:
            values[key] = _checked(value, hint, f"{origin}: {prefix}{key}")
    return kind(**values)


def lay_over(table: dict[str, Any], change: str) -> None:
    """Put `a.b=value` into a table; a value that is no TOML is taken as text.

    Raises:
        UsageError: it is not of that form.
    """
    key, equals, text = change.partition("=")
    if not equals or not key.strip():
        raise UsageError(f"cannot use --set {change}", "it is not of the form key=value", "--set train.steps=100")
    *sections, name = key.strip().split(".")
    for section in sections:
        inner = table.setdefault(section, {})
        if not isinstance(inner, dict):
            raise UsageError(f"cannot use --set {change}", f"{section} is not a table")
        table = inner
    try:
        table[name] = tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        table[name] = text


def _unknown(root: type, kind: type, key: str, origin: str, prefix: str) -> UsageError:
    here = {f.name: f"{prefix}{f.name}" for f in dataclasses.fields(kind)}
    for names, likeness in ((here, 0.6), (_all_keys(root), 0.6), (here, 0.4)):
        near = difflib.get_close_matches(key, list(names), n=1, cutoff=likeness)
        if near:
            return UsageError(
                f"{origin}: unknown key {prefix}{key}", f"the nearest is {names[near[0]]}", names[near[0]]
            )
    return UsageError(f"{origin}: unknown key {prefix}{key}", f"known are {', '.join(here)}")


def _all_keys(kind: type, prefix: str = "") -> dict[str, str]:
    keys: dict[str, str] = {}
    for name, hint in get_type_hints(kind).items():
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            keys |= _all_keys(hint, f"{prefix}{name}.")
        else:
            keys[name] = f"{prefix}{name}"
    return keys


def _checked(value: Any, hint: Any, where: str) -> Any:
    limit = ""
    if get_origin(hint) is Annotated:
        hint, limit = get_args(hint)
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            near = difflib.get_close_matches(str(value), get_args(hint), n=1)
            raise UsageError(
                f"{where} = {value!r}", f"must be one of {', '.join(get_args(hint))}", near[0] if near else ""
            )
        return value
    if get_origin(hint) is tuple:
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list):
            raise UsageError(f"{where} = {value!r}", "must be a list")
        return tuple(_checked(item, get_args(hint)[0], where) for item in items)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    words = {int: "a whole number", float: "a number", str: "a text in quotes", bool: "true or false"}
    if type(value) is not hint or (hint is float and not math.isfinite(value)):
        raise UsageError(f"{where} = {value!r}", f"must be {words[hint]}")
    if hint is int and abs(value) >= 1 << 63:
        raise UsageError(f"{where} = {value!r}", "must be smaller: whole numbers have 64 bits")
    low = {"zero or more": value < 0, "more than zero": value <= 0, "from 0 to 1": not 0 <= value <= 1} if limit else {}
    if low.get(limit):
        raise UsageError(f"{where} = {value!r}", f"must be {limit}")
    return value
