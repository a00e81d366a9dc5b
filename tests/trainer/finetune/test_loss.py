"""The loss: packed is alone, only responses count, no logits of a whole row, gradients are those of transformers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from trainer.finetune.attention import (
    Documents,
    _by_products,
    _knows_varlen,
    _padded,
    _sample_by_sample,
    packed_attention,
)
from trainer.finetune.base import ARCHITECTURES
from trainer.finetune.batches import MicroBatch, collate
from trainer.finetune.loss import ResponseLoss, _ChunkedLoss
from trainer.finetune.model import set_packed

PAD = 4


class Rows:
    """Samples in memory: (ids, prompt)."""

    def __init__(self, *rows: tuple[list[int], int]) -> None:
        self.rows = rows

    def ids(self, number: int) -> Any:
        return np.array(self.rows[number][0])

    def prompt(self, number: int) -> int:
        return self.rows[number][1]


@pytest.fixture(scope="module")
def rows() -> Rows:
    chance = np.random.default_rng(7)
    lengths = [(31, 11), (7, 2), (64, 40), (2, 1), (18, 17)]
    return Rows(*[([int(x) for x in chance.integers(5, 49000, n)], p) for n, p in lengths])


def _alone(folder: Path, rows: Rows) -> tuple[list[float], dict[str, torch.Tensor]]:
    """Each sample's summed loss, and the gradients of their sum, by transformers' own forward pass and loss."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").train()
    losses = []
    for ids, prompt in rows.rows:
        labels = torch.tensor([[-100] * prompt + ids[prompt:]])
        loss = model(torch.tensor([ids]), labels=labels).loss * (len(ids) - prompt)
        loss.backward()
        losses.append(loss.item())
    return losses, {name: p.grad for name, p in model.named_parameters()}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("packed", [True, False], ids=["packed", "padded"])
def test_each_sample_in_a_batch_has_the_loss_and_gradient_it_has_alone(
    architecture: str, packed: bool, checkpoint: Callable[[str], Path], rows: Rows
) -> None:
    losses, gradients = _alone(checkpoint(architecture), rows)
    model = AutoModelForCausalLM.from_pretrained(checkpoint(architecture), dtype=torch.float32)
    set_packed(model, packed)
    module = ResponseLoss(model, chunk=16).train()
    numbers = range(len(rows.rows))
    batch = collate(rows, numbers, packed, PAD)  # type: ignore[arg-type]
    learned = [len(ids) - prompt for ids, prompt in rows.rows]
    for number, loss, count in zip(numbers, losses, learned, strict=True):
        only = _keep_targets(batch, sum(learned[:number]), count)
        with torch.no_grad():
            assert module(only).item() / count == pytest.approx(loss / count, abs=1e-5)
    total = module(batch)
    total.backward()
    assert total.item() == pytest.approx(sum(losses), rel=1e-6)
    for name, parameter in model.named_parameters():
        expected = gradients[name]
        assert torch.allclose(parameter.grad, expected, atol=1e-4 * expected.abs().max().item(), rtol=0), name


def _keep_targets(batch: MicroBatch, start: int, count: int) -> MicroBatch:
    part = slice(start, start + count)
    return MicroBatch(batch.ids, batch.positions, batch.lengths, batch.places[part], batch.targets[part], batch.mask)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_changing_one_sample_changes_no_other(architecture: str, checkpoint: Callable[[str], Path], rows: Rows) -> None:
    model = AutoModelForCausalLM.from_pretrained(checkpoint(architecture), dtype=torch.float32)
    set_packed(model, True)
    module = ResponseLoss(model, chunk=16)
    other = Rows(([9] * 31, 11), *rows.rows[1:])
    with torch.no_grad():
        one, two = (module.hidden(collate(r, range(5), True, PAD)) for r in (rows, other))  # type: ignore[arg-type]
    assert not torch.equal(one[:31], two[:31])
    assert torch.equal(one[31:], two[31:])


def test_gradient_checkpointing_changes_nothing(checkpoint: Callable[[str], Path], rows: Rows) -> None:
    gradients = []
    for recompute in (False, True):
        model = AutoModelForCausalLM.from_pretrained(checkpoint("gpt_bigcode"), dtype=torch.float32)
        set_packed(model, True)
        if recompute:
            model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        module = ResponseLoss(model, chunk=16).train()
        module(collate(rows, range(5), True, PAD)).backward()  # type: ignore[arg-type]
        gradients.append([p.grad for p in model.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))


@pytest.mark.parametrize("chunk", [1, 5, 1000])
def test_loss_in_pieces_is_cross_entropy(chunk: int) -> None:
    torch.manual_seed(0)
    hidden = torch.randn(23, 8, requires_grad=True)
    weight = torch.randn(101, 8, requires_grad=True)
    targets = torch.randint(0, 101, (23,))
    expected = torch.nn.functional.cross_entropy(hidden @ weight.t(), targets, reduction="sum")
    wanted = torch.autograd.grad(expected * 0.3, (hidden, weight))
    got = _ChunkedLoss.apply(hidden, weight, targets, chunk)
    assert got.item() == pytest.approx(expected.item(), rel=1e-6)
    for mine, theirs in zip(torch.autograd.grad(got * 0.3, (hidden, weight)), wanted, strict=True):
        assert torch.allclose(mine, theirs, atol=1e-6)


