"""One stage: the words of its command, a digest of everything that decides its result, and the mark of its being done.

A stage has a folder named by the digest, so other inputs, settings or code never meet half a result of earlier ones, and
going back to earlier settings finds what was made then. The mark is written last, in one step; without it the command
runs again in the same folder and goes on as far as it knows how.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from assistant.ground.files import replacing, write_whole
from trainer.pipeline.code_version import code_hash

Program = Literal["trainer.cli", "quantize.cli", "assistant.cli.main"]
_MARK = "done.json"
# Files of a checkpoint folder that say how it came about and not what it is.
_NOT_CONTENT = (".jsonl", ".png", ".md", ".log")


@dataclass(frozen=True)
class Out:
    """A file or folder that the stage makes, by its name in the stage's folder."""

    name: str


@dataclass(frozen=True)
class Word:
    """One word of the command, put together from text, inputs (paths) and outputs; `quoted` writes paths as TOML."""

    parts: tuple[str | Path | Out, ...]
    quoted: bool = False
    made_from: Path | None = None
    """The input that an input of this word was worked out from: its content counts, and the other may lose what nobody reads."""

    def render(self, folder: Path) -> str:
        """The word as the command gets it."""
        return "".join(part if isinstance(part, str) else self._path(part, folder) for part in self.parts)

    def _path(self, part: Path | Out, folder: Path) -> str:
        path = str(part.resolve() if isinstance(part, Path) else folder / part.name)
        return json.dumps(path, ensure_ascii=False) if self.quoted else path


@dataclass(frozen=True)
class Stage:
    """A command with its inputs and outputs."""

    name: str
    program: Program
    words: tuple[str | Path | Out | Word, ...]
    always: bool = False
    """Runs each time, for what it changes lies outside of its folder, and doing it twice does no harm."""
    under: Path | None = None
    """An accelerate config: the command runs in the processes that it asks for."""
    spare: bool = False
    """Where it makes nothing new, the run goes on with the files that it has left."""
    begun: tuple[Path, ...] = ()
    """Files of an earlier stage that the command goes on from; its folder begins with copies of them."""

    @property
    def folder_name(self) -> str:
        """The stage's folder: it follows from the words, the inputs, and the code that does the work."""
        parts = (self.digest(), self.code())
        return f"{self.name}-{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:12]}"

    def code(self) -> str:
        """Twelve hexadecimal digits that follow from the code behind the command."""
        return code_hash(self.words[0]) if self.words and isinstance(self.words[0], str) else ""

    def digest(self) -> str:
        """Twelve hexadecimal digits that follow from the words and the contents of all inputs."""
        parts: list[str] = [self.name, self.program, *map(content_hash, self.begun)]
        parts += [content_hash(self.under)] if self.under else []
        for word in self.words:
            for part in word.parts if isinstance(word, Word) else (word,):
                if isinstance(part, Path):
                    parts.append(content_hash(word.made_from or part if isinstance(word, Word) else part))
                else:
                    parts.append(part.name if isinstance(part, Out) else part)
            parts.append("\0")
        return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:12]

    def command(self, folder: Path) -> list[str]:
        """The words as the command gets them."""
        return [(word if isinstance(word, Word) else Word((word,))).render(folder) for word in self.words]

    def begin_in(self, folder: Path) -> None:
        """Make the stage's folder and copy into it what the command goes on from, as far as it is not there."""
        folder.mkdir(parents=True, exist_ok=True)
        for path in self.begun:
            if not (folder / path.name).exists():
                with replacing(folder / path.name) as staged:
                    shutil.copyfile(path, staged)

    def outputs(self) -> list[Out]:
        """What the stage makes."""
        parts = [part for word in self.words for part in (word.parts if isinstance(word, Word) else (word,))]
        return [part for part in parts if isinstance(part, Out)]


@dataclass(frozen=True)
class Done:
    """A stage that has been done: where, how long it took, and whether that was in an earlier run."""

    name: str
    folder: Path
    seconds: float
    skipped: bool

    def __truediv__(self, name: str) -> Path:
        return self.folder / name


def finished(stage: Stage, folder: Path) -> Done | None:
    """The mark of a stage in `folder`, if what it made is still what it was."""
    try:
        mark: Any = json.loads((folder / _MARK).read_text(encoding="utf-8"))
        if all(content_hash(folder / name) == found for name, found in mark["outputs"].items()):
            return Done(stage.name, folder, float(mark["seconds"]), True)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    return None


def done_by_other_code(stage: Stage, runs: Path) -> Done | None:
    """A result of the same words and inputs that another version of the program made, below the folder `runs`."""
    for folder in sorted(runs.glob(f"{stage.name}-*")):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            if json.loads((folder / _MARK).read_text(encoding="utf-8"))["inputs"] == stage.digest():
                done = finished(stage, folder)
                if done is not None:
                    return done
    return None


def mark_finished(stage: Stage, folder: Path, seconds: float) -> Done:
    """Write the mark: from here on the stage is done."""
    outputs = {out.name: content_hash(folder / out.name) for out in stage.outputs()}
    mark = {"stage": stage.name, "seconds": round(seconds, 1), "ended": time.strftime("%FT%T%z"), "outputs": outputs}
    mark |= {"inputs": stage.digest(), "code": stage.code()}
    write_whole(folder / _MARK, json.dumps(mark, indent=1) + "\n")
    return Done(stage.name, folder, seconds, False)


def content_hash(path: Path) -> str:
    """A hash of a file's bytes, or of the names and bytes of a folder's own files that are content.

    Raises:
        OSError: it cannot be read.
    """
    if path.is_dir():
        inside = sorted(p for p in path.iterdir() if p.is_file() and p.suffix not in _NOT_CONTENT and p.name != _MARK)
        parts = [f"{p.name} {content_hash(p)}" for p in inside]
        return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
    status = path.stat()
    return _file_hash(path, status.st_size, status.st_mtime_ns)


@cache
def _file_hash(path: Path, _size: int, _changed: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
