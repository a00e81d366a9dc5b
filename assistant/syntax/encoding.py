"""How a source file's bytes become text and become the same bytes again; it judges nothing about the text.

UTF-8 is assumed. Bytes that are no UTF-8 (Latin-1, say) travel as escaped surrogates and come back as they were.
UTF-16 is taken where a byte order mark announces it and the bytes really are.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_UNSTORABLE = re.compile("[\ud800-\udc7f\udd00-\udfff]")


@dataclass(frozen=True)
class Encoding:
    """A codec of Python's, and the byte order mark that stood before the text."""

    codec: str
    mark: bytes = b""


_SURROGATE = re.compile("[\ud800-\udfff]")
UTF8 = Encoding("utf-8")
_MARKED = (
    Encoding("utf-8", codecs.BOM_UTF8),
    Encoding("utf-16-le", codecs.BOM_UTF16_LE),
    Encoding("utf-16-be", codecs.BOM_UTF16_BE),
)


def decode(data: bytes) -> tuple[str, Encoding]:
    """The text of a file, without its byte order mark, and how to write it back."""
    for encoding in _MARKED:
        if not data.startswith(encoding.mark):
            continue
        body = data[len(encoding.mark) :]
        if encoding.codec == "utf-8":
            return body.decode("utf-8", "surrogateescape"), encoding
        try:
            return body.decode(encoding.codec), encoding
        except UnicodeDecodeError:
            break
    return data.decode("utf-8", "surrogateescape"), UTF8


def encode(text: str, encoding: Encoding) -> bytes:
    """The bytes of a file. A character that UTF-16 cannot hold (an escaped byte) becomes U+FFFD."""
    if encoding.codec == "utf-8":
        return encoding.mark + text.encode("utf-8", "surrogateescape")
    return encoding.mark + _SURROGATE.sub("\ufffd", text).encode(encoding.codec)


def storable(text: str) -> tuple[str, bytes, bool]:
    """The text with what no file can hold replaced by U+FFFD, its bytes, and whether all of it was UTF-8."""
    try:
        return text, text.encode(), True
    except UnicodeEncodeError:
        data = _UNSTORABLE.sub("\ufffd", text).encode("utf-8", "surrogateescape")
        # Two escaped bytes that have come to stand side by side may be one character.
        return data.decode("utf-8", "surrogateescape"), data, False
