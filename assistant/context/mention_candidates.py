"""What could stand after an `@` that is being typed: files, folders and symbols that match loosely, best first.

The result is data; the app draws it. How well letters match is `loose_match`'s to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.context.index import Index
from assistant.context.loose_match import in_order, match
from assistant.context.mentions import MentionKind
from assistant.context.names import FileNames


@dataclass(frozen=True)
class MentionCandidate:
    """A candidate: what to write after the `@`, what it is, how well it matches, and which characters matched."""

    words: str
    kind: MentionKind
    score: float
    matched: tuple[int, ...]


def mention_at(text: str, cursor: int) -> tuple[int, str] | None:
    """The mention that is being typed at a cursor: where its `@` stands, and what follows up to the cursor."""
    match = re.search(r'(?<![\w@.])@"?([^\s"@]*)$', text[:cursor])
    return (match.start(), match[1]) if match else None


def candidates_for(typed: str, index: Index, limit: int = 20) -> tuple[MentionCandidate, ...]:
    """The best candidates for what has been typed after an `@`; nothing typed offers `diff` and what lies at the top."""
    letters = in_order(typed.lower())
    found = [
        MentionCandidate(words, kind, score, matched)
        for words, kind in _candidates(typed, index)
        if letters.match(words.lower()) and (hit := match(typed, words)) is not None
        for score, matched in (hit,)
    ]
    order = {"diff": 0, "folder": 1, "file": 2, "symbol": 3}
    return tuple(sorted(found, key=lambda one: (-one.score, order[one.kind], one.words))[:limit])


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
