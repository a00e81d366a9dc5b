"""Writes a finished set in the forms that other programs read: Alpaca, ShareGPT, messages, a Hugging Face dataset.

The set itself stays as it is. Files are written whole or not at all, row by row, so their size does not matter.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from assistant.errors import UsageError
from assistant.ground.files import replacing
from trainer.errors import TrainerError
from trainer.evolve.files.ledger import read_rows
from trainer.records import Instruction, json_line


def _alpaca(row: Instruction) -> dict[str, Any]:
    return {"instruction": row.instruction, "input": "", "output": row.response}


def _sharegpt(row: Instruction) -> dict[str, Any]:
    turns = [{"from": "human", "value": row.instruction}, {"from": "gpt", "value": row.response}]
    return {"id": row.id, "conversations": turns}


def _messages(row: Instruction) -> dict[str, Any]:
    turns = [{"role": "user", "content": row.instruction}, {"role": "assistant", "content": row.response}]
    return {"messages": turns}


FORMS: dict[str, Callable[[Instruction], dict[str, Any]]] = {
    "alpaca": _alpaca,
    "sharegpt": _sharegpt,
    "messages": _messages,
}
"""What a row becomes in each form; `dataset` is the one that is a folder."""


def parse_exports(texts: list[str]) -> tuple[tuple[str, Path], ...]:
    """(form, place) of each `form=place`.

    Raises:
        UsageError: one is not of that form, or names a form that there is not.
    """
    known = (*FORMS, "dataset")
    pairs = []
    for text in texts:
        form, equals, place = text.partition("=")
        if not equals or not place or form not in known:
            raise UsageError(
                f"cannot use --export {text}", f"it takes FORM=PLACE, FORM being {', '.join(known)}", "alpaca=out.json"
            )
        if not Path(place).resolve().parent.is_dir():
            raise UsageError(
                f"cannot use --export {text}", "there is no folder to write it to", f"mkdir -p {Path(place).parent}"
            )
        pairs.append((form, Path(place)))
    return tuple(pairs)


def export(out: Path, form: str, place: Path, only_verified: bool = False) -> int:
    """Write the rows of OUT to `place`; returns how many. A name that ends in .json becomes one list, others lines.

    Raises:
        TrainerError: it cannot be written, or datasets is not installed.
    """
    if form == "dataset":
        return _dataset(out, place, only_verified)
    count = 0
    with replacing(place) as staged, staged.open("w", encoding="utf-8") as stream:
        as_list = place.suffix == ".json"
        stream.write("[\n" if as_list else "")
        for row in _rows(out, only_verified):
            stream.write((",\n" if count and as_list else "") + json_line(FORMS[form](row)) + ("" if as_list else "\n"))
            count += 1
        stream.write("\n]\n" if as_list else "")
    return count


def _rows(out: Path, only_verified: bool) -> Iterator[Instruction]:
    return (row for row in read_rows(out) if not only_verified or row.verified)


def _dataset(out: Path, place: Path, only_verified: bool) -> int:
    try:
        from datasets import Dataset, disable_progress_bars
    except ImportError:
        raise TrainerError(
            "cannot write a dataset folder", "datasets is not installed", "pip install datasets"
        ) from None
    disable_progress_bars()
    if place.exists() and not (place.is_dir() and (not any(place.iterdir()) or (place / "dataset_info.json").exists())):
        raise TrainerError(f"cannot write {place}", "something else is there already", "another place")
    with tempfile.TemporaryDirectory(dir=place.resolve().parent, prefix=".tmp-dataset-") as staging:
        rows = Dataset.from_generator(
            _plain_rows, gen_kwargs={"out": str(out), "only": only_verified}, cache_dir=f"{staging}/cache"
        )
        rows.save_to_disk(f"{staging}/rows")
        count = len(rows)
        del rows
        if place.exists():
            shutil.rmtree(place)
        Path(f"{staging}/rows").rename(place)
    return count


def _plain_rows(out: str, only: bool) -> Iterator[dict[str, Any]]:
    for row in _rows(Path(out), only):
        yield json.loads(row.row()) | {"verified": row.verified, "pass_fraction": row.pass_fraction}
