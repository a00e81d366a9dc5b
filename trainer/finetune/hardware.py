"""What a run runs on: threads, device, precision, and one process or many, by accelerate.

`accelerate launch` decides how many processes there are and whether weights are sharded; started plainly, there is one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from assistant.ground.cores import allowed_cpus
from trainer.errors import TrainerError
from trainer.recipe import Recipe

_ACCELERATES = {"fp32": "no", "bf16": "bf16", "fp16": "fp16"}
# One process tokenizes, or writes a checkpoint of a hundred gigabytes, while the others wait.
_PATIENCE = timedelta(hours=4)


@dataclass(frozen=True)
class Hardware:
    """Where the run takes place."""

    accelerator: Any
    device: Any
    precision: str
    """fp32, bf16 or fp16: what matrix products are computed in."""

    @property
    def main(self) -> bool:
        """Whether this process is the one that writes and speaks."""
        return bool(self.accelerator.is_main_process)

    @property
    def processes(self) -> int:
        """How many processes train together."""
        return int(self.accelerator.num_processes)

    @property
    def sharded(self) -> bool:
        """Whether each process holds a part of the weights only."""
        return bool(self.accelerator.distributed_type.name == "FSDP")

    def total(self, value: Any) -> float:
        """The sum of a scalar tensor over all processes."""
        return float(self.accelerator.reduce(value.detach().clone(), "sum").item())


def start(recipe: Recipe) -> Hardware:
    """Set threads and precision, and join the other processes if there are any.

    Raises:
        TrainerError: the precision cannot be had here.
    """
    import torch
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState
    from accelerate.utils import InitProcessGroupKwargs

    gpu = torch.cuda.is_available() or torch.backends.mps.is_available()
    together = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    torch.set_num_threads(recipe.train.threads or choose_threads(1 if gpu else together))
    device = torch.device("cuda" if torch.cuda.is_available() else "mps" if gpu else "cpu")
    precision = choose_precision(recipe.model.precision, device)
    # accelerate remembers the first precision of a process for good; a second run in it may want another.
    AcceleratorState._reset_state()
    patience = InitProcessGroupKwargs(timeout=_PATIENCE)
    accelerator = Accelerator(mixed_precision=_ACCELERATES[precision], cpu=not gpu, kwargs_handlers=[patience])
    if accelerator.distributed_type.name == "DEEPSPEED":
        # Its engine keeps weights and moments where checkpoints of ours could not reach them.
        hint = "accelerate launch --config_file trainer/recipes/accelerate/fsdp.yaml"
        raise TrainerError(
            "cannot train under DeepSpeed", "weights are sharded by FSDP here, which does the same", hint
        )
    _shard_on_cpu(accelerator)
    _set_sharded_precision(accelerator, precision)
    return Hardware(accelerator, accelerator.device, precision)


def choose_precision(wanted: str, device: Any) -> str:
    """fp32, bf16 or fp16; "auto" is bf16 where `device` computes in it natively.

    Raises:
        TrainerError: fp16 on a CPU.
    """
    import torch

    if wanted == "fp16" and device.type != "cuda":
        raise TrainerError("cannot train in fp16 here", "it needs a GPU", 'model.precision = "bf16" or "fp32"')
    if wanted != "auto":
        return wanted
    if device.type == "cuda":
        # Older GPUs emulate bf16, many times slower than they compute in fp16.
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    native = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return "bf16" if device.type == "cpu" and native() else "fp32"


def _shard_on_cpu(accelerator: Any) -> None:
    """accelerate shards on GPUs only; on CPUs (for trying a plan out, and for tests) the same plugin is switched on here."""
    from accelerate.utils import DistributedType, FullyShardedDataParallelPlugin

    wanted = os.environ.get("ACCELERATE_USE_FSDP", "false").lower() == "true"
    if wanted and accelerator.distributed_type == DistributedType.MULTI_CPU:
        accelerator.state.fsdp_plugin = FullyShardedDataParallelPlugin(fsdp_version=2)
        accelerator.state._shared_state["distributed_type"] = DistributedType.FSDP
        accelerator.state.distributed_type = DistributedType.FSDP


def _set_sharded_precision(accelerator: Any, precision: str) -> None:
    """Gather sharded weights in `precision`, but add gradients up in fp32, and hand the loss out as it is.

    accelerate's own policy rounds both to `precision`: a sum of losses in bf16 has three digits.
    """
    import torch
    from torch.distributed.fsdp import MixedPrecisionPolicy

    if accelerator.distributed_type.name == "FSDP" and precision != "fp32":
        kind = {"bf16": torch.bfloat16, "fp16": torch.float16}[precision]
        policy = MixedPrecisionPolicy(param_dtype=kind, reduce_dtype=torch.float32, output_dtype=None)
        accelerator.state.fsdp_plugin.mixed_precision_policy = policy


def choose_threads(together: int) -> int:
    """CPU threads for one of `together` processes: OMP_NUM_THREADS where it is set, else its share of the cores.

    Launchers of several processes set the variable by themselves, so it is asked for where there is one.
    """
    wanted = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if together == 1 and wanted.isdecimal() and int(wanted) > 0:
        return int(wanted)
    return max(1, len(allowed_cpus()) // together)
