"""Python text as its outermost statements, sound ones only: what each binds, changes and uses, by tree-sitter.

Text that is damaged or half prose gives the statements that are whole. One parse of all of it and one of each damaged
range, so the time grows with the length and no faster. What is needed of the statements is decided in `extract`.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any

DEFINITIONS = frozenset({"function_definition", "class_definition", "decorated_definition"})
_IMPORTS = frozenset({"import_statement", "import_from_statement", "future_import_statement"})


@dataclass(frozen=True)
class Statement:
    """A statement at the outermost level: its text, what it binds, what it changes, what it uses."""

    text: str
    kind: str
    binds: frozenset[str]
    changes: frozenset[str]
    uses: frozenset[str]


def statements(code: str) -> list[Statement]:
    """The outermost statements that are sound; a damaged range is split at its own outermost lines and tried again."""
    data = code.encode(errors="replace")
    items: list[Statement] = []
    for start, end, node in _sound(data, _parse(code), again=True):
        items.append(_item(data[start:end].decode(errors="replace").rstrip(), node))
    return items


def _sound(data: bytes, root: Any, again: bool, offset: int = 0) -> list[tuple[int, int, Any]]:
    found: list[tuple[int, int, Any]] = []
    damaged: list[tuple[int, int]] = []
    for node in root.children:
        start, end = offset + node.start_byte, offset + node.end_byte
        if node.has_error or not _is_statement(node) or _is_prose(node):
            damaged.append((start, end))
        elif node.type != "comment":
            found.append((start, end, node))
    if not again:
        return found
    for start, end in _joined(data, damaged, found):
        for low, high in _chunks(data, start, end):
            found += _sound(data, _parse_bytes(data[low:high]), again=False, offset=low)
    # A damaged range and what was sound in it may overlap; a sound statement is taken once.
    taken: dict[int, tuple[int, int, Any]] = {}
    for entry in found:
        if entry[0] not in taken or entry[1] > taken[entry[0]][1]:
            taken[entry[0]] = entry
    ordered, reached = [], 0
    for entry in sorted(taken.values(), key=lambda entry: entry[0]):
        if entry[0] >= reached:
            ordered.append(entry)
            reached = entry[1]
    return ordered


def _joined(data: bytes, damaged: list[tuple[int, int]], found: list[tuple[int, int, Any]]) -> list[tuple[int, int]]:
    """Damaged ranges grown to whole lines; touching ones become one, and what lies in them is found anew."""
    grown: list[tuple[int, int]] = []
    for start, end in damaged:
        low = data.rfind(b"\n", 0, start) + 1
        high = data.find(b"\n", end)
        high = len(data) if high < 0 else high + 1
        if grown and low <= grown[-1][1]:
            grown[-1] = (grown[-1][0], max(high, grown[-1][1]))
        else:
            grown.append((low, high))
    return grown


def _chunks(data: bytes, start: int, end: int) -> list[tuple[int, int]]:
    """Ranges that each begin with a line at the margin: a decorator stays with its function, `else` with its `if`."""
    bounds: list[int] = []
    position, after_decorator = start, False
    for line in data[start:end].splitlines(keepends=True):
        head = line[:1]
        margin = bool(line.strip()) and not head.isspace() and head not in b")]}"
        joins = after_decorator or re.match(rb"(else|elif|except|finally)\b", line) is not None
        if margin and not joins:
            bounds.append(position)
        if line.strip():
            after_decorator = line.startswith(b"@")
        position += len(line)
    return list(zip(bounds, [*bounds[1:], end], strict=False))


def _is_statement(node: Any) -> bool:
    return node.type.endswith("_statement") or node.type in DEFINITIONS or node.type == "comment"


def _is_prose(node: Any) -> bool:
    """Words that happen to parse: a lone name or string, or a row of them."""
    if node.type != "expression_statement" or not node.children:
        return False
    return all(child.type in ("identifier", "string", "attribute", "tuple", ",", ".") for child in node.children)


def _item(text: str, node: Any) -> Statement:
    binds, changes = _bound_in(node), _changed_in(node)
    return Statement(text, node.type, frozenset(binds), frozenset(changes), frozenset(_used_in(node)))


def names_in(code: str) -> set[str]:
    """Every identifier in `code`."""
    return _names(_parse(code))


def _bound_in(node: Any) -> set[str]:
    """Names that a statement binds at its own level, blocks within it included, bodies of functions not."""
    names: set[str] = set()
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if one.type in ("function_definition", "class_definition"):
            names |= _targets(one.child_by_field_name("name"))
        elif one.type in _IMPORTS:
            names |= _imported(one)
        elif one.type in (
            "assignment",
            "augmented_assignment",
            "for_statement",
            "named_expression",
            "type_alias_statement",
        ):
            names |= _targets(one.child_by_field_name("left") or one.child_by_field_name("name"))
            waiting += one.children
        elif one.type in ("as_pattern_target", "global_statement"):
            names |= _targets(one)
        elif one.type != "lambda":
            waiting += one.children
    return names


def _changed_in(node: Any) -> set[str]:
    """Names whose object a statement changes: `table[i] = …`, `thing.field = …`, `cache.update(…)`."""
    names: set[str] = set()
    if node.type == "decorated_definition":
        # `@area.register(Square)` adds to `area`.
        for decorator in (child for child in node.children if child.type == "decorator"):
            named = decorator.children[1]
            named = named.child_by_field_name("function") if named.type == "call" else named
            names |= {root} if (root := _root(named)) else set()
    waiting = [node] if node.type not in DEFINITIONS else []
    while waiting:
        one = waiting.pop()
        if one.type in ("assignment", "augmented_assignment", "delete_statement"):
            left = one.child_by_field_name("left") or one
            names |= {root for part in [left, *left.children] if (root := _root(part))}
        elif one.type == "call" and one.parent is not None and one.parent.type == "expression_statement":
            function = one.child_by_field_name("function")
            if function is not None and function.type == "attribute":
                names |= {root} if (root := _root(function)) else set()
        if one.type not in DEFINITIONS:
            waiting += one.children
    return names


def _root(node: Any) -> str:
    """The name at the start of `a.b[c]`, empty when there is none or it is no part of something."""
    if node.type not in ("attribute", "subscript"):
        return ""
    while node.type in ("attribute", "subscript"):
        node = node.children[0]
    return _text(node) if node.type == "identifier" else ""


def _targets(node: Any) -> set[str]:
    if node is None:
        return set()
    if node.type == "identifier":
        return {_text(node)}
    if node.type in ("attribute", "subscript"):
        return set()
    return set().union(*(_targets(child) for child in node.children))


def _imported(node: Any) -> set[str]:
    names: set[str] = set()
    source = node.child_by_field_name("module_name")
    for child in node.children:
        if child.type == "wildcard_import":
            names.add("*")
        elif child.type == "aliased_import":
            names.add(_text(child.child_by_field_name("alias")))
        elif child.type == "dotted_name" and child != source:
            names.add(_text(child).split(".")[0])
    return names


def _used_in(node: Any) -> set[str]:
    """Names that a statement needs from around it; a function's parameters and local names are its own."""
    if node.type == "decorated_definition":
        return set().union(*(_used_in(child) for child in node.children))
    if node.type != "function_definition":
        return _names(node)
    body, parameters = node.child_by_field_name("body"), node.child_by_field_name("parameters")
    own = _parameters(parameters) | (_bound_in(body) - _declared_global(body))
    head = set().union(*(_names(child) for child in node.children if child not in (body, parameters)))
    return head | _defaults(parameters) | (_names(body) - own)


def _parameters(node: Any) -> set[str]:
    names: set[str] = set()
    for child in node.children:
        name = child if child.type == "identifier" else child.child_by_field_name("name")
        names |= _targets(name or next((one for one in child.named_children if one.type != "type"), None))
    return names


def _defaults(node: Any) -> set[str]:
    """What defaults and types of parameters name."""
    parts = [child.child_by_field_name(field) for child in node.children for field in ("value", "type")]
    return set().union(*(_names(part) for part in parts if part is not None))


def _declared_global(node: Any) -> set[str]:
    names: set[str] = set()
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if one.type == "global_statement":
            names |= _targets(one)
        waiting += one.children
    return names


def _names(node: Any) -> set[str]:
    """Every identifier in a node."""
    names: set[str] = set()
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if one.type == "identifier":
            names.add(_text(one))
        waiting += one.children
    return names


def _text(node: Any) -> str:
    return str(node.text.decode(errors="replace"))


def _parse(code: str) -> Any:
    return _parse_bytes(code.encode(errors="replace"))


def _parse_bytes(data: bytes) -> Any:
    return _parser().parse(data).root_node


@functools.cache
def _parser() -> Any:
    import tree_sitter_python
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_python.language()))
