"""The models that can be fetched by name: `catalogue.toml` as dataclasses, and which of them suits a machine.

This knows names, sizes and licences; it fetches nothing and does not look at what is installed.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

from assistant.ground.files import human_bytes
from assistant.models.machine import Machine

# Bits a weight takes on average, scales included, for sizes that the catalogue does not know.
_BITS = {"Q4_K_M": 4.85, "Q5_K_M": 5.7, "Q6_K": 6.6, "Q8_0": 8.5, "F16": 16.0}
# A reply slower than this is not read along with any more.
_BEARABLE_TOKENS_PER_SECOND = 6.0
# Memory beside the weights: keys and values of a few thousand tokens, buffers, the app.
_OVERHEAD_BYTES = 0.7e9
_OVERHEAD_SHARE = 0.1


@dataclass(frozen=True)
class CatalogueModel:
    """One row of the catalogue."""

    name: str
    repository: str
    file: str
    parameters: float
    """In thousand millions."""
    quantization: str
    licence: str
    context: int
    fim: bool
    rank: int
    about: str
    gigabytes: float = 0.0
    sha256: str = ""

    @property
    def bytes(self) -> int:
        """Size of the file; computed from parameters and bits where the catalogue does not know it."""
        return int(1e9 * (self.gigabytes or self.parameters * _BITS[self.quantization] / 8))

    @property
    def size_text(self) -> str:
        """The size for people: `4.7 GB`, or `about 1.8 GB` when computed."""
        return human_bytes(self.bytes) if self.gigabytes else f"about {human_bytes(self.bytes)}"


@functools.cache
def catalogue() -> tuple[CatalogueModel, ...]:
    """All rows, in the order of the file."""
    data = tomllib.loads(Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8"))
    return tuple(CatalogueModel(**row) for row in data["model"])


def catalogue_model(name: str) -> CatalogueModel | None:
    """The row of that name (letter case does not count)."""
    return next((row for row in catalogue() if row.name == name.strip().lower()), None)


def memory_needed(file_bytes: int) -> int:
    """Bytes of memory that a model of this file size takes when it runs, roughly."""
    return int(file_bytes * (1 + _OVERHEAD_SHARE) + _OVERHEAD_BYTES)


def fits(file_bytes: int, machine: Machine) -> bool:
    """Whether a model of this size runs on the machine, on its GPU, its CPU, or both."""
    return memory_needed(file_bytes) <= max(machine.usable_memory, machine.gpu_memory)


def tokens_per_second(file_bytes: int, machine: Machine) -> float:
    """A rough speed: each token reads all weights once, so memory bandwidth sets it."""
    on_gpu = memory_needed(file_bytes) <= machine.gpu_memory
    return (machine.gpu_bandwidth if on_gpu else machine.cpu_bandwidth) / max(file_bytes, 1)


def best_for(machine: Machine) -> CatalogueModel | None:
    """The best code model of the catalogue that fits the machine and answers at a bearable speed."""
    suited = [
        row
        for row in catalogue()
        if row.rank
        and fits(row.bytes, machine)
        and tokens_per_second(row.bytes, machine) >= _BEARABLE_TOKENS_PER_SECOND
    ]
    return max(suited, key=lambda row: row.rank, default=None)
