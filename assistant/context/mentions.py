"""What a person points at in a question: `@file`, `@file::Class.method`, `@folder`, `@symbol`, `@diff`.

`find_mentions` reads them from a text and `resolve` finds what they mean in a folder. A path with spaces is written in
double quotes (`@"my file.py"`). Nothing outside the folder can be meant, also not through a link. What a mention puts
into the prompt is made in `attachments`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Literal

from assistant.context.index import Index
from assistant.errors import AssistantError
from assistant.syntax.document import Document
from assistant.syntax.symbols import NoSuchSymbol, find, nearest_names

MentionKind = Literal["file", "symbol", "folder", "diff"]
_MENTION = re.compile(r'(?<![\w@.])@(?:"([^"\n]+)"(::[^\s"]+)?|([^\s@"\'`,;]+))')
_AFTER_WORDS = ".,;:!?)]}>…"


@dataclass(frozen=True)
class Mention:
    """A mention as written: the characters it takes in the text (with the `@`), and what is after the `@`."""

    start: int
    end: int
    words: str


@dataclass(frozen=True)
class Target:
    """What a mention means: its kind, the path from the folder, and the symbol's qualified name if it is one."""

    kind: MentionKind
    path: str = ""
    symbol: str = ""

    def label(self) -> str:
        """The target as one would write it after an `@`."""
        return "diff" if self.kind == "diff" else f"{self.path}::{self.symbol}" if self.symbol else self.path


class UnknownMention(AssistantError):
    """A mention means nothing in the folder, or more than one thing; `nearest` are labels to choose from."""

    def __init__(self, words: str, why: str, nearest: tuple[str, ...] = ()) -> None:
        self.words = words
        self.nearest = nearest
        super().__init__(f"@{words} is unclear" if nearest else f"@{words} is unknown", why, ", ".join(nearest))


def find_mentions(text: str) -> tuple[Mention, ...]:
    """The mentions in a text. Addresses (`me@host`) and what closes a sentence are no part of one."""
    found = []
    for match in _MENTION.finditer(text):
        if match[1]:
            found.append(Mention(match.start(), match.end(), match[1] + (match[2] or "")))
            continue
        words = match[3].rstrip(_AFTER_WORDS)
        if words.endswith("("):
            words = words[:-1]
        if words:
            found.append(Mention(match.start(), match.start() + 1 + len(words), words))
    return tuple(found)


def resolve(words: str, folder: Path, index: Index) -> Target:
    """What the words after an `@` mean.

    Args:
        index: the names of the folder's files, for `@symbol` and for near misses.

    Raises:
        UnknownMention: nothing has the name, several symbols do, or it lies outside the folder.
    """
    path, divided, _ = words.partition("::")
    if (place := resolve_place(words, folder)) is not None:
        return place
    if divided:
        raise UnknownMention(words, f"there is no file {path}", _near_paths(path, index))
    return _symbol_or_file(words, index)


def resolve_place(words: str, folder: Path) -> Target | None:
    """What a path, `@diff` or the symbol of a file that is named means; None where the folder's names are needed.

    Raises:
        UnknownMention: the file has no such symbol.
    """
    path, divided, symbol = words.partition("::")
    place = _inside(folder, path)
    if divided:
        if place is None or not (folder / place).is_file():
            return None
        try:
            found = find(Document.read(folder / place), symbol)
        except NoSuchSymbol as error:
            why = f"{path} has no symbol {symbol}" if not error.nearest else f"{path} has no one symbol {symbol}"
            raise UnknownMention(words, why, tuple(f"{place}::{name}" for name in error.nearest)) from None
        return Target("symbol", place, found.qualified_name)
    if words == "diff":
        return Target("diff")
    if place is not None and (folder / place).is_dir():
        return Target("folder", place)
    if place is not None and (folder / place).is_file():
        return Target("file", place)
    return None


def _symbol_or_file(words: str, index: Index) -> Target:
    """A symbol of any file by its name, or a file by the end of its path."""
    plain = re.sub(r"\(.*\)$", "", words)
    bearers = [
        (path, definition)
        for path, names in index.files.items()
        for definition in names.definitions
        if definition.qualified_name == plain or definition.qualified_name.endswith(f".{plain}")
    ]
    whole = [one for one in bearers if one[1].qualified_name == plain]
    for choice in (whole, bearers):
        if len(choice) == 1:
            return Target("symbol", choice[0][0], choice[0][1].qualified_name)
    ends = [path for path in index.paths if path == words or path.endswith(f"/{words}")]
    if not bearers and len(ends) == 1:
        return Target("file", ends[0])
    if bearers or ends:
        labels = tuple(f"{path}::{one.qualified_name}" for path, one in (whole or bearers)[:5]) or tuple(ends[:5])
        raise UnknownMention(words, "several have this name", labels)
    raise UnknownMention(words, "no file, folder or symbol has this name", _near(words, index))


def _inside(folder: Path, path: str) -> str | None:
    """A path from the folder, tidied, or None if it is not in the folder or is none at all."""
    if not path or "\0" in path or "\\" in path:
        return None
    try:
        target = (folder / path).resolve()
        inside = target.relative_to(folder.resolve())
        written = PurePosixPath(path)
        keeps_name = not written.is_absolute() and ".." not in written.parts
        return written.as_posix() if keeps_name else inside.as_posix()
    except (ValueError, OSError, RuntimeError):
        return None


def _near_paths(path: str, index: Index) -> tuple[str, ...]:
    name = path.rpartition("/")[2]
    by_name = {file.rpartition("/")[2]: file for file in index.paths}
    near = [*get_close_matches(path, index.paths, 2, 0.6), *get_close_matches(name, by_name, 3, 0.6)]
    return tuple(dict.fromkeys(by_name.get(one, one) for one in near))[:3]


def _near(words: str, index: Index) -> tuple[str, ...]:
    paths = {one.qualified_name: path for path, names in index.files.items() for one in names.definitions}
    near = nearest_names(paths, words)
    return (*_near_paths(words, index)[:2], *(f"{paths[name]}::{name}" for name in near))[:3]