def test_gradients_of_the_pieces_pass_a_numerical_check() -> None:
    torch.manual_seed(1)
    hidden = torch.randn(5, 4, requires_grad=True)
    weight = torch.randn(11, 4)
    targets = torch.randint(0, 11, (5,))
    (gradient,) = torch.autograd.grad(_ChunkedLoss.apply(hidden, weight, targets, 2), hidden)
    for place in ((0, 0), (4, 3), (2, 1)):
        sides = []
        for step in (1e-2, -1e-2):
            moved = hidden.detach().clone()
            moved[place] += step
            sides.append(_ChunkedLoss.apply(moved, weight, targets, 2).item())
        assert gradient[place].item() == pytest.approx((sides[0] - sides[1]) / 2e-2, abs=1e-2)


@pytest.mark.parametrize("window", [None, 3])
def test_attention_of_all_ways_is_the_masked_one(window: int | None) -> None:
    torch.manual_seed(2)
    lengths = (5, 1, 9, 4)
    tokens = sum(lengths)
    q, k, v = torch.randn(1, 6, tokens, 8), torch.randn(1, 2, tokens, 8), torch.randn(1, 2, tokens, 8)
    document = torch.repeat_interleave(torch.arange(4), torch.tensor(lengths))
    steps = torch.arange(tokens)
    allowed = (document[:, None] == document[None]) & (steps[:, None] >= steps[None])
    if window:
        allowed &= steps[:, None] - steps[None] < window
    scores = (q @ k.repeat_interleave(3, 1).transpose(2, 3) * 0.5).masked_fill(~allowed, float("-inf"))
    expected = (scores.softmax(-1) @ v.repeat_interleave(3, 1)).transpose(1, 2)
    documents = Documents.of(lengths, "cpu")
    assert torch.allclose(_sample_by_sample(q, k, v, documents, 0.5, window, 3), expected, atol=1e-6)
    if not window:
        assert torch.allclose(_padded(q, k, v, documents, 0.5, 3), expected, atol=1e-6)


@pytest.mark.parametrize("shared_heads", [1, 2, 6])
def test_attention_by_products_has_the_values_and_gradients_of_pytorchs(shared_heads: int) -> None:
    torch.manual_seed(3)
    lengths = (5, 1, 30)
    shapes = [(1, heads, sum(lengths), 8) for heads in (6, shared_heads, shared_heads)]
    q, k, v = (torch.randn(shape, requires_grad=True) for shape in shapes)
    documents = Documents.of(lengths, "cpu")
    expected = _sample_by_sample(q, k, v, documents, 0.3, None, 6 // shared_heads)
    got = _by_products(q, k, v, documents, 0.3)
    assert torch.allclose(got, expected, atol=1e-5)
    weight = torch.randn_like(expected)
    for mine, theirs in zip(
        torch.autograd.grad(got, (q, k, v), weight), torch.autograd.grad(expected, (q, k, v), weight), strict=True
    ):
        assert torch.allclose(mine, theirs, atol=1e-4)
    half = [x.detach().bfloat16() for x in (q, k, v)]
    taken, _ = packed_attention(None, *half, documents=documents, scaling=0.3)
    assert torch.allclose(taken.float(), expected, atol=0.05)


def test_this_pytorch_has_the_kernel_that_gpus_are_given() -> None:
    assert _knows_varlen()


def test_attention_refuses_a_row_it_was_told_nothing_about() -> None:
    q = torch.randn(1, 2, 7, 4)
    with pytest.raises(ValueError, match="not the samples"):
        packed_attention(None, q, q, q, documents=Documents.of((3, 3), "cpu"))


def test_noise_is_of_the_size_that_neftune_gives_it_and_off_in_evaluation(
    checkpoint: Callable[[str], Path], rows: Rows
) -> None:
    model = AutoModelForCausalLM.from_pretrained(checkpoint("gpt_bigcode"), dtype=torch.float32)
    set_packed(model, True)
    quiet, noisy = ResponseLoss(model, 64), ResponseLoss(model, 64, noise=5.0)
    batch = collate(rows, range(5), True, PAD)  # type: ignore[arg-type]
    seen: list[torch.Tensor] = []
    model.transformer.drop.register_forward_hook(lambda *args: seen.append(args[2]))
    with torch.no_grad():
        quiet.train()
        base = quiet(batch)
        noisy.train()
        noisy(batch)
        noise = (seen[1] - seen[0])[0]
        limit = 5.0 / (torch.tensor(batch.lengths) * 64).sqrt()
        for part, bound in zip(noise.abs().split(batch.lengths), limit, strict=True):
            assert 0.5 * bound < part.max() <= bound * 1.0001
        noisy.eval()
        assert noisy(batch).item() == base.item()
