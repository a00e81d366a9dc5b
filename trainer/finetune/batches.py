"""Which samples a step learns from, and how they are laid into micro-batches: a pure function of seed and step.

Any step can be asked for by its number, so a run that goes on needs no more than that number, and every process of a
run on many machines knows the whole plan without a word to the others. Packing lays whole samples end to end; it never
changes which samples a step learns from. This reads token ids, and makes tensors of them in `collate`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trainer.finetune.tokens import Samples


@dataclass(frozen=True)
class Plan:
    """One optimizer step on one process: its micro-batches (sample numbers) and what the whole step learns, over all
    processes. Every process has the same number of micro-batches; an empty one takes part without weight."""

    micro: tuple[tuple[int, ...], ...]
    learned: int
    tokens: int
    samples: int


@dataclass(frozen=True)
class Order:
    """The order of a data set: `batch` samples a step, `room` tokens a micro-batch, for one of `processes`."""

    samples: Samples
    batch: int
    room: int
    seed: int
    shuffle: bool = True
    packed: bool = True
    process: int = 0
    processes: int = 1

    @property
    def steps_per_epoch(self) -> int:
        """Steps that see each sample once; the last one may be smaller."""
        return -(-len(self.samples) // self.batch)

    def numbers(self, step: int) -> list[int]:
        """The samples of step `step` (from 0), in their order."""
        epoch, place = divmod(step, self.steps_per_epoch)
        first, last = place * self.batch, min((place + 1) * self.batch, len(self.samples))
        if not self.shuffle:
            return list(range(first, last))
        return [int(i) for i in _permutation(self.seed, epoch, len(self.samples))[first:last]]

    def plan(self, step: int) -> Plan:
        """What this process does in step `step`."""
        numbers = self.numbers(step)
        lengths = {number: self.samples.length(number) for number in numbers}
        bins = _bins(lengths, self.room, self.packed)
        bins += [()] * (-len(bins) % self.processes)
        # The longest micro-batches of a step are done at the same moment, so that no process waits for another.
        bins.sort(key=lambda one: -sum(lengths[number] for number in one))
        mine = tuple(bins[self.process :: self.processes])
        learned = sum(lengths[number] - self.samples.prompt(number) for number in numbers)
        return Plan(mine, learned, sum(lengths.values()), len(numbers))


@functools.lru_cache(maxsize=2)
def _permutation(seed: int, epoch: int, count: int) -> Any:
    import numpy as np

    return np.random.default_rng([seed, epoch]).permutation(count)


def _bins(lengths: dict[int, int], room: int, packed: bool) -> list[tuple[int, ...]]:
    """Sample numbers in bins of at most `room` tokens (padding counted when not packed); a longer one is alone.

    Samples are placed from the longest on. Packed: into the fullest bin that still has room. Not packed: beside their
    neighbours in length, so that there is little padding.
    """
    longest_first = sorted(lengths, key=lambda number: (-lengths[number], number))
    bins: list[list[int]] = []
    used: list[int] = []
    for number in longest_first:
        length = lengths[number]
        if packed:
            fitting = [place for place, total in enumerate(used) if total + length <= room]
            best = max(fitting, key=lambda place: used[place], default=None)
        else:
            width = lengths[bins[-1][0]] if bins else 0
            best = len(bins) - 1 if bins and width * (len(bins[-1]) + 1) <= room else None
        if best is None:
            bins.append([number])
            used.append(length)
        else:
            bins[best].append(number)
            used[best] += length
    return [tuple(one) for one in bins]


@dataclass(frozen=True)
class MicroBatch:
    """Tensors of one micro-batch.

    Packed: `ids` and `positions` (1, tokens), `lengths` the samples' own. Padded: (samples, longest), with `mask`.
    `places` indexes the flattened hidden states that predict `targets`: those of the responses and no other.
    """

    ids: Any
    positions: Any
    lengths: tuple[int, ...]
    places: Any
    targets: Any
    mask: Any = None

    def to(self, device: Any) -> MicroBatch:
        """The same tensors on `device`."""
        mask = None if self.mask is None else self.mask.to(device)
        moved = [tensor.to(device) for tensor in (self.ids, self.positions, self.places, self.targets)]
        return MicroBatch(moved[0], moved[1], self.lengths, moved[2], moved[3], mask)


def collate(samples: Samples, numbers: Sequence[int], packed: bool, pad: int) -> MicroBatch:
    """The tensors of a micro-batch; an empty one is a single pad token with nothing to learn."""
    import numpy as np
    import torch

    rows = [np.asarray(samples.ids(number), dtype=np.int64) for number in numbers] or [np.array([pad])]
    prompts = [samples.prompt(number) for number in numbers] or [1]
    lengths = tuple(len(row) for row in rows)
    width = 0 if packed else max(lengths)
    starts = [int(x) for x in np.cumsum([0, *lengths[:-1]])] if packed else [width * i for i in range(len(rows))]
    # The hidden state before a token predicts it: the last one of the prompt predicts the response's first.
    places = [np.arange(s + p - 1, s + n - 1) for s, p, n in zip(starts, prompts, lengths, strict=True)]
    targets = [row[p:] for row, p in zip(rows, prompts, strict=True)]
    positions = [np.arange(n) for n in lengths]
    learned = (torch.from_numpy(np.concatenate(places)), torch.from_numpy(np.concatenate(targets)))
    if packed:
        flat, spots = (torch.from_numpy(np.concatenate(parts))[None] for parts in (rows, positions))
        return MicroBatch(flat, spots, lengths, *learned)
    ids = torch.full((len(rows), width), pad, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row)], mask[i, : len(row)] = torch.from_numpy(row), 1
    return MicroBatch(ids, torch.arange(width).expand_as(ids), lengths, *learned, mask)
