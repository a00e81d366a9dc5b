"""Weights and AdamW's moments as plain tensors by name, gathered from wherever they are sharded, and put back.

The same names and whole tensors come out for one process, for DDP and for FSDP, so a run may go on with another number
of processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

_MOMENTS = ("step", "exp_avg", "exp_avg_sq")


def gather(module: Any, optimizer: Any, keep: bool) -> dict[str, dict[str, Any]]:
    """The trained weights and the optimizer's moments on the CPU: {"weights": …, "optimizer": …}.

    Every process must call this; only those with `keep` hold on to what was gathered.
    """
    weights: dict[str, Any] = {}
    moments: dict[str, Any] = {}
    for name, parameter in _trained(module):
        tensor = _whole(parameter.detach())
        if keep:
            weights[name] = tensor
        for key in _MOMENTS:
            value = optimizer.state.get(parameter, {}).get(key)
            if value is not None and (whole := _whole(value)) is not None and keep:
                moments[f"{name}:{key}"] = whole
    return {"weights": weights, "optimizer": moments}


def restore(module: Any, optimizer: Any, opened: Callable[[str], Any]) -> None:
    """Put weights and moments back; `opened(name)` opens one of the two tensor files."""
    weights, moments = opened("weights"), opened("optimizer")
    known = set(moments.keys())
    for name, parameter in _trained(module):
        _fill(parameter, weights.get_tensor(name))
        state = optimizer.state[parameter]
        for key in _MOMENTS:
            if f"{name}:{key}" in known:
                state[key] = _like(parameter, moments.get_tensor(f"{name}:{key}"))


def restore_weights(module: Any, opened: Any) -> None:
    """Put the trained weights of an opened tensor file back."""
    for name, parameter in _trained(module):
        _fill(parameter, opened.get_tensor(name))


def sharded(module: Any) -> bool:
    """Whether any trained weight is spread over the processes."""
    return any(hasattr(parameter, "device_mesh") for _, parameter in _trained(module))


def _trained(module: Any) -> Iterator[tuple[str, Any]]:
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            yield (
                name.replace("_orig_mod.", "").replace("_checkpoint_wrapped_module.", "").removeprefix("module."),
                parameter,
            )


def _whole(tensor: Any) -> Any:
    gathered = tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor
    return gathered.detach().cpu().contiguous()


def _fill(parameter: Any, whole: Any) -> None:
    import torch

    with torch.no_grad():
        parameter.copy_(_like(parameter, whole))


def _like(parameter: Any, whole: Any) -> Any:
    """`whole` on the parameter's device, sharded as it is; AdamW's step counts are scalars and never sharded."""
    if whole.dim() == 0 or not hasattr(parameter, "device_mesh"):
        return whole.to(parameter.device)
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(whole.to(parameter.device), parameter.device_mesh, parameter.placements)
