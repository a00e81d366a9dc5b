"""Changes one value in the text of a TOML file and leaves every other character as the person wrote it.

It edits lines and then reads the result back: a text that would mean anything else than asked for is refused, so a form
that this does not know costs a sentence, never a setting.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from assistant.errors import UsageError

_HEADER = re.compile(r"\s*\[")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def with_value(text: str, path: tuple[str, ...], value: Any) -> str:
    """`text` with the key at `path` (its tables first) set to `value`; None removes it.

    Raises:
        UsageError: the file's own form hides the place.
        tomllib.TOMLDecodeError: `text` is no TOML.
    """
    before = tomllib.loads(text)
    wanted = _full(_changed(before, path, value))
    if wanted == _full(before):
        return text
    for candidate in _candidates(text.splitlines(keepends=True), path, value):
        try:
            if _full(tomllib.loads(candidate)) == wanted:
                return candidate
        except tomllib.TOMLDecodeError:
            continue
    raise UsageError(f"cannot change {'.'.join(path)} in the settings file", "its form is unusual", "change it by hand")


def written(value: Any) -> str:
    """A string, number, truth value or list of them as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for surrogate pairs, which are written as they are here.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(written(item) for item in value)}]"
    return repr(value)


def _changed(values: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    name, *rest = path
    if rest:
        inner = values.get(name)
        changed = _changed(inner if isinstance(inner, dict) else {}, tuple(rest), value)
        return {**values, name: changed}
    kept = {key: kept for key, kept in values.items() if key != name}
    return kept if value is None else {**kept, name: value}


def _full(values: dict[str, Any]) -> dict[str, Any]:
    """The same without tables that hold nothing."""
    kept = {key: _full(value) if isinstance(value, dict) else value for key, value in values.items()}
    return {key: value for key, value in kept.items() if value != {}}


def _candidates(lines: list[str], path: tuple[str, ...], value: Any) -> Iterator[str]:
    """Texts that may be what was asked for, the most careful first."""
    tables = path[:-1]
    for split in range(len(tables), -1, -1):
        # `[a.b]` with `c = …`, or `[a]` with `b.c = …`, or `a.b.c = …` before any table.
        start, end = _section(lines, tables[:split])
        if start < 0:
            continue
        key = path[split:]
        for row in range(start, end):
            yield from _replaced(lines, row, end, key, value)
    if value is not None:
        for split in range(len(tables), -1, -1):
            yield _inserted(lines, tables[:split], path[split:], value)


def _replaced(lines: list[str], row: int, end: int, key: tuple[str, ...], value: Any) -> Iterator[str]:
    found = re.match(rf"\s*{_names(key)}\s*=\s*", lines[row])
    if found is None:
        return
    for last in range(row, end):
        old = "".join(lines[row : last + 1])
        try:
            tomllib.loads(old)
        except tomllib.TOMLDecodeError:
            continue
        remark = _remark(old) if last == row else ""
        ending = old[len(old.rstrip("\r\n")) :]
        new = "" if value is None else f"{found.group()}{written(value)}{remark}{ending}"
        yield "".join([*lines[:row], new, *lines[last + 1 :]])
        return


def _remark(line: str) -> str:
    """The comment at the end of an assignment, with the blanks before it."""
    meant = tomllib.loads(line)
    for mark in re.finditer(r"\s*#", line):
        before = line[: mark.start()]
        try:
            if tomllib.loads(before) == meant:
                return line[mark.start() :].rstrip("\r\n")
        except tomllib.TOMLDecodeError:
            continue
    return ""


def _inserted(lines: list[str], tables: tuple[str, ...], key: tuple[str, ...], value: Any) -> str:
    """A new line in the table that is there, else in a new table at the end."""
    start, end = _section(lines, tables)
    row = f"{_dotted(key)} = {written(value)}\n"
    if start < 0:
        return _ended(lines) + ("\n" if lines else "") + f"[{_dotted(tables)}]\n" + row
    # Comments and blanks right above the next table belong to it.
    while end > start and (
        not lines[end - 1].strip() or (end < len(lines) and lines[end - 1].lstrip().startswith("#"))
    ):
        end -= 1
    return _ended(lines[:end]) + row + "".join(lines[end:])


def _ended(lines: list[str]) -> str:
    text = "".join(lines)
    return text if not text or text.endswith("\n") else text + "\n"


def _dotted(key: tuple[str, ...]) -> str:
    return ".".join(name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False) for name in key)


def _names(key: tuple[str, ...]) -> str:
    """A pattern for a dotted key in any of its spellings."""
    return r"\s*\.\s*".join(rf"(?:{n}|\"{n}\"|'{n}')" for n in map(re.escape, key))


def _section(lines: list[str], tables: tuple[str, ...]) -> tuple[int, int]:
    """First line of a table's body and the line after it; (-1, -1) where there is none; () is what stands before all."""
    heads = [row for row, line in enumerate(lines) if _HEADER.match(line)]
    if not tables:
        return 0, heads[0] if heads else len(lines)
    wanted = _names(tables)
    for index, row in enumerate(heads):
        if re.match(rf"\s*\[\s*{wanted}\s*\]", lines[row]):
            return row + 1, heads[index + 1] if index + 1 < len(heads) else len(lines)
    return -1, -1
