"""Text and its incrementally parsed tree; positions are characters outside and UTF-8 bytes inside.

A Document never changes: `edit` gives the next one, and its tree is parsed when first asked for, from what the edit
left of the old one. The text is the file's own: CRLF, tabs, combining marks and bytes that are no UTF-8 stay as they
are, so `to_bytes` of an unedited Document is the file. This does not write files and does not know what a symbol is.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import tree_sitter

from assistant.errors import AssistantError
from assistant.ground.files import human_bytes
from assistant.syntax.encoding import UTF8, Encoding, decode, encode, storable
from assistant.syntax.languages import Language, detect, grammar

_LARGEST_FILE = 64_000_000
_CHUNK = 1024
_READ = 65_536
_COSTLIEST = 200_000_000
_PATIENCE = 5.0
"""Seconds that a parser may take: some need minutes for a few kilobytes of nonsense."""


@dataclass(frozen=True, order=True)
class Span:
    """Characters `start` to `end`, the end not included."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def contains(self, other: Span) -> bool:
        """Whether `other` lies within, both ends included."""
        return self.start <= other.start and other.end <= self.end


class Document:
    """A source text, its language (None for plain text) and its tree.

    Args:
        text: characters; a byte that was no UTF-8 is the surrogate that Python's surrogateescape makes of it.
        language: a row of `languages.LANGUAGES`, or None.
        encoding: how `to_bytes` writes the text.
    """

    def __init__(self, text: str, language: Language | None = None, encoding: Encoding = UTF8) -> None:
        self.text, self._data, self._clean = storable(text)
        self.language = language
        self.encoding = encoding
        self._ascii = len(self._data) == len(self.text)
        self._old_tree: tree_sitter.Tree | None = None
        self._parser: tree_sitter.Parser | None = None  # one that was interrupted, and goes on where it was

    @classmethod
    def from_bytes(cls, data: bytes, language: Language | None = None) -> Document:
        """The Document of a file's bytes: UTF-8, or UTF-16 where a byte order mark says so."""
        text, encoding = decode(data)
        return cls(text, language, encoding)

    @classmethod
    def read(cls, path: Path) -> Document:
        """Read a file; its language is told by its name, or by its first line.

        Raises:
            AssistantError: there is no such file, it is no plain file, or it is too large.
        """
        data = _read_bytes(path)
        return cls.from_bytes(data, detect(path, data[:200]))

    @property
    def data(self) -> bytes:
        """The text as the parser sees it: UTF-8 with no byte order mark; what `byte_of` counts in."""
        return self._data

    def to_bytes(self) -> bytes:
        """What belongs on disk: the text in the file's own encoding, with its byte order mark if it had one."""
        return encode(self.text, self.encoding)

    @functools.cached_property
    def tree(self) -> tree_sitter.Tree | None:
        """The syntax tree; the same as if the text were parsed afresh.

        None for plain text, and for what its parser has not understood after some seconds (see `too_hard`).
        """
        reused = self._old_tree is not None
        tree = self.quick_tree
        if tree is not None and reused and tree.root_node.has_error:
            # What a repair of broken code looks like depends on what was reused; without reuse it does not.
            return self._parse(None)
        return tree

    @functools.cached_property
    def quick_tree(self) -> tree_sitter.Tree | None:
        """The tree by the shortest way, for drawing while someone types: broken code may be repaired otherwise."""
        return self._parse(self._old_tree) if self.language is not None else None

    def tree_soon(self, seconds: float) -> tree_sitter.Tree | None:
        """The quick tree, if it can be had in that time (going on where it was), else that from before the last edits."""
        if "quick_tree" not in self.__dict__ and self._old_tree is not None and self.language is not None:
            tree = self._parse(self._old_tree, seconds, resume=True) if seconds > 0 else None
            if tree is None:
                return self._old_tree
            self.__dict__["quick_tree"] = tree
        return self.quick_tree

    @property
    def too_hard(self) -> bool:
        """Whether the text has a language and yet no tree, since parsing it took too long: hostile, or no source."""
        return self.language is not None and self.tree is None

    def edit(self, start: int, end: int, replacement: str) -> Document:
        """The Document with the characters from `start` to `end` replaced.

        Raises:
            ValueError: the positions are not within the text, or `end` lies before `start`.
        """
        if not 0 <= start <= end <= len(self.text):
            raise ValueError(f"no characters {start} to {end} in a text of {len(self.text)}")
        first = self._byte_soon(start)
        last = first + len(self.text[start:end].encode("utf-8", "surrogateescape"))
        text = self.text[:start] + replacement + self.text[end:]
        after = self._spliced(text, replacement, first, last)
        before_tree = self.__dict__.get("tree") or self.__dict__.get("quick_tree") or self._old_tree
        if before_tree is not None:
            after._old_tree = self._edited(before_tree, after, first, last)
        return after

    def _spliced(self, text: str, new: str, first: int, last: int) -> Document:
        """The Document of `text`; where each character has bytes of its own, they are put together, not made anew."""
        if not (self._clean and new.isascii()):
            return Document(text, self.language, self.encoding)
        after = Document("", self.language, self.encoding)
        after.text, after._data = text, b"".join((self._data[:first], new.encode(), self._data[last:]))
        after._ascii = len(after._data) == len(text)
        return after

    def _byte_soon(self, char: int) -> int:
        """`byte_of`, without a table that pays from the second question on."""
        if self._ascii or "_chunk_bytes" in self.__dict__:
            return self.byte_of(char)
        return len(self.text[:char].encode("utf-8", "surrogateescape"))

    def byte_of(self, char: int) -> int:
        """The byte at which a character begins (or the length, at the end)."""
        if self._ascii:
            return char
        chunk = char // _CHUNK
        first = chunk * _CHUNK
        return self._chunk_bytes[chunk] + len(self.text[first:char].encode("utf-8", "surrogateescape"))

    def char_of(self, byte: int) -> int:
        """The character that begins at a byte, or that the byte is part of."""
        if self._ascii:
            return byte
        chunk = bisect.bisect_right(self._chunk_bytes, byte) - 1
        first = self._chunk_bytes[chunk]
        char = chunk * _CHUNK + len(self._data[first:byte].decode("utf-8", "surrogateescape"))
        if byte < len(self._data) and self._data[byte] & 0xC0 == 0x80:
            # The byte lies within a character, whose first half was counted as one character a byte.
            char = min(char, len(self.text))
            while self.byte_of(char) > byte:
                char -= 1
        return char

    def span_of(self, node: tree_sitter.Node) -> Span:
        """The characters of a node."""
        return Span(self.char_of(node.start_byte), self.char_of(node.end_byte))

    def text_of(self, node: tree_sitter.Node) -> str:
        """The text of a node."""
        return self._data[node.start_byte : node.end_byte].decode("utf-8", "surrogateescape")

    def line_of(self, char: int) -> int:
        """The line of a character, counted from 1; only a line feed ends a line."""
        return bisect.bisect_right(self._line_starts, char)

    def line_span(self, line: int) -> Span:
        """The characters of a line (from 1), its line feed included; empty at the end for a line past the last."""
        starts = self._line_starts
        if line > len(starts):
            return Span(len(self.text), len(self.text))
        return Span(starts[line - 1], starts[line] if line < len(starts) else len(self.text))

    def node_at(self, span: Span) -> tree_sitter.Node | None:
        """The smallest node that covers `span`, or None for plain text."""
        if self.tree is None:
            return None
        root = self.tree.root_node
        return root.descendant_for_byte_range(self.byte_of(span.start), self.byte_of(span.end)) or root

    def _parse(
        self, old: tree_sitter.Tree | None, patience: float = 0.0, resume: bool = False
    ) -> tree_sitter.Tree | None:
        assert self.language is not None
        data, end = self._data, time.monotonic() + (patience or _PATIENCE)
        parser = self._parser if resume and self._parser else tree_sitter.Parser(grammar(self.language))
        self._parser = parser if resume else None

        def read(start: int, _: object) -> bytes:
            return data[start : start + _READ]

        def late(*_: object) -> bool:
            return time.monotonic() > end

        try:
            if old is None:
                return parser.parse(read, progress_callback=late)
            return parser.parse(read, old, progress_callback=late)
        except ValueError:
            return None

    @functools.cached_property
    def _line_starts(self) -> list[int]:
        *lines, _ = self.text.split("\n")
        return list(itertools.accumulate(map((1).__add__, map(len, lines)), initial=0))

    @functools.cached_property
    def _chunk_bytes(self) -> list[int]:
        return list(self._count_chunks())

    def _count_chunks(self) -> Iterator[int]:
        total = 0
        for first in range(0, len(self.text) + 1, _CHUNK):
            yield total
            total += len(self.text[first : first + _CHUNK].encode("utf-8", "surrogateescape"))

    def _edited(self, tree: tree_sitter.Tree, after: Document, start: int, old_end: int) -> tree_sitter.Tree:
        """`tree` with its nodes moved to where they lie in `after`; what has changed is parsed later."""
        new_end = old_end + len(after._data) - len(self._data)
        moved = tree.copy()
        moved.edit(
            start,
            old_end,
            new_end,
            _point(self._data, start),
            _point(self._data, old_end),
            _point(after._data, new_end),
        )
        return moved


