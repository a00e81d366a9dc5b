"""What could stand after an `@` that is being typed: files, folders and symbols that match loosely, best first.

The result is data; the app draws it. Letters match in order with gaps, and count more at the start of a word, in a row,
and in the last part of a path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.context.index import Index
from assistant.context.mentions import MentionKind
from assistant.context.names import FileNames

_WORD_START = re.compile(r"(?:^|(?<=[/_.\-:\s])|(?<=[a-z0-9])(?=[A-Z]))")


@dataclass(frozen=True)
class Completion:
    """A candidate: what to write after the `@`, what it is, how well it matches, and which characters matched."""

    words: str
    kind: MentionKind
    score: float
    matched: tuple[int, ...]


def mention_at(text: str, cursor: int) -> tuple[int, str] | None:
    """The mention that is being typed at a cursor: where its `@` stands, and what follows up to the cursor."""
    match = re.search(r'(?<![\w@.])@"?([^\s"@]*)$', text[:cursor])
    return (match.start(), match[1]) if match else None


def complete(typed: str, index: Index, limit: int = 20) -> tuple[Completion, ...]:
    """The best candidates for what has been typed after an `@`; nothing typed offers `diff` and what lies at the top."""
    letters = re.compile(".*".join(re.escape(letter) for letter in typed.lower()), re.DOTALL)
    found = [
        Completion(words, kind, score, matched)
        for words, kind in _candidates(typed, index)
        if letters.search(words.lower()) and (hit := match(typed, words)) is not None
        for score, matched in (hit,)
    ]
    order = {"diff": 0, "folder": 1, "file": 2, "symbol": 3}
    return tuple(sorted(found, key=lambda one: (-one.score, order[one.kind], one.words))[:limit])


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


def _candidates(typed: str, index: Index) -> Iterator[tuple[str, MentionKind]]:
    path, divided, _ = typed.partition("::")
    if divided:
        chosen = index.files.get(path, FileNames())
        yield from ((f"{path}::{one.qualified_name}", "symbol") for one in chosen.definitions)
        return
    yield "diff", "diff"
    folders = dict.fromkeys(path.rpartition("/")[0] for path in index.paths if "/" in path)
    if not typed:
        yield from ((f"{folder}/", "folder") for folder in dict.fromkeys(one.partition("/")[0] for one in folders))
        yield from ((path, "file") for path in index.paths if "/" not in path)
        return
    yield from ((f"{folder}/", "folder") for folder in folders)
    yield from ((path, "file") for path in index.paths)
    for file, names in index.files.items():
        yield from ((f"{file}::{one.qualified_name}", "symbol") for one in names.definitions if one.kind != "variable")


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
