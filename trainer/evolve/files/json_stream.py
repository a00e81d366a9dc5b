"""Reads big JSON files entry by entry: arrays and lines, with the place of each entry for what is said about it.

A damaged line is reported and skipped, for the next line stands by itself; a damaged array is refused, for nothing
after the damage can be trusted. Memory is bounded by the longest entry.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from trainer.errors import TrainerError

_BLOCK = 1 << 18
_LONGEST_ENTRY = 16_000_000
_SPACE = " \t\r\n"


def json_lines(path: Path, start: bytes, stream: IO[bytes], report: Callable[[str], None]) -> Iterator[tuple[str, Any]]:
    """Yield ("line 7", value) for each line that is JSON; `start` is what was read already."""
    for number, line in enumerate(_lines(start, stream), 1):
        place = f"line {number}"
        if len(line) > _LONGEST_ENTRY:
            report(f"{path.name}, {place}: over {_LONGEST_ENTRY:,} bytes; skipped")
            continue
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            if text:
                yield place, json.loads(text)
        except UnicodeDecodeError as error:
            report(f"{path.name}, {place}: no UTF-8 text (byte {error.start:,}); skipped")
        except (ValueError, RecursionError) as error:
            # Python refuses numbers of thousands of digits by a ValueError of its own.
            why = (
                "nested too deeply"
                if isinstance(error, RecursionError)
                else getattr(error, "msg", "a number is too long")
            )
            report(f"{path.name}, {place}: no JSON ({why}); skipped")


def _lines(start: bytes, stream: IO[bytes]) -> Iterator[bytes]:
    held = start
    while True:
        *whole, held = held.split(b"\n")
        yield from whole
        block = stream.read(_BLOCK)
        if not block:
            if held:
                yield held
            return
        # A line beyond the limit is refused anyway; only its end matters.
        held = (held if len(held) <= _LONGEST_ENTRY else held[: _LONGEST_ENTRY + 1]) + block


def json_array(path: Path, start: bytes, stream: IO[bytes]) -> Iterator[tuple[str, Any]]:
    """Yield ("entry 7", value) for each element of the array; `start` is what was read already.

    Raises:
        TrainerError: the text ends early or is no JSON; the entry is named.
    """
    source = _Text(path, start, stream)
    source.skip("[")
    number = 0
    while source.peek() != "]":
        number += 1
        yield f"entry {number}", source.value(number)
        if source.peek() == ",":
            source.skip(",")
        elif source.peek() != "]":
            raise source.damage(number, "a comma or the end of the list is missing")


class _Text:
    """The decoded text of a stream, of which only what is still needed is held."""

    def __init__(self, path: Path, start: bytes, stream: IO[bytes]) -> None:
        self._path = path
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._json = json.JSONDecoder()
        self._text = ""
        self._at = 0
        self._ended = False
        self._take(start)

    def peek(self) -> str:
        """The next character that is no white space."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                raise self.damage(0, "it ends in the middle of the list")

    def skip(self, character: str) -> None:
        """Go past `character`, which `peek` has seen."""
        assert self.peek() == character
        self._at += 1

    def value(self, number: int) -> Any:
        """The JSON value that begins here."""
        self.peek()
        while True:
            try:
                value, end = self._json.raw_decode(self._text, self._at)
            except RecursionError:
                raise self.damage(number, "it is nested too deeply") from None
            except json.JSONDecodeError as error:
                # An error at the end of what is held may only mean that more is to come.
                if len(self._text) - self._at > _LONGEST_ENTRY or not self._more(growing=True):
                    raise self.damage(number, error.msg) from None
                continue
            except ValueError:
                raise self.damage(number, "a number is too long") from None
            if end < len(self._text) or not self._more():
                self._at = end
                return value

    def damage(self, number: int, why: str) -> TrainerError:
        """The error that names the file and the entry."""
        place = f" (entry {number})" if number else ""
        return TrainerError(
            f"cannot read the seeds {self._path}", f"it is no whole JSON{place}: {why}", "get the file again"
        )

    def _more(self, growing: bool = False) -> bool:
        if self._ended:
            return False
        block = self._stream.read(max(_BLOCK, len(self._text) if growing else 0))
        self._take(block)
        return True

    def _take(self, block: bytes) -> None:
        self._ended = not block
        try:
            self._text = self._text[self._at :] + self._decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            raise self.damage(0, f"no UTF-8 text ({error.reason})") from None
        self._at = 0
