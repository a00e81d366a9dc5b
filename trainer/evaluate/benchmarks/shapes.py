"""Inputs that were written as JSON, given back the types that they had: tuples, sets, complex numbers.

JSON knows lists only. A benchmark's own assertions show the true types of some inputs; the others take the same
shape. Nothing here runs code: assertions are read as literals.
"""

from __future__ import annotations

import ast
import warnings
from typing import Any


def parsed(source: str) -> ast.Module:
    """The syntax tree of a benchmark's source, whose old-fashioned escapes are nothing to warn of.

    Raises:
        SyntaxError: it is no Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def called_with(assertions: str, name: str) -> list[list[Any]]:
    """The literal arguments of each call of `name` in some source; calls with other arguments are left out."""
    try:
        tree = parsed(assertions)
    except (SyntaxError, ValueError):
        return []
    found = []
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == name
            and not node.keywords
        ):
            try:
                found.append([_literal(argument) for argument in node.args])
            except (ValueError, TypeError, SyntaxError):
                continue
    return found


def shaped(value: Any, examples: list[Any], around: type | None = None) -> Any:
    """`value`, with lists turned into tuples or sets, and text into numbers, where the examples have those.

    Deeper than the examples go, lists become what they lie in (`around`).
    """
    if isinstance(value, str) and examples and all(isinstance(example, int | float | complex) for example in examples):
        return _number(value, examples)
    if isinstance(value, dict):
        inner = [item for example in examples if isinstance(example, dict) for item in example.values()]
        return {key: shaped(item, inner) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    collections = [example for example in examples if isinstance(example, list | tuple | set | frozenset)]
    kinds = {type(example) for example in collections} or ({around} if around else set())
    kind = kinds.pop() if len(kinds) == 1 else list
    same_length = [
        example for example in collections if isinstance(example, list | tuple) and len(example) == len(value)
    ]
    if any(len({type(item) for item in example}) > 1 for example in same_length):
        items = [shaped(item, [example[i] for example in same_length], kind) for i, item in enumerate(value)]
    else:
        inner = [item for example in collections for item in example]
        items = [shaped(item, inner, kind) for item in value]
    try:
        return kind(items)
    except TypeError:
        return items


def _number(text: str, examples: list[Any]) -> Any:
    kinds = (complex,) if all(isinstance(example, complex) for example in examples) else (int, float, complex)
    for kind in kinds:
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _literal(node: ast.expr) -> Any:
    """A literal, `set(…)`, `tuple(…)` and `complex(…)` of literals included."""
    makers: dict[str, Any] = {"set": set, "tuple": tuple, "list": list, "complex": complex, "frozenset": frozenset}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in makers and not node.keywords:
        return makers[node.func.id](*[_literal(argument) for argument in node.args])
    return ast.literal_eval(node)
