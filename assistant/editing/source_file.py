"""Files to be edited, and the line ends that text loses on its way through a model.

A file is read as a `Document` (its bytes come back through it) with the digest that tells later whether it changed.
`with_line_ends_of` gives each unchanged line its own old end and a new line the end that its file uses. This reads and
encodes; writing is `apply`'s.
"""

from __future__ import annotations

import difflib
import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import AssistantError, cause_of
from assistant.syntax.document import Document
from assistant.syntax.encoding import UTF8, Encoding, encode
from assistant.syntax.languages import detect

_LARGEST = 8_000_000


@dataclass(frozen=True)
class SourceFile:
    """A file as read: its document and the SHA-256 of its bytes."""

    path: Path
    document: Document
    digest: str

    @property
    def text(self) -> str:
        """The text, line ends as on disk."""
        return self.document.text


def read_source(path: Path) -> SourceFile:
    """Read a text file whole.

    Raises:
        AssistantError: it is missing, no regular file, binary, or too large to edit.
    """
    try:
        if not path.is_file():
            why = "it is not a file" if path.exists() else "there is no such file"
            raise AssistantError(f"cannot read {path}", why)
        if path.stat().st_size > _LARGEST:
            raise AssistantError(f"cannot edit {path.name}", f"it is larger than {_LARGEST // 1_000_000} MB")
        data = path.read_bytes()
    except OSError as error:
        raise AssistantError(f"cannot read {path}", cause_of(error)) from error
    document = Document.from_bytes(data, detect(path, data[:200]))
    if "\0" in document.text or document.to_bytes() != data:
        raise AssistantError(f"cannot edit {path.name}", "it is a binary file")
    return SourceFile(path, document, digest(data))


def to_bytes(text: str, path: Path, encoding: Encoding = UTF8) -> bytes:
    """`text` as the bytes of a file.

    Raises:
        AssistantError: the encoding has no bytes for a character of it.
    """
    try:
        data = encode(text, encoding)
        again = data[len(encoding.mark) :].decode(encoding.codec, "surrogateescape")
        lost = next((i for i, (one, other) in enumerate(zip(text, again, strict=False)) if one != other), None)
    except UnicodeEncodeError as error:
        lost = error.start
    if lost is not None:
        raise AssistantError(f"cannot write {path}", f"{encoding.codec} has no bytes for U+{ord(text[lost]):04X}")
    return data


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def with_lf(text: str) -> str:
    """`text` with every CRLF turned into LF, as a model sees it."""
    return text.replace("\r\n", "\n")


def with_line_ends_of(old: str, new: str) -> str:
    """`new` (LF line ends) with the line ends of `old`: unchanged lines keep theirs, the rest take the commonest."""
    if "\r\n" not in old:
        return new
    old_lines = old.split("\n")
    ends = ["\r\n" if line.endswith("\r") else "\n" for line in old_lines[:-1]]
    usual = Counter(ends).most_common(1)[0][0]
    plain = [line.removesuffix("\r") for line in old_lines]
    new_lines = new.split("\n")
    result = [usual] * (len(new_lines) - 1)
    for block in difflib.SequenceMatcher(None, plain, new_lines, autojunk=False).get_matching_blocks():
        for offset in range(block.size):
            if block.b + offset < len(result) and block.a + offset < len(ends):
                result[block.b + offset] = ends[block.a + offset]
    return "".join(line + end for line, end in zip(new_lines, [*result, ""], strict=True))
