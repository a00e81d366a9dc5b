"""The loss on responses: only positions that predict a response token pass through the language-model head, in pieces.

With a vocabulary of 49,152 the logits of one packed row would take a gigabyte. Here a piece's logits become its loss and its
gradient at once, and are forgotten: no second pass in backward, and memory that does not grow with the row.
"""

from __future__ import annotations

from typing import Any

import torch  # noqa: TID253 - this module is imported late, by those who train
from torch import nn  # noqa: TID253 - as above

from trainer.finetune.attention import Documents
from trainer.finetune.batches import MicroBatch


class ResponseLoss(nn.Module):
    """A causal language model that answers with the summed loss of a micro-batch's responses.

    Args:
        model: a transformers model, or one that peft has put adapters into.
        chunk: positions whose logits exist at the same time.
        noise: NEFTune's alpha; 0 for none.
    """

    def __init__(self, model: Any, chunk: int, noise: float = 0.0) -> None:
        super().__init__()
        self.model = model
        self.chunk = chunk
        self.noise = noise
        self._scale: Any = None
        # The layers that FSDP gathers one at a time; without the names it would gather the whole model at once.
        self._no_split_modules = sorted(self.causal._no_split_modules or ())
        self.causal.get_input_embeddings().register_forward_hook(self._add_noise)

    @property
    def causal(self) -> Any:
        """The transformers model, without what peft has put around it."""
        return self.model.get_base_model() if hasattr(self.model, "get_base_model") else self.model

    def forward(self, batch: MicroBatch) -> Any:
        """The sum, over the batch's response tokens, of their negative log-likelihood (a scalar, fp32)."""
        hidden = self.hidden(batch)
        head = self.causal.get_output_embeddings()
        if not len(batch.targets):
            # Takes part in the backward pass of its process group, with nothing to say: each weight gets a gradient of zero.
            return (hidden.sum(dtype=torch.float32) + head.weight.sum(dtype=torch.float32)) * 0.0
        return _ChunkedLoss.apply(hidden[batch.places], head.weight, batch.targets, self.chunk)

    def hidden(self, batch: MicroBatch) -> Any:
        """What the last layer says at each place: (tokens, width)."""
        more = {"attention_mask": batch.mask}
        if batch.mask is None:
            more = {"documents": Documents.of(batch.lengths, batch.ids.device)}
        self._scale = self._noise_scale(batch) if self.training and self.noise else None
        out = self.causal.base_model(input_ids=batch.ids, position_ids=batch.positions, use_cache=False, **more)
        return out.last_hidden_state.flatten(0, 1)

    def _noise_scale(self, batch: MicroBatch) -> Any:
        """NEFTune: alpha / sqrt(length × width), by each sample's own length; (1, tokens, 1) or (samples, 1, 1)."""
        lengths = torch.tensor(batch.lengths, device=batch.ids.device)
        width = self.causal.get_input_embeddings().weight.shape[1]
        scale = self.noise / (lengths * width).sqrt()
        return scale[:, None, None] if batch.mask is not None else scale.repeat_interleave(lengths)[None, :, None]

    def _add_noise(self, module: Any, _inputs: Any, output: Any) -> Any:
        if self._scale is None:
            return output
        return output + torch.empty_like(output).uniform_(-1, 1) * self._scale.to(output.dtype)


class _ChunkedLoss(torch.autograd.Function):
    """Cross-entropy of `hidden @ weight.T` against `targets`, summed; gradients are made in the forward pass."""

    @staticmethod
    def forward(ctx: Any, hidden: Any, weight: Any, targets: Any, chunk: int) -> Any:
        device = hidden.device.type
        dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else hidden.dtype
        wanted = [ctx.needs_input_grad[0], ctx.needs_input_grad[1]]
        to_hidden = torch.empty_like(hidden, dtype=torch.float32) if wanted[0] else None
        to_weight = torch.zeros_like(weight, dtype=torch.float32) if wanted[1] else None
        total = torch.zeros((), device=hidden.device, dtype=torch.float32)
        with torch.autocast(device, enabled=False):
            matrix, states = weight.to(dtype), hidden.to(dtype)
            # Memory of this size is new to the process each time it is asked for, so it is asked for once.
            size = (min(chunk, len(targets)), len(weight))
            room, wide = (torch.empty(size, dtype=kind, device=hidden.device) for kind in (dtype, torch.float32))
            product = torch.empty_like(matrix) if to_weight is not None else None
            for start in range(0, len(targets), chunk):
                part = slice(start, start + chunk)
                right = targets[part, None]
                error, logits = room[: len(right)], wide[: len(right)]
                logits.copy_(torch.mm(states[part], matrix.t(), out=error))
                total += _to_error(logits, right)
                if not any(wanted):
                    continue
                error.copy_(logits)
                if to_hidden is not None:
                    to_hidden[part] = error @ matrix
                if to_weight is not None:
                    to_weight += torch.mm(error.t(), states[part], out=product)
        ctx.save_for_backward(to_hidden, to_weight)
        ctx.dtypes = (hidden.dtype, weight.dtype)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple[Any, ...]:
        (scale,) = grads
        to_hidden, to_weight = ctx.saved_tensors
        return (
            None if to_hidden is None else (to_hidden * scale).to(ctx.dtypes[0]),
            None if to_weight is None else to_weight.mul_(scale).to(ctx.dtypes[1]),
            None,
            None,
        )


def _to_error(logits: Any, right: Any) -> Any:
    """The summed loss of `logits` (places, vocabulary), which become their own gradient; `right` is (places, 1)."""
    highest = logits.amax(-1, keepdim=True)
    chosen = logits.gather(1, right)
    total = logits.sub_(highest).exp_().sum(-1, keepdim=True)
    logits.div_(total)
    logits.scatter_add_(1, right, torch.full_like(total, -1.0))
    return (total.log() + highest - chosen).sum()
