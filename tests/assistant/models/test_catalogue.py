"""The catalogue holds together, and recommends what a machine can run."""

from __future__ import annotations

import re

import pytest

from assistant.models.catalogue import best_for, catalogue, catalogue_model, fits
from assistant.models.download import wanted_model
from assistant.models.machine import Machine, this_machine

GB = 10**9


@pytest.mark.parametrize("row", catalogue(), ids=lambda row: row.name)
def test_row_is_whole(row) -> None:
    assert re.fullmatch(r"[a-z0-9.-]+", row.name)
    assert re.fullmatch(r"[\w.-]+/[\w.-]+", row.repository) and row.file.endswith(".gguf")
    assert row.quantization.lower() in row.file.lower()
    assert row.context >= 2048 and row.licence and row.about.endswith(".")
    computed = row.parameters * 4.85 / 8 if row.quantization == "Q4_K_M" else row.parameters * 8.5 / 8
    assert 0.75 < row.bytes / 1e9 / computed < 1.35
    assert wanted_model(row.name).file == row.file


def test_names_are_unique() -> None:
    names = [row.name for row in catalogue()]
    assert len(names) == len(set(names)) and catalogue_model("no such") is None


def test_families_that_the_house_is_for_are_there() -> None:
    names = " ".join(row.name for row in catalogue())
    for family in (
        "wizardcoder",
        "starcoder2",
        "starcoder-",
        "qwen2.5-coder",
        "deepseek-coder",
        "smollm2",
        "codellama",
    ):
        assert family in names


@pytest.mark.parametrize(
    ("machine", "name"),
    [
        (Machine(memory=24 * GB, cores=2), "qwen2.5-coder-1.5b"),
        (Machine(memory=16 * GB, cores=8), "qwen2.5-coder-7b"),
        (Machine(memory=4 * GB, cores=8), "qwen2.5-coder-1.5b"),
        (Machine(memory=2 * GB, cores=4), "qwen2.5-coder-0.5b"),
        (Machine(memory=32 * GB, cores=8, gpu_memory=24 * GB), "qwen2.5-coder-32b"),
        (Machine(memory=32 * GB, cores=8, gpu_memory=12 * GB), "qwen2.5-coder-14b"),
        (Machine(memory=1 * GB, cores=8), None),
    ],
)
def test_best_model_fits_and_answers_at_a_bearable_speed(machine: Machine, name: str | None) -> None:
    best = best_for(machine)
    assert (best.name if best else None) == name
    assert best is None or fits(best.bytes, machine)


def test_this_machine_has_memory_and_cores() -> None:
    machine = this_machine()
    assert machine.cores >= 1 and 1 << 28 < machine.usable_memory < machine.memory
