"""Search and replace as vim's command line has them: regular expressions line by line, `:s` on some lines.

A pattern that is no regular expression is taken as text; small letters alone match capitals too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.tui.vim.motions import Place


def pattern_of(words: str) -> re.Pattern[str]:
    """The pattern that was typed."""
    flags = re.IGNORECASE if words == words.lower() else re.NOFLAG
    try:
        return re.compile(words, flags)
    except re.error:
        return re.compile(re.escape(words), flags)


def search(lines: Sequence[str], at: Place, pattern: re.Pattern[str], forward: bool) -> Place | None:
    """The next match after (or before) a place, from the other end again after the last; None where there is none."""
    count = len(lines)
    step = 1 if forward else -1
    for turn in range(count + 1):
        row = (at[0] + step * turn) % count
        starts = [match.start() for match in pattern.finditer(lines[row])]
        if turn == 0:
            starts = [s for s in starts if (s > at[1] if forward else s < at[1])]
        elif turn == count:
            starts = [s for s in starts if (s <= at[1] if forward else s >= at[1])]
        if starts:
            return row, starts[0] if forward else starts[-1]
    return None


def substituted(line: str, command: str) -> tuple[str, int] | None:
    """A line after `s/OLD/NEW/[g]`, and how often it was changed; None where the command is another one.

    In NEW, \\1 is the first group and & the whole match.
    """
    found = re.fullmatch(r"s(\W)((?:\\.|(?!\1).)*)\1((?:\\.|(?!\1).)*)(?:\1(g?))?", command)
    if found is None:
        return None
    pattern = pattern_of(found[2])

    def new(match: re.Match[str]) -> str:
        def part(token: re.Match[str]) -> str:
            word = token.group()
            if word == "&":
                return match.group()
            if word[1].isdigit():
                return (match.group(int(word[1])) or "") if int(word[1]) <= pattern.groups else ""
            return {"n": "\n", "t": "\t"}.get(word[1], word[1])

        return re.sub(r"&|\\.", part, found[3])

    return pattern.subn(new, line, count=0 if found[4] else 1)
