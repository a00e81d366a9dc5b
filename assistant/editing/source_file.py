"""Files as text, without losing a byte: encoding, byte order mark and line ends come back as they were.

Text that has been through a model has LF line ends; `with_line_ends_of` gives each unchanged line its own old end and
a new line the end that its file uses. This reads and encodes; writing is `apply`'s.
"""

from __future__ import annotations

import codecs
import difflib
import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import AssistantError

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_LARGEST = 8_000_000


@dataclass(frozen=True)
class SourceFile:
    """A file as read: its text (line ends as on disk, without the byte order mark) and what brings its bytes back."""

    path: Path
    text: str
    encoding: str
    bom: bytes
    digest: str
    """SHA-256 of the bytes that were read."""

    def encode(self, text: str) -> bytes:
        """`text` as bytes of this file.

        Raises:
            AssistantError: the text holds a character that this file's encoding has no bytes for.
        """
        return encode(text, self.encoding, self.bom, self.path)


def read_source(path: Path) -> SourceFile:
    """Read a text file whole.

    Raises:
        AssistantError: it is missing, no regular file, binary, or too large to edit.
    """
    try:
        if not path.is_file():
            raise AssistantError(
                f"cannot read {path}", "there is no such file" if not path.exists() else "it is not a file"
            )
        if path.stat().st_size > _LARGEST:
            raise AssistantError(f"cannot edit {path}", f"it is larger than {_LARGEST // 1_000_000} MB")
        data = path.read_bytes()
    except OSError as error:
        raise AssistantError(f"cannot read {path}", (error.strerror or str(error)).lower()) from error
    bom, encoding = next(((bom, name) for bom, name in _BOMS if data.startswith(bom)), (b"", "utf-8"))
    try:
        text = data[len(bom) :].decode(encoding, "surrogateescape" if encoding == "utf-8" else "strict")
    except UnicodeDecodeError as error:
        raise AssistantError(f"cannot edit {path}", f"it is not valid {encoding} at byte {error.start}") from error
    if "\0" in text:
        raise AssistantError(f"cannot edit {path}", "it is a binary file")
    return SourceFile(path, text, encoding, bom, digest(data))


def encode(text: str, encoding: str, bom: bytes, path: Path) -> bytes:
    """`text` as bytes; bytes that were no UTF-8 when the file was read come back unchanged."""
    try:
        return bom + text.encode(encoding, "surrogateescape" if encoding == "utf-8" else "strict")
    except UnicodeEncodeError as error:
        character = f"U+{ord(text[error.start]):04X}"
        raise AssistantError(f"cannot write {path}", f"{encoding} has no bytes for {character}") from error


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
