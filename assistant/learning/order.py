"""What is to be done, written down as a pipeline that `wizard-train run` works off: rows, held-out rows, seeds, and the plan.

Everything lies in one folder that only the user can read. The same lessons and settings give the same files, so a run
that was broken off goes on, and one that was finished has nothing left to do.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.engine.gguf_file import Unreadable, read_file
from assistant.engine.prompt.prompt_format import family_of
from assistant.errors import AssistantError, cause_of
from assistant.ground.files import write_whole
from assistant.learning.material import Material, Row, grown_from

NAME = "learned"
"""What the pipeline and its files are called."""
_VOCABULARY = 1 << 20


@dataclass(frozen=True)
class Wishes:
    """How much is to be done; zero leaves a part out."""

    symbols: int = 48
    """Symbols of the project to learn besides the lessons."""
    evolve: int = 8
    """Tasks to evolve into harder ones with the model itself."""
    problems: int = 40
    """Problems of the benchmark to solve before and after."""
    benchmark: str = "simple"
    changes: tuple[str, ...] = ()
    """Changes to the recipe: "train.epochs=3"."""


def write_order(
    folder: Path, material: Material, model: Path, base: Path, current: str, wishes: Wishes, threads: int
) -> Path:
    """Write the files into `folder` (made here) and return the pipeline's.

    Args:
        base: the weights to train on: a checkpoint folder, or the model itself.
        current: the adapter that the model runs with now, "" for none.

    Raises:
        AssistantError: they cannot be written, or the model cannot be read.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise AssistantError(f"cannot make {folder}", cause_of(error)) from None
    _write_rows(folder / "rows.jsonl", material.train)
    _write_rows(folder / "held-out.jsonl", material.held_out)
    seeds = grown_from(material.train, wishes.evolve)
    if seeds:
        _write_rows(folder / "seeds.jsonl", seeds)
    words = ["--threads", str(threads)] if threads else []
    parts: dict[str, dict[str, Any]] = {
        "evolve": {"seeds": ["seeds.jsonl"], "teacher": str(model), "rounds": 1, "temperature": 0.7}
        | {"task_tokens": 224, "answer_tokens": 384, "options": words},
        "finetune": {"recipe": "lessons", "base": [str(base)], "rows": ["rows.jsonl"]}
        | {"set": [f"data.prompt_format={prompt_format(model)}", f"train.threads={threads}", *wishes.changes]},
        "adapter": {"model": str(model), "current": current},
        "held_out": {"rows": "held-out.jsonl"},
        "evaluate": {"benchmark": wishes.benchmark if wishes.problems else "", "limit": wishes.problems}
        | {"options": ["--max-tokens", "256", *words]},
    }
    if not seeds:
        del parts["evolve"]
    text = f"# What wizard-tui learn does: wizard-train run {NAME}.toml\n\nname = {json.dumps(NAME)}\n"
    for title, values in parts.items():
        text += f"\n[{title}]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in values.items())
    file = folder / f"{NAME}.toml"
    write_whole(file, text)
    return file


def prompt_format(model: Path) -> str:
    """How the app asks this model, as a recipe names it: its own template, else its family's.

    Raises:
        AssistantError: it cannot be read.
    """
    try:
        metadata = read_file(model, kept=_VOCABULARY).metadata
    except (Unreadable, OSError) as error:
        raise AssistantError(f"cannot read {model}", str(error), "wizard-tui models list") from None
    if metadata.get("tokenizer.chat_template"):
        return "model"
    names = (str(metadata.get(key, "")) for key in ("general.name", "general.basename", "general.finetune"))
    tokens = metadata.get("tokenizer.ggml.tokens")
    known = {_text(token) for token in tokens} if isinstance(tokens, list) else set()
    architecture = str(metadata.get("general.architecture", ""))
    return family_of(architecture, " ".join([*names, model.name]), known).name


def _text(token: object) -> str:
    return token.decode("utf-8", "replace") if isinstance(token, bytes) else str(token)


def _write_rows(file: Path, rows: Sequence[Row]) -> None:
    text = "".join(json.dumps(row.data(), ensure_ascii=False) + "\n" for row in rows)
    # Halves of surrogate pairs, from names that are no UTF-8, have no form in a file.
    write_whole(file, text.encode("utf-8", "replace").decode("utf-8"))


def _toml(value: object) -> str:
    # JSON's numbers, lists and texts are TOML's, but for the one character that only JSON takes as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
