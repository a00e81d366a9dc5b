"""Reads rows to learn from: `wizard-train evolve`'s JSONL and Alpaca JSON, plain or .gz, one row at a time.

A file of any size is read in pieces. Rows are hostile input: what is no row is refused with its place; what has no
response is counted and left out. This knows no tokenizer.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from assistant.errors import cause_of
from trainer.errors import TrainerError

_RESPONSES = ("response", "output", "completion", "answer")
_PIECE = 1 << 20
_LONGEST_ROW = 64 << 20


@dataclass(frozen=True)
class Hole:
    """A place in code: what stands before it, what belongs there, and what stands after it."""

    before: str
    middle: str
    after: str


@dataclass(frozen=True)
class Example:
    """One thing to learn: what is asked and what should be answered (empty: nothing to learn from this row)."""

    instruction: str
    response: str
    hole: Hole | None = None
    """The same as a gap to be filled, for models that can; `instruction` and `response` are for the others."""


def read_examples(path: Path, limit: int = 0) -> Iterator[Example]:
    """The rows of one file, at most `limit` of them (0: all).

    Raises:
        TrainerError: it cannot be read, is no JSON, or a row has no instruction or no place for a response.
    """
    for number, row in enumerate(_rows(path)):
        if limit and number == limit:
            return
        yield _example(row, path, number + 1)


def _rows(path: Path) -> Iterator[Any]:
    try:
        with _opened(path) as stream:
            yield from _decoded(stream, path)
    except FileNotFoundError:
        raise TrainerError(
            f"cannot read {path}", "there is no such file", "wizard-train evolve SEEDS -o FILE"
        ) from None
    except UnicodeDecodeError as error:
        raise TrainerError(f"cannot read {path}", f"it is no UTF-8 text (byte {error.start:,})") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise TrainerError(f"cannot read {path}", f"its compression is damaged ({error})") from None
    except OSError as error:
        raise TrainerError(f"cannot read {path}", cause_of(error)) from None


def _opened(path: Path) -> IO[str]:
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    if packed:
        return gzip.open(path, "rt", encoding="utf-8-sig")
    return path.open(encoding="utf-8-sig")


def _decoded(stream: IO[str], path: Path) -> Iterator[Any]:
    """JSON values one after another, with line feeds between them or as the items of one list."""
    decoder, text, place, line, ended, in_list = json.JSONDecoder(), "", 0, 1, False, False
    while True:
        start = _skip(text, place, "," if in_list else "")
        line += text.count("\n", place, start)
        place = start
        if place < len(text) and text[place] == ("]" if in_list else "["):
            in_list, place = not in_list, place + 1
            continue
        try:
            value, end = decoder.raw_decode(text, place) if place < len(text) else (None, -1)
            problem = "the file ends early"
        except RecursionError:
            end, problem = -1, "nested too deeply"
        except ValueError as error:
            # Not each is a JSONDecodeError: Python refuses numbers of thousands of digits by itself.
            end, problem = -1, getattr(error, "msg", "a number is too long")
        # A number or word at the end of the piece may go on in the next one.
        if end >= 0 and (ended or end < len(text)):
            yield value
            line += text.count("\n", place, end)
            place = end
        elif not ended and len(text) - place < _LONGEST_ROW:
            piece = stream.read(_PIECE)
            text, place, ended = text[place:] + piece, 0, not piece
        elif place < len(text) or in_list:
            raise TrainerError(
                f"cannot read {path}", f"line {line:,} is no JSON ({problem})", "rows of JSONL, or one Alpaca JSON list"
            )
        else:
            return


def _skip(text: str, place: int, marks: str) -> int:
    while place < len(text) and (text[place].isspace() or text[place] in marks):
        place += 1
    return place


def _example(row: Any, path: Path, number: int) -> Example:
    where = f"row {number:,} of {path}"
    if not isinstance(row, dict):
        raise TrainerError(
            f"cannot learn from {where}", f"it is a {type(row).__name__}, not an object with named fields"
        )
    key = next((name for name in _RESPONSES if name in row), None)
    instruction, given = row.get("instruction"), row.get("input") or ""
    if key is None or not isinstance(instruction, str) or not isinstance(given, str):
        names = ", ".join(list(row)[:8]) or "nothing"
        raise TrainerError(
            f"cannot learn from {where}",
            f"it has {names}",
            "rows need the texts `instruction` and `response` (or `output`)",
        )
    response = row[key]
    if response is not None and not isinstance(response, str):
        raise TrainerError(f"cannot learn from {where}", f"its {key} is a {type(response).__name__}, not a text")
    asked = f"{instruction.strip()}\n{given.strip()}" if given.strip() else instruction.strip()
    return Example(_whole(asked), _whole((response or "").rstrip()) if asked else "", _hole(row))


def _hole(row: dict[str, Any]) -> Hole | None:
    """The row's texts `before`, `middle` and `after`, where it has all three."""
    texts = [row.get(name) for name in ("before", "middle", "after")]
    if not all(isinstance(text, str) for text in texts) or not texts[1]:
        return None
    return Hole(*map(_whole, texts))  # type: ignore[arg-type]  # they are texts


def _whole(text: str) -> str:
    """`text` without halves of surrogate pairs, which JSON can hold and no tokenizer can take."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
