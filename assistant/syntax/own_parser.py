"""A second opinion from the language's own parser, where Python brings one: Python, JSON, TOML.

A tree-sitter grammar takes some texts that the language refuses. Nothing is ever run or imported here.
"""

from __future__ import annotations

import ast
import functools
import json
import threading
import tomllib
import warnings
from collections.abc import Callable

from assistant.syntax.document import Document

Refusal = tuple[int, int, str]
"""Line and column (from 1), and the reason as a short clause."""


def refusal(document: Document) -> Refusal | None:
    """Why the language's own parser refuses the text; None where it takes it, or where there is no such parser."""
    parser = _PARSERS.get(document.language.name) if document.language else None
    if parser is None:
        return None
    try:
        return parser(document.text.replace("\r\n", "\n"))
    except (RecursionError, MemoryError, ValueError):
        return 1, 1, f"{document.language.title if document.language else ''} cannot read it"


_PARSING = threading.Lock()
"""CPython 3.11 counts the depth of the tree that it makes for all threads together."""


# A text is asked about several times in a row while its next form is judged.
@functools.lru_cache(maxsize=4)
def _python(text: str) -> Refusal | None:
    try:
        with _PARSING, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        return max(1, error.lineno or 1), max(1, error.offset or 1), error.msg
    except SystemError:
        # Another library parsed meanwhile and that count went wrong; the text itself was taken by then.
        return None
    return None


def _json(text: str) -> Refusal | None:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.lineno, error.colno, error.msg.lower()
    return None


def _toml(text: str) -> Refusal | None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return 1, 1, str(error).lower()
    return None


_PARSERS: dict[str, Callable[[str], Refusal | None]] = {"python": _python, "json": _json, "toml": _toml}
