"""How much of a text fits into a completion's prompt, and where in a half-written line that prompt ends.

Where no file is at hand, both sides of a gap are cut at line ends, far from the cursor first.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

from assistant.engine.api import Choice, InfillPrompt

# Of what fits: this share for the text before the cursor, the rest for the text after it.
_BEFORE_SHARE = 0.75

_TOUCHED = re.compile(r"(?:\s{1,64}|[ \t]?\w{1,64}|[^\w\s]{1,8})\Z")

CountTokens = Callable[[InfillPrompt], Awaitable[int]]


async def fit(count: CountTokens, prompt: InfillPrompt, room: int) -> InfillPrompt:
    """The prompt, cut until it takes `room` tokens at most by `count`; the middle stays whole."""
    before, after = prompt.prefix, prompt.suffix
    while before + after and (tokens := await count(replace(prompt, prefix=before, suffix=after))) > room:
        keep = int((len(before) + len(after)) * room / tokens * 0.95)
        keep_after = min(len(after), max(int(keep * (1 - _BEFORE_SHARE)), keep - len(before)))
        keep_before = min(len(before), keep - keep_after)
        before, after = tail(before, keep_before), head(after, keep_after)
    return replace(prompt, prefix=before, suffix=after)


def tail(text: str, size: int) -> str:
    """At most the last `size` characters, from the start of a line where there is one."""
    if len(text) <= size:
        return text
    cut = text[len(text) - size :]
    return cut[cut.find("\n") + 1 :] if "\n" in cut else cut


def head(text: str, size: int) -> str:
    """At most the first `size` characters, to the end of a line where there is one."""
    if len(text) <= size:
        return text
    cut = text[:size]
    return cut[: cut.rfind("\n") + 1] if "\n" in cut else cut


def without_touched(middle: str) -> tuple[str, str]:
    """A half-written line without the word, the sign or the blanks that the cursor touches, and these.

    A model knows words and indentations as wholes: behind half a token of either it goes on wrongly, so that it had
    better write them again.
    """
    touched = _TOUCHED.search(middle)
    held = touched[0] if touched else ""
    return middle[: len(middle) - len(held)], held


def again(held: str) -> Choice:
    """What holds a reply to `held` at its beginning, without deciding in which tokens.

    The last blank of an indentation belongs to the token of the word after it, so that one is left open.
    """
    return Choice("", (held[:-1] if len(held) > 1 and held.endswith("  ") else held,), "")
