"""Which matrices should stay in F16, so that the quantized model loses no more than was wished? Found by measuring.

The processor's kernels round what flows into a matrix of 8 bits to 8 bits, too, and some kinds of matrices bear that
badly; F16 ones are spared it. Each kind is kept alone once, on a short text, to see what that gains; then the smallest
set that should do is made and measured on the whole text. This measures nothing itself and writes no file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

from assistant.engine.gguf_file import TENSOR_TYPES
from quantize.writing.gguf_file import Outline

ATTEMPTS = 4
"""Sets that are made and measured on the whole text at most."""

FLOATS = ("F32", "F16", "BF16")
"""Types of tensors that are not quantized."""
_LAYER = re.compile(r"blk\.(\d+)\.(.+)\.weight")


@dataclass(frozen=True)
class Group:
    """Matrices that are kept in F16 together.

    Args:
        name: their kind (`attn_qkv`, in all layers but the last), `blk.11` (the last layer) or the one tensor's name.
        pattern: a regular expression for the names of its tensors.
        extra: bytes that the file grows by.
    """

    name: str
    pattern: str
    extra: int


@dataclass(frozen=True)
class Mixture:
    """What was kept in F16: names of groups, the bytes that they cost, and the mean KL divergence without them."""

    kept: tuple[str, ...]
    extra: int
    plain_kl: float

    def sentence(self, kl: float) -> str:
        """What was done, and what for; `kl` is the divergence with it."""
        names = ", ".join(self.kept)
        return (
            f"kept in F16: {names} ({self.extra / 1e6:,.1f} MB more), "
            f"for a mean KL divergence of {kl:.5f} instead of {self.plain_kl:.5f}"
        )


def groups_of(outline: Outline) -> list[Group]:
    """The groups of a quantized model, from the tensors that are neither float nor small enough to be left so.

    The last layer is a group of its own: what it loses no later one evens out, and it is small.
    """
    layers = [int(found[1]) for name in outline.tensors if (found := _LAYER.fullmatch(name))]
    last = max(layers, default=-1)
    patterns: dict[str, str] = {}
    extra: dict[str, int] = {}
    in_last: list[str] = []
    for tensor in outline.tensors.values():
        if TENSOR_TYPES[tensor.kind][0] in FLOATS:
            continue
        found = _LAYER.fullmatch(tensor.name)
        if found is None:
            name, pattern = tensor.name.removesuffix(".weight"), f"^{re.escape(tensor.name)}$"
        elif int(found[1]) == last:
            in_last.append(re.escape(found[2]))
            name, pattern = f"blk.{last}", rf"^blk\.{last}\.({'|'.join(in_last)})\.weight$"
        else:
            name, pattern = found[2], rf"^blk\.(?!{last}\.)\d+\.{re.escape(found[2])}\.weight$"
        patterns[name] = pattern
        extra[name] = extra.get(name, 0) + 2 * prod(tensor.shape) - tensor.bytes
    return [Group(name, pattern, extra[name]) for name, pattern in patterns.items()]


def search(
    groups: Sequence[Group],
    within: float,
    loss: float,
    probe: Callable[[tuple[Group, ...]], float],
    settle: Callable[[tuple[Group, ...]], float],
) -> tuple[Group, ...]:
    """The groups to keep so that `settle` is at most `within`; none where it cannot be reached.

    Args:
        loss: mean KL divergence of the plain model on the whole text, which is over `within`.
        probe: mean KL divergence on the short text, with these groups kept; called once and once a group.
        settle: the same on the whole text; called `ATTEMPTS` times at most.
    """
    short = probe(())
    gains = [max(0.0, short - probe((group,))) for group in groups]
    parts = _parts(groups, gains)
    scale, tried = loss, set[tuple[Group, ...]]()
    for _ in range(ATTEMPTS):
        kept = _smallest(groups, parts, within / scale)
        if not kept or kept in tried:
            break
        found = settle(kept)
        if found <= within:
            return kept
        tried.add(kept)
        scale = max(found / _left(kept, parts), scale) * (1 + 1e-9)
    return ()


def _parts(groups: Sequence[Group], gains: Sequence[float]) -> dict[str, float]:
    """Each group's part of the loss, of 1 in all: by what keeping it gained, and for a quarter by its size.

    A short text measures small gains badly, and a group that seemed to gain nothing has its part nevertheless.
    """
    gained, grown = sum(gains) or 1.0, sum(group.extra for group in groups) or 1
    return {g.name: 0.75 * gain / gained + 0.25 * g.extra / grown for g, gain in zip(groups, gains, strict=True)}


def _left(kept: Sequence[Group], parts: Mapping[str, float]) -> float:
    """The share of the loss that should be left: losses of different matrices add up, nearly."""
    return max(1 - sum(parts[group.name] for group in kept), 0.01)


def _smallest(groups: Sequence[Group], parts: Mapping[str, float], share: float) -> tuple[Group, ...]:
    """Of all sets that should leave no more than `share` of the loss the one of fewest bytes, else the one leaving least.

    Never all groups: whoever wants that wants the type F16.
    """
    sets = [kept for count in range(1, len(groups)) for kept in combinations(groups, count)]
    fitting = [kept for kept in sets if _left(kept, parts) <= share]
    if fitting:
        return min(fitting, key=lambda kept: sum(group.extra for group in kept))
    return min(sets, key=lambda kept: _left(kept, parts), default=())
