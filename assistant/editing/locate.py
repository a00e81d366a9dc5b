"""Finds the lines that a reply means: exactly, else by ignoring trailing blanks, else by ignoring indentation.

A match must be the only one. On a miss the error names the closest place, which is what a model (or a person) needs to
try again. Lines are compared with LF ends and 0-based, end-exclusive spans. This never guesses between two places.
"""

from __future__ import annotations

import difflib
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.errors import AssistantError


@dataclass(frozen=True)
class Place:
    """Where a block of lines stands, and how the reply's indentation differs from the file's there."""

    start: int
    end: int
    file_indent: str = ""
    reply_indent: str = ""


class NotFound(AssistantError):
    """The lines that a reply wants to replace are not in the file, or are there more than once."""


def find_block(lines: Sequence[str], wanted: Sequence[str]) -> Place:
    """Where `wanted` stands in `lines`.

    Raises:
        NotFound: nowhere, or in several places; the sentence names them.
    """
    wanted = _without_blank_edges(wanted)
    if not wanted:
        raise NotFound("the reply names no lines to replace", "its search part is empty")
    for same in (_exact, str.rstrip, str.strip):
        starts = _matches(lines, wanted, same)
        if len(starts) > 1:
            shown = ", ".join(str(start + 1) for start in starts[:5])
            raise NotFound(
                "the lines to replace stand in several places", f"at lines {shown}", "more lines around them"
            )
        if starts:
            start, end = starts[0], starts[0] + len(wanted)
            return Place(start, end, common_indent(lines[start:end]), common_indent(wanted))
    raise _miss(lines, wanted)


def common_indent(lines: Sequence[str]) -> str:
    """The blanks that every non-blank line begins with."""
    filled = [line for line in lines if line.strip()]
    if not filled:
        return ""
    first, last = min(filled), max(filled)
    indent = first[: len(first) - len(first.lstrip())]
    while not last.startswith(indent) or any(not line.startswith(indent) for line in filled):
        indent = indent[:-1]
    return indent


def indent_unit(lines: Sequence[str]) -> str:
    """What these lines indent by: a tab, or the commonest step in spaces (4 where there is none)."""
    filled = [line for line in lines if line.strip()]
    if sum(line.startswith("\t") for line in filled) > sum(line.startswith(" ") for line in filled):
        return "\t"
    widths = [len(line) - len(line.lstrip(" ")) for line in filled]
    steps = Counter(after - before for before, after in itertools.pairwise(widths) if after - before > 1)
    return " " * (steps.most_common(1)[0][0] if steps else 4)


def reindented(lines: Sequence[str], old: str, new: str, unit: str) -> list[str]:
    """`lines` with the indent `old` replaced by `new`, and deeper levels written in the file's own `unit`.

    Levels are rewritten only where every opened block is one step deep: blanks that align text stay as they are. Lines
    left of `old` (the text of a long string, say) are not touched.
    """
    inside = [line for line in lines if line.strip() and line.startswith(old)]
    deeper = {line: indent_of(line).removeprefix(old) for line in inside}
    own = _block_step(inside)
    if own and own != unit and all(not blanks.replace(own, "") for blanks in deeper.values()):
        deeper = {line: unit * (len(blanks) // len(own)) for line, blanks in deeper.items()}
    return [
        new + deeper[line] + line.lstrip(" \t") if line in deeper else line if line.strip() else "" for line in lines
    ]


def _block_step(lines: Sequence[str]) -> str:
    """The one step by which each opened block of `lines` is indented; empty where there is none, or several."""
    filled = [line for line in lines if line.strip()]
    opened = ((before, after) for before, after in itertools.pairwise(filled) if before.rstrip().endswith((":", "{")))
    steps = {indent_of(after).removeprefix(indent_of(before)) for before, after in opened}
    return steps.pop() if len(steps) == 1 else ""


def indent_of(line: str) -> str:
    """The blanks that a line begins with; none for a blank line."""
    return line[: len(line) - len(line.lstrip(" \t"))] if line.strip() else ""


def _exact(line: str) -> str:
    return line


def _matches(lines: Sequence[str], wanted: Sequence[str], same: Callable[[str], str]) -> list[int]:
    keys = [same(line) for line in lines]
    target = [same(line) for line in wanted]
    size = len(target)
    return [at for at in range(len(keys) - size + 1) if keys[at] == target[0] and keys[at : at + size] == target]


def _without_blank_edges(lines: Sequence[str]) -> list[str]:
    result = list(lines)
    while result and not result[0].strip():
        result.pop(0)
    while result and not result[-1].strip():
        result.pop()
    return result


def _miss(lines: Sequence[str], wanted: Sequence[str]) -> NotFound:
    """A NotFound that names the stretch of the file most like `wanted`."""
    target = {line.strip() for line in wanted if line.strip()}
    size = len(wanted)
    scores = [line.strip() in target for line in lines]
    window = sum(scores[:size])
    best, best_at = window, 0
    for at in range(1, max(1, len(lines) - size + 1)):
        window += scores[at + size - 1] - scores[at - 1]
        if window > best:
            best, best_at = window, at
    if not best:
        near = difflib.get_close_matches(wanted[0].strip(), [line.strip() for line in lines], n=1)
        if not near:
            return NotFound("the lines to replace are not in the file", f"nothing is like {wanted[0].strip()!r}")
        best_at = next(at for at, line in enumerate(lines) if line.strip() == near[0])
    closest = "\n".join(lines[best_at : best_at + size])
    return NotFound(
        "the lines to replace are not in the file",
        f"closest are lines {best_at + 1} to {min(len(lines), best_at + size)}:\n{closest}",
    )
