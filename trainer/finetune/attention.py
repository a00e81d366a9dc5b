"""Attention over samples that lie end to end: each one sees itself and no other, whatever kernel computes it.

`transformers` masks packed samples only where neither a mask nor a cache is given, by a mask as large as the square of
all tokens. Here the samples are taken apart instead, so nothing can leak and nothing is computed in vain: on a GPU by
FlashAttention's variable-length kernel (part of PyTorch), elsewhere by PyTorch's `scaled_dot_product_attention` sample by
sample (or `short_attention`). Positions are the batch's business.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cache
from typing import Any

PACKED = "wizard_packed"
"""The name under which transformers finds `packed_attention`."""


@dataclass(frozen=True)
class Documents:
    """Where each packed sample begins and ends, in the forms that the kernels want."""

    lengths: tuple[int, ...]
    bounds: Any
    """int32 (samples + 1,): cumulative lengths, on the device."""

    @classmethod
    def of(cls, lengths: tuple[int, ...], device: Any) -> Documents:
        """The samples of a packed row."""
        import torch

        ends = torch.tensor([0, *lengths], dtype=torch.int32).cumsum(0, dtype=torch.int32)
        return cls(lengths, ends.to(device))

    @property
    def longest(self) -> int:
        """Tokens of the longest sample."""
        return max(self.lengths)


def register() -> None:
    """Make `packed_attention` known to transformers, with no mask at all."""
    import torch
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    # Compiled, it would be compiled anew for every set of lengths; the layers around it are worth compiling.
    ALL_ATTENTION_FUNCTIONS.register(PACKED, torch.compiler.disable(packed_attention))
    ALL_MASK_ATTENTION_FUNCTIONS.register(PACKED, lambda *_, **__: None)


def packed_attention(
    module: Any,
    query: Any,
    key: Any,
    value: Any,
    attention_mask: Any = None,
    *,
    documents: Documents,
    scaling: float | None = None,
    sliding_window: int | None = None,
    **_: Any,
) -> tuple[Any, None]:
    """Causal attention inside each sample.

    Args:
        query: (1, heads, tokens, size); key and value may have fewer heads.
        documents: the samples; their lengths add up to `tokens`.

    Returns:
        (1, tokens, heads, size), and None for the weights that no one asks for.
    """
    import torch

    from trainer.finetune.short_attention import LONGEST

    if sum(documents.lengths) != query.shape[2] or attention_mask is not None:
        raise ValueError("packed attention got a row that is not the samples it was told about")
    query, key, value = _alike(query, key, value)
    window = sliding_window if sliding_window and sliding_window < documents.longest else None
    if _has_varlen(query):
        return _by_varlen(query, key, value, documents, scaling, window), None
    if query.device.type == "cpu" and query.dtype == torch.bfloat16 and documents.longest <= LONGEST and not window:
        return _by_products(query, key, value, documents, scaling), None
    groups = query.shape[1] // key.shape[1]
    if query.device.type == "cpu" or window:
        return _sample_by_sample(query, key, value, documents, scaling, window, groups), None
    return _padded(query, key, value, documents, scaling, groups), None


def _alike(*tensors: Any) -> list[Any]:
    """The tensors in the precision of matrix products: rotated queries and keys come in that of the weights, values do not."""
    import torch

    device = tensors[0].device.type
    dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else tensors[0].dtype
    return [tensor.to(dtype) for tensor in tensors]


def _has_varlen(query: Any) -> bool:
    import torch

    half = query.dtype in (torch.bfloat16, torch.float16)
    new_enough = query.is_cuda and torch.cuda.get_device_capability(query.device) >= (8, 0)
    return bool(half and new_enough and _knows_varlen())


@cache
def _knows_varlen() -> bool:
    """Whether this PyTorch's kernel takes windows and shared heads; its first releases did not."""
    try:
        from torch.nn.attention.varlen import varlen_attn
    except ImportError:
        return False
    return {"window_size", "enable_gqa", "scale"} <= set(inspect.signature(varlen_attn).parameters)


def _by_varlen(q: Any, k: Any, v: Any, documents: Documents, scaling: float | None, window: int | None) -> Any:
    from torch.nn.attention.varlen import varlen_attn

    bounds, longest = documents.bounds, documents.longest
    queries, keys, values = (x[0].transpose(0, 1) for x in (q, k, v))
    left = window - 1 if window else -1
    out = varlen_attn(
        queries,
        keys,
        values,
        bounds,
        bounds,
        longest,
        longest,
        scale=scaling,
        window_size=(left, 0),
        enable_gqa=q.shape[1] != k.shape[1],
    )
    return out[None]


def _by_products(q: Any, k: Any, v: Any, documents: Documents, scaling: float | None) -> Any:
    import torch

    from trainer.finetune.short_attention import ShortAttention

    scale = scaling if scaling is not None else q.shape[-1] ** -0.5
    samples = zip(*(x[0].split(documents.lengths, dim=1) for x in (q, k, v)), strict=True)
    parts = [ShortAttention.apply(one, keys, values, scale) for one, keys, values in samples]
    return torch.cat(parts, dim=1).transpose(0, 1)[None]


def _sample_by_sample(
    q: Any, k: Any, v: Any, documents: Documents, scaling: float | None, window: int | None, groups: int
) -> Any:
    import torch
    from torch.nn.functional import scaled_dot_product_attention

    # The CPU's half-precision kernel is slower than its single-precision one, by a factor of two in the backward pass.
    kept, dtype = q.dtype, torch.float32 if q.device.type == "cpu" else q.dtype
    q, k, v = (x.to(dtype) for x in (q, k, v))
    parts = []
    for one, keys, values in zip(*(x.split(documents.lengths, dim=2) for x in (q, k, v)), strict=True):
        mask = _band(one.shape[2], window, q.device) if window and one.shape[2] > window else None
        keys, values = _spread(keys, groups), _spread(values, groups)
        parts.append(
            scaled_dot_product_attention(one, keys, values, attn_mask=mask, is_causal=mask is None, scale=scaling)
        )
    return torch.cat(parts, dim=2).to(kept).transpose(1, 2)


def _padded(q: Any, k: Any, v: Any, documents: Documents, scaling: float | None, groups: int) -> Any:
    """One call for all samples: each becomes a row, filled up at the end, where causal attention never looks."""
    import torch
    from torch.nn.functional import scaled_dot_product_attention

    steps = torch.arange(documents.longest, device=q.device)
    starts, lengths = documents.bounds[:-1, None], documents.bounds.diff()[:, None]
    taken = (starts + torch.minimum(steps, lengths - 1)).long()
    rows, keys, values = (x[0][:, taken].transpose(0, 1) for x in (q, _spread(k, groups), _spread(v, groups)))
    out = scaled_dot_product_attention(rows, keys, values, is_causal=True, scale=scaling).transpose(1, 2)
    return out[steps < lengths][None]


def _spread(x: Any, groups: int) -> Any:
    """Each key/value head once per query head that it serves, without copying."""
    batch, heads, tokens, size = x.shape
    if groups == 1:
        return x
    return x[:, :, None].expand(batch, heads, groups, tokens, size).reshape(batch, heads * groups, tokens, size)


def _band(tokens: int, window: int, device: Any) -> Any:
    import torch

    steps = torch.arange(tokens, device=device)
    back = steps[:, None] - steps[None, :]
    return (back >= 0) & (back < window)
