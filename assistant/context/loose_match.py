"""Whether a few letters mean a name: they occur in it in order, with gaps, and count more at the start of a word.

Letters in a row and in the last part of a path count more, too. This knows words only, neither files nor symbols.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_WORD_START = re.compile(r"(?:^|(?<=[/_.\-:\s])|(?<=[a-z0-9])(?=[A-Z]))")


def in_order(letters: str) -> re.Pattern[str]:
    """What matches the texts that hold these letters in order; it takes the time of one look at a text, whatever that is."""
    return re.compile("".join(f"[^{re.escape(letter)}]*{re.escape(letter)}" for letter in letters))


def match(typed: str, words: str) -> tuple[float, tuple[int, ...]] | None:
    """How well what was typed matches, and at which characters; None if its letters do not all occur in order."""
    if not typed:
        return 0.0, ()
    low = words.lower()
    word_starts = frozenset(hit.start() for hit in _WORD_START.finditer(words))
    best: tuple[float, tuple[int, ...]] | None = None
    for start in _places(low, typed[0].lower(), 0):
        for jumping in (True, False):
            positions = _walk(low, typed.lower(), start, word_starts if jumping else frozenset())
            if positions is not None:
                score = _score(typed, words, positions, word_starts)
                if best is None or score > best[0]:
                    best = score, tuple(positions)
    return best


def _walk(words: str, typed: str, start: int, word_starts: frozenset[int]) -> list[int] | None:
    """Where each letter is met from a start on: right after the last one, else at a word's start, else anywhere."""
    positions = [start]
    for letter in typed[1:]:
        after = positions[-1] + 1
        at = after if words.startswith(letter, after) else -1
        if at < 0:
            at = next((place for place in _places(words, letter, after) if place in word_starts), -1)
        if at < 0:
            at = words.find(letter, after)
        if at < 0:
            return None
        positions.append(at)
    return positions


def _places(words: str, letter: str, at: int) -> Iterator[int]:
    at = words.find(letter, at)
    while at >= 0:
        yield at
        at = words.find(letter, at + 1)


def _score(typed: str, words: str, positions: list[int], word_starts: frozenset[int]) -> float:
    symbol = words.rfind("::")
    last_part = max(words.rfind("/", 0, len(words) - 1) + 1, symbol + 2 if symbol >= 0 else 0)
    score = 0.0
    for index, at in enumerate(positions):
        score += 1.0
        score += 2.0 if at in word_starts else 0.0
        score += 2.0 if index and positions[index - 1] == at - 1 else 0.0
        score += 0.5 if at >= last_part else 0.0
        score += 0.2 if words[at] == typed[index] else 0.0
    whole = words[last_part:].rstrip("/").lower()
    score += 4.0 if typed.lower() in (whole, whole.partition(".")[0]) else 0.0
    return score - 0.03 * (positions[-1] - positions[0]) - 0.01 * len(words)
