"""What a run of keys in normal or visual mode means: counts, an operator, a motion or an object, or a plain command.

It reads words of the language only; what they do is `vim`'s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from assistant.tui.vim.motions import MOTIONS
from assistant.tui.vim.objects import KINDS

OPERATORS = "dyc<>"
COMMANDS = "iaIAoOxXDCsSYpPuJ~.vV\x12"
"""Plain commands of one key; \\x12 is Ctrl+R."""
SEARCHES = "nN*"
_RUN = re.compile(r"([1-9]\d*)?(?:([dyc<>])([1-9]\d*)?)?(.*)", re.DOTALL)


@dataclass(frozen=True)
class Meant:
    """`operator` is "" where none was typed. `what` is the kind of `word`, `mark` the character that f, r and kin need."""

    operator: str
    count: int | None
    what: Literal["motion", "object", "line", "command"]
    word: str
    mark: str = ""


def read(keys: str, visual: bool = False) -> Meant | Literal["more", "nothing"]:
    """What `keys` mean: one thing, "more" keys are needed, or "nothing" that we know."""
    if visual:
        found = re.fullmatch(r"([1-9]\d*)?(.*)", keys, re.DOTALL)
        assert found is not None
        return _read_visual(found[2], int(found[1]) if found[1] else None)
    found = _RUN.fullmatch(keys)
    assert found is not None
    first, operator, second, rest = found.groups()
    count = int(first or 1) * int(second or 1) if first or second else None
    if not rest:
        return "more"
    if operator and rest == operator:
        return Meant(operator, count, "line", operator)
    if (meant := _motion(operator or "", count, rest)) is not None:
        return meant
    if operator and rest[0] in "ia":
        return _object(operator, count, rest)
    return _command(count, rest) if not operator else "nothing"


def _read_visual(rest: str, count: int | None) -> Meant | Literal["more", "nothing"]:
    if not rest:
        return "more"
    if (meant := _motion("", count, rest)) is not None:
        return meant
    if rest[0] in "ia":
        return _object("", count, rest)
    if rest in (*OPERATORS, *"xsvVpPJ~oUu"):
        return Meant("", count, "command", rest)
    return _with_mark("r", count, rest)


def _motion(operator: str, count: int | None, rest: str) -> Meant | Literal["more"] | None:
    if rest in MOTIONS or rest in ("G", "gg", *SEARCHES, ";", ","):
        return Meant(operator, count, "motion", rest)
    if rest[0] in "fFtT":
        return Meant(operator, count, "motion", rest[0], rest[1]) if len(rest) == 2 else "more"
    return "more" if rest == "g" else None


def _object(operator: str, count: int | None, rest: str) -> Meant | Literal["more", "nothing"]:
    if len(rest) == 1:
        return "more"
    return Meant(operator, count, "object", rest[0], rest[1]) if rest[1] in KINDS else "nothing"


def _command(count: int | None, rest: str) -> Meant | Literal["more", "nothing"]:
    if rest in COMMANDS:
        return Meant("", count, "command", rest)
    return _with_mark("r", count, rest)


def _with_mark(word: str, count: int | None, rest: str) -> Meant | Literal["more", "nothing"]:
    if rest[0] != word:
        return "nothing"
    return Meant("", count, "command", word, rest[1]) if len(rest) == 2 else "more"