def is_hopeless(tree: tree_sitter.Tree) -> bool:
    """Whether so much of a text cannot be parsed that asking its tree for patterns would take too long.

    A query takes time by the square of the children of a node, and what cannot be parsed is one flat row of them.
    """
    if not tree.root_node.has_error:
        return False
    cost = 0
    cursor = tree.walk()
    while True:
        node = cursor.node
        assert node is not None
        if node.is_error:
            cost += node.child_count**2
        if cost > _COSTLIEST:
            return True
        if node.has_error and cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return False


def _point(data: bytes, byte: int) -> tuple[int, int]:
    return data.count(b"\n", 0, byte), byte - data.rfind(b"\n", 0, byte) - 1


def _read_bytes(path: Path) -> bytes:
    try:
        if not path.exists():
            raise AssistantError(f"cannot read {path}", "there is no such file")
        if not path.is_file():
            raise AssistantError(f"cannot read {path}", "it is a folder" if path.is_dir() else "it is no plain file")
        size = path.stat().st_size
        if size > _LARGEST_FILE:
            limit = human_bytes(_LARGEST_FILE)
            raise AssistantError(f"cannot read {path}", f"it has {human_bytes(size)} and the limit is {limit}")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise AssistantError(f"cannot read {path}", reason.lower()) from error
