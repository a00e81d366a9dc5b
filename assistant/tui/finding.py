"""Finding and replacing in lines of text by a regular expression, giving way to keys while it looks."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence

from textual.document._document import Location

from assistant.errors import AssistantError

Place = tuple[Location, Location]
MOST = 9_999
"""Places that are looked for."""
_SLICE_SECONDS = 0.004


def pattern_of(typed: str) -> re.Pattern[str]:
    """What was typed as a regular expression, or as plain text where it is none; small letters mean both cases."""
    flags = re.NOFLAG if any(letter.isupper() for letter in typed) else re.IGNORECASE
    try:
        return re.compile(typed, flags)
    except (re.error, OverflowError, RecursionError):
        return re.compile(re.escape(typed), flags)


def literal(text: str) -> str:
    """The expression that matches just this text, in characters that can be seen."""
    return "".join(
        re.escape(sign).replace("\\ ", " ")
        if sign.isprintable()
        else f"\\x{ord(sign):02x}"
        if ord(sign) < 256
        else f"\\U{ord(sign):08x}"
        for sign in text
    )


async def places_of(lines: Sequence[str], pattern: re.Pattern[str], most: int = MOST) -> list[Place]:
    """Where the pattern matches within lines, in order."""
    found: list[Place] = []
    until = time.monotonic() + _SLICE_SECONDS
    for row, line in enumerate(lines):
        for match in pattern.finditer(line):
            if match.end() > match.start():
                found.append(((row, match.start()), (row, match.end())))
        if len(found) >= most:
            return found[:most]
        if not row % 50 and time.monotonic() > until:
            await asyncio.sleep(0)
            until = time.monotonic() + _SLICE_SECONDS
    return found


def replaced(text: str, pattern: re.Pattern[str], by: str) -> tuple[str, int]:
    r"""The text with every match within a line replaced, and how many there were.

    Raises:
        AssistantError: the replacement names a group that the pattern has not.
    """
    count = 0

    def one(match: re.Match[str]) -> str:
        nonlocal count
        if match.end() == match.start():
            return ""
        count += 1
        return expanded(match, by)

    lines = [pattern.sub(one, line) for line in text.split("\n")]
    return "\n".join(lines), count


def expanded(match: re.Match[str], by: str) -> str:
    r"""The replacement of one match: `\1` and `\g<name>` are its groups.

    Raises:
        AssistantError: it names a group that the pattern has not.
    """
    try:
        return match.expand(by)
    except (re.error, IndexError) as error:
        raise AssistantError("cannot replace", f"the replacement is wrong: {error}", r"\\ for a backslash") from error
