"""How much memory this machine can give to a model, and how fast it may read it.

Enough to say whether a model fits and which one to recommend; what the engine really offloads is measured by
`assistant.engine.devices` when a model is loaded.
"""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

# Left to the system and to what else the person runs.
_SHARE_FOR_MODELS = 0.75
# What one core draws from memory while it reads weights, and what a desktop's memory gives in all.
_BYTES_PER_SECOND_A_CORE = 8e9
_BYTES_PER_SECOND_OF_MEMORY = 40e9
_BYTES_PER_SECOND_OF_GPU = 250e9
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@dataclass(frozen=True)
class Machine:
    """Memory in bytes, bandwidth in bytes a second. `gpu_memory` is 0 where llama.cpp can use no GPU."""

    memory: int
    cores: int
    gpu_memory: int = 0

    @property
    def usable_memory(self) -> int:
        """What a model may take of the memory."""
        return int(self.memory * _SHARE_FOR_MODELS)

    @property
    def cpu_bandwidth(self) -> float:
        """A cautious guess of what the cores read per second."""
        return min(self.cores * _BYTES_PER_SECOND_A_CORE, _BYTES_PER_SECOND_OF_MEMORY)

    @property
    def gpu_bandwidth(self) -> float:
        """A cautious guess for any GPU that llama.cpp can use."""
        return _BYTES_PER_SECOND_OF_GPU


def this_machine() -> Machine:
    """The machine we run on, within the limits of a container."""
    from assistant.ground.cores import allowed_cpus

    return Machine(memory=_memory(), cores=len(allowed_cpus()), gpu_memory=_gpu_memory())


def _gpu_memory() -> int:
    """Memory of the GPUs that llama.cpp can use; it is only asked (a quarter of a second) where there may be one."""
    signs = ("/dev/nvidiactl", "/dev/dri", "/dev/kfd")
    if sys.platform != "darwin" and not any(Path(sign).exists() for sign in signs):
        return 0
    from assistant.engine.devices import survey

    return sum(device.total for device in survey().found if device.gpu)


def _memory() -> int:
    sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for file in _CGROUP_LIMITS:
        with contextlib.suppress(OSError, ValueError):
            sizes.append(int(Path(file).read_text(encoding="ascii")))
    return min(size for size in sizes if size > 0)
