"""Where a benchmark's rows come from: a path given, the data folder, then the Hugging Face hub.

The data folder is `--data FOLDER`, or `data` in WIZARD_SHARED or in a `shared` folder beside the working folder. Rows
are foreign input: a damaged file is one sentence, not a traceback.
"""

from __future__ import annotations

import gzip
import json
import os
import zlib
from pathlib import Path
from typing import Any

from assistant.errors import first_line
from assistant.ground.terminal import say
from trainer.errors import TrainerError
from trainer.evaluate.problem import Benchmark, Problem

Rows = list[dict[str, Any]]


def load(benchmark: Benchmark, data: Path | None) -> list[Problem]:
    """The problems of `benchmark`, read from `data` (a file or folder) or from wherever it is found.

    Raises:
        TrainerError: it is nowhere to be found, or damaged.
    """
    files = [path] if (path := _own(benchmark)) else _files(benchmark, data)
    rows = [read_rows(file) for file in files] if files else [_from_hub(benchmark)]
    try:
        problems = benchmark.read(rows)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        where = files[0] if files else benchmark.title
        problem = f"a row lacks {error}" if isinstance(error, KeyError) else str(error)
        raise TrainerError(f"cannot read {where} as {benchmark.title}", problem, "check the file's format") from error
    if not problems:
        raise TrainerError(f"there are no problems in {files[0] if files else benchmark.title}")
    return problems


def read_rows(path: Path) -> Rows:
    """The objects of a .jsonl or .jsonl.gz file.

    Raises:
        TrainerError: it cannot be read, ends in the middle, or has a line that is no JSON object.
    """
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise TrainerError(f"cannot read {path}", why.lower(), "a whole .jsonl or .jsonl.gz file") from error
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise TrainerError(f"cannot read {path}", f"line {number} is no JSON", "one JSON object a line") from error
        if not isinstance(row, dict):
            raise TrainerError(f"cannot read {path}", f"line {number} is no JSON object", "one JSON object a line")
        rows.append(row)
    return rows


def data_folder() -> Path | None:
    """The folder that holds benchmark data on this machine, if there is one."""
    named = os.environ.get("WIZARD_SHARED")
    for base in [Path(named)] if named else [Path("shared"), Path("..") / "shared"]:
        if (base / "data").is_dir():
            return base / "data"
    return None


def _own(benchmark: Benchmark) -> Path | None:
    """The one file of a benchmark that was named as a file."""
    path = Path(benchmark.files[0]) if len(benchmark.files) == 1 else None
    return path if path is not None and path.is_absolute() else None


def _files(benchmark: Benchmark, data: Path | None) -> list[Path]:
    if data is not None and not data.exists():
        raise TrainerError(
            f"cannot read {data}", "there is no such file or folder", "leave --data out to look elsewhere"
        )
    if data is not None and data.is_file():
        return [data, *_beside(benchmark, data)]
    folder = data or data_folder()
    if folder is None or not benchmark.files:
        return []
    for base in (folder, folder / Path(benchmark.files[0]).parent.name, folder.parent):
        found = [base / name for name in benchmark.files]
        if all(path.is_file() for path in found):
            return found
    if data is not None:
        raise TrainerError(
            f"there is no {benchmark.title} in {data}", f"{benchmark.files[0]} is missing", "--data FILE.jsonl"
        )
    return []


def _beside(benchmark: Benchmark, data: Path) -> list[Path]:
    """Further files of a benchmark whose first one was named."""
    rest = benchmark.files[1:]
    missing = [name for name in rest if not (data.parent / Path(name).name).is_file()]
    if missing:
        folder = data_folder()
        if folder is None or not all((folder / name).is_file() for name in rest):
            raise TrainerError(
                f"{benchmark.title} needs {missing[0]} as well", "", "--data FOLDER that holds all of it"
            )
        return [folder / name for name in rest]
    return [data.parent / Path(name).name for name in rest]


def _from_hub(benchmark: Benchmark) -> Rows:
    hint = f"--data FOLDER with {benchmark.files[0]}" if benchmark.files else "--data FILE.jsonl"
    if benchmark.hub is None:
        raise TrainerError(f"cannot find the data of {benchmark.title}", "it is not in a data folder here", hint)
    name, configuration, split = benchmark.hub
    say(
        f"{benchmark.title} is in no data folder here: asking the Hugging Face hub for {name} (--data FOLDER names one)"
    )
    try:
        from datasets import load_dataset
        from huggingface_hub.utils import logging

        # Its retries are told once, by the error below.
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # its author left the types out

        return [dict(row) for row in load_dataset(name, configuration, split=split)]
    except Exception as error:
        first = first_line(error)[:200]
        raise TrainerError(
            f"cannot find the data of {benchmark.title}",
            f"it is in no data folder here, and the Hugging Face hub did not give {name} ({first})",
            hint,
        ) from error
