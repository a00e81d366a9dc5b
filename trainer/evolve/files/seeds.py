"""Reads the seeds of an evolution from what people have: Alpaca, ShareGPT, OpenAI messages, plain text, our own rows.

Files are streamed, .gz ones too, so their size does not matter. A line that cannot be used is reported with its
number and skipped; a file that is damaged as a whole is refused. Nothing here judges what a seed says.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from assistant.errors import cause_of
from trainer.errors import TrainerError
from trainer.evolve.files.json_stream import json_array, json_lines
from trainer.records import Seed

Report = Callable[[str], None]
"""Takes one sentence about a line that was skipped."""

_TEXT_SUFFIXES = (".txt", ".md", ".text")
_TEXT_LIMIT = 1_000_000
_ANSWERS = ("response", "output", "completion", "answer", "solution")
_ASKERS = ("human", "user", "prompter")
_ANSWERERS = ("gpt", "assistant", "model", "bot", "chatgpt")
_HINT = "Alpaca JSON or JSONL, ShareGPT, OpenAI messages, a .txt file, or a folder of them"


def read_seeds(sources: Iterable[Path], report: Report) -> Iterator[Seed]:
    """All seeds of all sources, in their order; what cannot be used goes to `report` and is skipped.

    Raises:
        TrainerError: a source is missing, unreadable, or damaged as a whole.
    """
    for path in _files(sources):
        if _suffix(path) in _TEXT_SUFFIXES:
            yield from _text(path, report)
            continue
        with _opened(path) as stream:
            for place, entry in _entries(path, stream, report):
                seed = _seed(entry)
                if isinstance(seed, Seed):
                    yield seed
                else:
                    report(f"{path.name}, {place}: {seed}; skipped")


def fingerprint(sources: Iterable[Path]) -> str:
    """A hash over the bytes of all sources, by which a resumed run knows that its seeds are the same."""
    digest = hashlib.sha256()
    for path in _files(sources):
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
        digest.update(b"\0")
    return digest.hexdigest()


def _files(sources: Iterable[Path]) -> Iterator[Path]:
    for source in sources:
        if source.is_dir():
            inside = sorted(
                p for p in source.rglob("*") if p.is_file() and _suffix(p) in (*_TEXT_SUFFIXES, ".json", ".jsonl")
            )
            if not inside:
                raise TrainerError(
                    f"no seeds in {source}", "the folder holds no .json, .jsonl, .txt or .md file", _HINT
                )
            yield from inside
        elif source.is_file():
            yield source
        else:
            raise TrainerError(f"cannot read the seeds {source}", "there is no such file or folder", _HINT)


def _suffix(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).suffix.lower()


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if packed:
                with gzip.open(raw) as unpacked:
                    yield unpacked  # type: ignore[misc]  # a GzipFile reads bytes
            else:
                yield raw
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise TrainerError(
            f"cannot read the seeds {path}", f"its compression is damaged: {error}", "get the file again"
        ) from error
    except OSError as error:
        raise TrainerError(f"cannot read the seeds {path}", cause_of(error)) from error


def _entries(path: Path, stream: IO[bytes], report: Report) -> Iterator[tuple[str, Any]]:
    start = b""
    while not start.strip() and (block := stream.read(4096)):
        start = start + block if len(start) < 1 << 20 else block
    head = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head:
        raise TrainerError(f"no seeds in {path}", "the file is empty", _HINT)
    if head[:1] == b"[" and _suffix(path) != ".jsonl":
        yield from json_array(path, start, stream)
    elif head[:1] == b"{" or _suffix(path) == ".jsonl":
        yield from json_lines(path, start, stream, report)
    else:
        shown = head[:20].decode("utf-8", "replace")
        raise TrainerError(f"cannot read the seeds {path}", f"it is no JSON: it begins with {shown!r}", _HINT)


def _text(path: Path, report: Report) -> Iterator[Seed]:
    with _opened(path) as stream:
        content = stream.read(_TEXT_LIMIT + 1)
    if len(content) > _TEXT_LIMIT:
        report(f"{path.name}: over {_TEXT_LIMIT:,} bytes are no task; skipped")
        return
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        report(f"{path.name}: no UTF-8 text (byte {error.start:,}); skipped")
        return
    if text:
        yield Seed(text)
    else:
        report(f"{path.name}: empty; skipped")


def _seed(entry: Any) -> Seed | str:
    """The seed in one entry of a JSON file, or why there is none."""
    if not isinstance(entry, dict):
        return "not an object"
    if "conversations" in entry:
        return _turns(entry["conversations"], "from", "value")
    if "messages" in entry:
        return _turns(entry["messages"], "role", "content")
    task = entry.get("instruction", entry.get("prompt"))
    if task is None:
        return "none of instruction, prompt, conversations, messages is there"
    if not isinstance(task, str) or not isinstance(entry.get("input") or "", str):
        return "the instruction is no text"
    if not task.strip():
        return "the instruction is empty"
    return Seed(_with_input(task, entry.get("input") or ""), _answer(entry))


def _with_input(task: str, given: str) -> str:
    given = given.strip()
    if not given or given.lower().strip("<>()[]. ") in ("noinput", "no input", "none", "n/a"):
        return task.strip()
    return f"{task.strip()}\n\n{given}"


def _answer(entry: Mapping[str, Any]) -> str:
    texts = (entry.get(name) for name in _ANSWERS)
    return next((text for text in texts if isinstance(text, str) and text.strip()), "").strip()


def _turns(turns: Any, who: str, what: str) -> Seed | str:
    """The first question of a conversation and the answer right after it."""
    if not isinstance(turns, Sequence) or isinstance(turns, str):
        return "the conversation is no list"
    said = [(str(turn.get(who)).lower(), _said(turn.get(what))) for turn in turns if isinstance(turn, dict)]
    for number, (speaker, text) in enumerate(said):
        if speaker in _ASKERS and text.strip():
            rest = said[number + 1 : number + 2]
            return Seed(text.strip(), rest[0][1].strip() if rest and rest[0][0] in _ANSWERERS else "")
    return "nobody asks anything in the conversation"


def _said(content: Any) -> str:
    """The text of a turn, which OpenAI's format may cut into parts, pictures among them."""
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
        return "\n".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""
