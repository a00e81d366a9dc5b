"""Tiny random checkpoints with real tokenizers, rows to learn, and a recipe that trains on them in a second."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.tiny_checkpoints import tiny_checkpoint
from trainer.recipe import Recipe, from_table

_VOCABULARIES = {"gpt_bigcode": "refact", "starcoder2": "refact", "llama": "refact", "qwen2": "refact"}


@pytest.fixture(scope="session")
def checkpoint(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A tiny random checkpoint of an architecture, made once."""
    made: dict[str, Path] = {}

    def make(architecture: str) -> Path:
        if architecture not in made:
            vocabulary = shared / "data" / "vocab" / f"ggml-vocab-{_VOCABULARIES[architecture]}.gguf"
            folder = tmp_path_factory.mktemp(architecture)
            made[architecture] = tiny_checkpoint(folder, architecture, vocabulary)
        return made[architecture]

    return make


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """24 rows as `wizard-train evolve` writes them, of different lengths."""
    path = tmp_path / "rows.jsonl"
    with path.open("w") as stream:
        for i in range(24):
            body = "\n".join(f"    total = total + {j} * n" for j in range(i % 7))
            row = {
                "id": str(i),
                "parent": None,
                "round": 0,
                "heuristic": None,
                "instruction": f"Write a function number {i} that adds multiples.",
                "response": f"def f{i}(n):\n    total = 0\n{body}\n    return total",
            }
            stream.write(json.dumps(row) + "\n")
    return path


@pytest.fixture
def recipe(tmp_path: Path, rows: Path, checkpoint: Callable[[str], Path]) -> Callable[..., Recipe]:
    """A recipe for a tiny run; sections are given as keyword tables: recipe(train={"steps": 3})."""

    def make(architecture: str = "gpt_bigcode", **sections: dict[str, Any]) -> Recipe:
        table: dict[str, Any] = {
            "output": str(tmp_path / "out"),
            "model": {"base": str(checkpoint(architecture)), "precision": "fp32", "save_dtype": "fp32"},
            "data": {"train": [str(rows)], "max_length": 256},
            "train": {"batch": 4, "micro_batch_tokens": 200, "steps": 4, "learning_rate": 1e-3, "threads": 1},
            "log": {"plot": False},
        }
        for name, values in sections.items():
            table[name] = {**table.get(name, {}), **values} if isinstance(values, dict) else values
        return from_table(Recipe, table, "test")

    return make
