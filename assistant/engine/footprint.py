"""How much memory a model will take, how much there is, and how many layers fit on the GPUs.

Estimates from the file's header, made before llama.cpp allocates anything. Which devices exist is `devices`' business.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.engine.api import ModelRefused
from assistant.engine.model_header import ModelHeader
from assistant.ground.cores import allowed_cpus
from assistant.ground.files import human_bytes

DEFAULT_CONTEXT = 8192
_COMPUTE_RESERVE = 160 << 20
_GPU_RESERVE = 512 << 20
_LARGEST_BATCH = 256
_MOST_SCORE_BYTES = 320 << 20


@dataclass(frozen=True)
class Footprint:
    """Bytes that a model takes: weights, KV cache and scratch space."""

    weights: int
    kv_cache: int
    scratch: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.kv_cache + self.scratch


def context_size_for(header: ModelHeader, wanted: int) -> int:
    """The context in tokens: as wanted, else what the model was trained for, at most 8,192.

    Where positions were learned one by one (StarCoder, WizardCoder) there are no more than were trained: llama.cpp
    aborts on the first one behind them.
    """
    trained = header.number("context_length")
    if header.numbered_places:
        wanted = min(wanted, trained)
    return wanted if wanted > 0 else min(trained, DEFAULT_CONTEXT) if trained > 0 else DEFAULT_CONTEXT


def footprint(header: ModelHeader, context_size: int) -> Footprint:
    """What `header`'s model takes with a context of `context_size` tokens."""
    weights = sum(header.layer_bytes) + header.other_bytes or header.bytes
    scratch = _COMPUTE_RESERVE + 64 * header.number("embedding_length") * 512
    if scores_fit(header, context_size):
        scratch += _score_bytes(header, context_size)
    return Footprint(weights, header.kv_bytes_per_token() * context_size, scratch)


def scores_fit(header: ModelHeader, context_size: int) -> bool:
    """Whether attention may keep the score of each token of a batch with each of the context, instead of a running one."""
    return _score_bytes(header, context_size) <= _MOST_SCORE_BYTES


def _score_bytes(header: ModelHeader, context_size: int) -> int:
    return 4 * header.number("attention.head_count", 1) * context_size * _LARGEST_BATCH


def require_memory(header: ModelHeader, context_size: int, available: int, on_gpu: int = 0) -> None:
    """Raise ModelRefused when the model cannot be held in memory; `on_gpu` bytes of it go elsewhere."""
    needed = footprint(header, context_size)
    in_memory = needed.total - on_gpu
    if in_memory <= available:
        return
    smaller = max(256, context_size // 4)
    hint = "a smaller model or quantization: wizard-tui models list"
    if footprint(header, smaller).total - on_gpu <= available:
        hint = f"--context-size {smaller}, or a smaller model: wizard-tui models list"
    raise ModelRefused(
        f"{header.path.name} is too big for this machine",
        f"it needs {human_bytes(in_memory)} of memory ({human_bytes(needed.weights)} for the model, "
        f"{human_bytes(needed.kv_cache)} for a context of {context_size:,} tokens) and {human_bytes(available)} are available",
        hint,
    )


def layers_that_fit(header: ModelHeader, context_size: int, free: Sequence[int]) -> int:
    """How many layers (the output layer counted as one more) fit into the `free` bytes of the GPUs.

    The output layer goes first and the others from the last one down, as llama.cpp does it; each takes its share of the
    KV cache along.
    """
    room = sum(max(memory - _GPU_RESERVE, 0) for memory in free)
    layers = header.layer_bytes
    if not layers or room <= 0:
        return 0
    kv_share = header.kv_bytes_per_token() * context_size // len(layers)
    fitting = 0
    for size in (header.other_bytes, *(size + kv_share for size in reversed(layers))):
        room -= size
        if room < 0:
            break
        fitting += 1
    return fitting


def bytes_on_gpu(header: ModelHeader, context_size: int, gpu_layers: int) -> int:
    """Bytes that `gpu_layers` layers keep out of main memory."""
    layers = header.layer_bytes
    if gpu_layers <= 0 or not layers:
        return 0
    kv_share = header.kv_bytes_per_token() * context_size // len(layers)
    taken = min(gpu_layers - 1, len(layers))
    return header.other_bytes + sum(layers[len(layers) - taken :]) + kv_share * taken


def available_memory() -> int:
    """Bytes that can still be used without swapping, within this process' control group."""
    return min(_system_memory(), _group_memory())


def _system_memory() -> int:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    try:
        pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return sys.maxsize
    # Where the system does not tell what is free, three quarters of the machine may be asked for.
    return pages * size * 3 // 4


def _group_memory() -> int:
    """What is left in the control group; file pages count as free, since they are given up first."""
    for root, limit, used in (
        ("/sys/fs/cgroup", "memory.max", "memory.current"),
        ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
    ):
        try:
            most = int(Path(root, limit).read_text(encoding="ascii"))
            now = int(Path(root, used).read_text(encoding="ascii"))
            kept = dict(line.split() for line in Path(root, "memory.stat").read_text(encoding="ascii").splitlines())
        except (OSError, ValueError):
            continue
        return max(most - now + int(kept.get("inactive_file", kept.get("total_inactive_file", 0))), 0)
    return sys.maxsize


def default_threads() -> int:
    """One thread for each physical core that this process may use, within the control group's share of time."""
    cpus = allowed_cpus()
    cores = set()
    for cpu in cpus:
        try:
            path = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
            cores.add(path.read_text(encoding="ascii").strip())
        except OSError:
            cores.add(str(cpu))
    # Two hyper-threads on one core are faster than one thread; from four cores on, the siblings only get in the way.
    count = len(cpus) if len(cpus) <= 2 else len(cores)
    return max(1, min(count, _cpu_share()))


def _cpu_share() -> int:
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return max(1, round(int(quota) / int(period)))
    except (OSError, ValueError):
        return sys.maxsize
