"""The settings as data for people: help, choices and range of each, what it is set to, and where that comes from.

The help is the text under each field of `Config`, so a setting is explained in one place. This shows; `save` changes.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import itertools
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from assistant.config.load import checked, from_environment, from_file
from assistant.config.settings import RANGES, Config
from assistant.ground import paths

Source = Literal["default", "file", "environment"]


@dataclass(frozen=True)
class Setting:
    """One setting: `value` is what the next start takes from `source`, `running` what counts now."""

    name: str
    help: str
    kind: Literal["text", "whole number", "number", "choice", "table"]
    choices: tuple[str, ...]
    range: tuple[float, float] | None
    default: Any
    value: Any
    source: Source
    running: Any

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return f"WIZARD_{self.name.upper()}"

    @property
    def expects(self) -> str:
        """What may be put in, for people: `a whole number from 0 to 4,096`."""
        if self.choices:
            return " or ".join(self.choices)
        if self.range:
            return f"a {self.kind} from {self.range[0]:,} to {self.range[1]:,}"
        return "a table" if self.kind == "table" else "text, or nothing"


def describe_settings(running: Config) -> tuple[Setting, ...]:
    """All settings in the order of the class; `running` is what the program at hand was started with.

    Raises:
        UsageError: the settings file cannot be read.
    """
    in_file, in_environment = from_file(paths.config_file()), from_environment()
    values = in_file | in_environment
    next_start = checked(values, {}) if values else Config()
    types = typing.get_type_hints(Config)
    rows = []
    for field in dataclasses.fields(Config):
        name = field.name
        source: Source = "environment" if name in in_environment else "file" if name in in_file else "default"
        choices = typing.get_args(types[name]) if typing.get_origin(types[name]) is Literal else ()
        rows.append(
            Setting(
                name=name,
                help=field_help()[name],
                kind="choice" if choices else _KINDS.get(types[name], "table"),
                choices=choices,
                range=RANGES.get(name),
                default=getattr(Config(), name),
                value=getattr(next_start, name),
                source=source,
                running=getattr(running, name),
            )
        )
    return tuple(rows)


@functools.cache
def field_help() -> dict[str, str]:
    """The text under each field of `Config`, in one line."""
    tree = ast.parse(Path(__file__).with_name("settings.py").read_text(encoding="utf-8"))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef))
    found = {}
    for field, text in itertools.pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            found[field.target.id] = " ".join(ast.literal_eval(text.value).split())
    return found


_KINDS: dict[object, Literal["text", "whole number", "number"]] = {str: "text", int: "whole number", float: "number"}
