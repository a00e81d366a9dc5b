"""What is inside a GGUF file, read without loading a tensor and without trusting the file.

A limited child process (`gguf_child`) does the reading, one for a whole batch; what it found is kept by path, size and
time of change, so that listing a folder again costs nothing. Texts of a header are the file's words: whoever shows
them sends them through `ground.visible`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import AssistantError
from assistant.ground import paths
from assistant.ground.files import write_whole

# Without site-packages and the user's settings, so that it starts in little time; the house comes last on its path, so
# that nothing beside it can take the place of a module of Python's.
_START = "import sys; sys.path.append(sys.argv[1]); from assistant.models.gguf_child import main; main()"
_HOUSE = Path(__file__).parents[2]
# The child ends itself after 5 seconds on one file; this is for a machine so busy that it does not get to it.
_PATIENCE = 8.0
_REMEMBERED = 1000
# What an interpreter may need to find its own libraries; nothing else of ours is the child's business.
_LOADER_VARIABLES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_CACHE_FORMAT = 2

# llama.cpp's general.file_type; a file without one is named by the type that most of its weights have.
_FILE_TYPES = {
    **{0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S"},
    **{12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K"},
    **{19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL"},
    **{26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S", 29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16"},
    **{36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4_MOE", 39: "NVFP4", 40: "Q1_0"},
}


@dataclass(frozen=True)
class GGUFHeader:
    """What a GGUF file says about itself. Sizes are in tokens, `bytes` is the file's; 0 and "" where it says nothing."""

    name: str
    architecture: str
    parameters: int
    quantization: str
    context_size: int
    layers: int
    vocabulary_size: int
    chat_template: bool
    chat_template_sha256: str
    fim: bool
    """Whether the vocabulary has the tokens for filling in the middle."""
    licence: str
    kind: str
    """"model", or "adapter" for a LoRA."""
    bytes: int


class UnreadableModel(AssistantError):
    """A file is no GGUF that can be read; `why` says where it goes wrong."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        super().__init__(f"cannot read {path}", why, "wizard-tui models list shows the models that can be run")


def read_header(path: Path) -> GGUFHeader:
    """The header of the file at `path`.

    Raises:
        UnreadableModel: missing, no GGUF, damaged, or hostile.
    """
    found = read_headers([path])[path]
    if isinstance(found, UnreadableModel):
        raise found
    return found


def read_headers(files: Sequence[Path]) -> dict[Path, GGUFHeader | UnreadableModel]:
    """The headers of many files, by one child process; what cannot be read is returned as the error to say."""
    remembered = _load_cache()
    found: dict[Path, GGUFHeader | UnreadableModel] = {}
    marks = {path: _mark(path) for path in files}
    unknown = []
    for path in dict.fromkeys(files):
        row = remembered.get(marks[path] or "")
        header = _header(row) if row is not None else None
        if header is not None:
            found[path] = header
        else:
            unknown.append(path)
    fresh = dict(zip(unknown, _read_all(unknown), strict=True))
    for path, row in fresh.items():
        header = _header(row["header"]) if "header" in row else None
        found[path] = header or UnreadableModel(path, row.get("error", "its header makes no sense"))
        mark = marks[path]
        if header is not None and mark is not None:
            remembered[mark] = row["header"]
    if any(isinstance(found[path], GGUFHeader) for path in fresh):
        _save_cache(remembered)
    return found


def _read_all(files: list[Path]) -> Iterator[dict[str, Any]]:
    """The child's answers in order; a file on which it dies gets an answer of ours and the rest a new child."""
    todo = [os.fspath(path.absolute()) for path in files]
    while todo:
        answered = 0
        for row in _one_child(todo):
            answered += 1
            yield row
        todo = todo[answered:]
        if todo:
            yield {"error": "reading its header took over 5 seconds or 1 GiB, so it was given up"}
            todo = todo[1:]


def _one_child(files: list[str]) -> Iterator[dict[str, Any]]:
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _START, str(_HOUSE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in _LOADER_VARIABLES if name in os.environ},
        start_new_session=True,
    )
    assert child.stdin is not None and child.stdout is not None
    try:
        with contextlib.suppress(BrokenPipeError):
            child.stdin.write(json.dumps(files).encode())
            child.stdin.close()
        left = len(files)
        for line in _lines(child.stdout.fileno()):
            with contextlib.suppress(ValueError):
                yield json.loads(line)
            left -= 1
            if not left:
                return
    finally:
        child.kill()
        child.stdout.close()
        child.wait()


def _lines(handle: int) -> Iterator[bytes]:
    """Lines of a pipe, as long as each comes within the patience that we have."""
    held = b""
    deadline = time.monotonic() + _PATIENCE
    while select.select([handle], [], [], max(0.0, deadline - time.monotonic()))[0]:
        piece = os.read(handle, 1 << 16)
        if not piece:
            return
        *lines, held = (held + piece).split(b"\n")
        for line in lines:
            yield line
            deadline = time.monotonic() + _PATIENCE


def _header(row: dict[str, Any]) -> GGUFHeader | None:
    """The dataclass for one answer; None when it is not what the child gives (an old or damaged cache)."""
    try:
        quantization = _FILE_TYPES.get(row["file_type"], row["main_tensor_type"])
        values = {
            f.name: quantization if f.name == "quantization" else row[f.name] for f in dataclasses.fields(GGUFHeader)
        }
    except (KeyError, TypeError):
        return None
    return GGUFHeader(**values)


def _mark(path: Path) -> str | None:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return f"{path.absolute()}\n{status.st_size}\n{status.st_mtime_ns}\n{status.st_ino}"


def _cache_file() -> Path:
    return paths.cache_folder() / "gguf-headers.json"


def _load_cache() -> dict[str, Any]:
    try:
        kept = json.loads(_cache_file().read_bytes())
        return dict(kept["headers"]) if kept["format"] == _CACHE_FORMAT else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _save_cache(headers: dict[str, Any]) -> None:
    newest = dict(list(headers.items())[-_REMEMBERED:])
    # A cache that cannot be written only costs time.
    with contextlib.suppress(OSError, AssistantError):
        write_whole(_cache_file(), json.dumps({"format": _CACHE_FORMAT, "headers": newest}))
