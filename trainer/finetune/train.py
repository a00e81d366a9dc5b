"""The fine-tuning run, from a recipe to a finished checkpoint; it reads from top to bottom.

One optimizer step learns from `train.batch` samples: packed into micro-batches, their losses summed over response
tokens and divided once by how many there are in the whole step, so accumulation and the number of processes change no
result. What is not here: reading rows (`examples`, `tokens`), the loss (`loss`), keeping checkpoints (`checkpoint`).
"""

from __future__ import annotations

import math
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assistant.errors import Cancelled, UsageError
from assistant.ground.progress import Progress
from trainer.errors import TrainerError
from trainer.finetune import finish, hardware, metrics, optimizer, state
from trainer.finetune.base import Base, find_base
from trainer.finetune.batches import Order, collate
from trainer.finetune.checkpoint import Checkpoints
from trainer.finetune.model import load_model, torch_dtype
from trainer.finetune.run import Run
from trainer.finetune.sample_layout import prepare_tokenizer
from trainer.finetune.standing import Standing, Stop, binding, require_same
from trainer.finetune.tokenizer import load_tokenizer
from trainer.finetune.tokens import Samples, held_out_examples, samples_of
from trainer.recipe import Recipe


def finetune(recipe: Recipe, resume: bool, progress: Progress) -> dict[str, Any]:
    """Train as the recipe says and write the finished checkpoint to its output folder.

    Returns:
        The summary that is also written to finetune.json.

    Raises:
        TrainerError: bad input, a full disk, or too many steps that had to be skipped.
        Cancelled: someone stopped it; it can be resumed.
    """
    folder, checkpoints = _claim(recipe, resume)
    if resume and (summary := finish.read_summary(folder)):
        require_same(summary, recipe)
        progress.note(f"{folder} is finished already: nothing to do.")
        return summary
    machine = hardware.start(recipe)
    base = find_base(recipe.model.base, recipe.model.revision)
    tokenizer = load_tokenizer(base)
    prepare_tokenizer(tokenizer, recipe.data.prompt_format)
    with machine.accelerator.main_process_first():
        samples, dev = _read_data(recipe, tokenizer, progress)
    run = _set_up(recipe, machine, base, tokenizer, samples, dev, checkpoints, progress)
    run.metrics.begin(run.standing.step) if machine.main else None
    if dev and run.standing.dev_loss_before is None:
        run.standing.saw_dev(run.dev_loss())
    _loop(run)
    return _finish(run, base, tokenizer)


def _claim(recipe: Recipe, resume: bool) -> tuple[Path, Checkpoints]:
    """The output folder (not made yet); one that holds a run already is not trained over.

    Raises:
        UsageError: it holds one and `resume` is not set.
        TrainerError: it cannot be written to.
    """
    folder = Path(recipe.output).expanduser().absolute()
    checkpoints = Checkpoints(folder / "checkpoints", recipe.checkpoint.keep)
    if not resume and (checkpoints.exist() or finish.read_summary(folder)):
        raise UsageError(
            f"{folder} holds a run already", "it would be trained over", "--resume, or --set output=FOLDER"
        )
    above = next(place for place in (folder, *folder.parents) if place.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        why = f"{above} is no folder" if not above.is_dir() else f"{above} is not yours to write to"
        raise TrainerError(f"cannot write to {folder}", why, "--set output=FOLDER")
    return folder, checkpoints


def _read_data(recipe: Recipe, tokenizer: Any, progress: Progress) -> tuple[Samples, Samples | None]:
    def say(name: str, rows: int) -> None:
        progress.update("tokenize", rows, None, f"rows of {name}")

    samples = samples_of(recipe.data, "train", tokenizer, recipe.seed, say)
    dev = None
    if recipe.data.dev or recipe.data.dev_fraction:
        dev = samples_of(recipe.data, "dev", tokenizer, recipe.seed, say)
    about = samples.about
    progress.note(
        f"{about.samples:,} samples, {about.tokens:,} tokens, {about.learned:,} of them responses"
        f" (held out: {len(dev) if dev else 0:,} samples)."
    )
    for count, what in (
        (about.cut, "responses were cut to fit (their end-of-text token is kept)"),
        (about.too_long, "rows were left out because they are too long"),
        (about.empty, "rows were left out because they have no response"),
        (about.infill, "samples are fill-in-the-middle"),
    ):
        if count:
            progress.note(f"{count:,} {what}.")
    if dev is not None and not len(dev):
        progress.note("No row is held out, so nothing tells how well it generalizes: raise data.dev_fraction.")
        dev = None
    return samples, dev


def _set_up(
    recipe: Recipe,
    machine: hardware.Hardware,
    base: Base,
    tokenizer: Any,
    samples: Samples,
    dev: Samples | None,
    checkpoints: Checkpoints,
    progress: Progress,
) -> Run:
    """Model, optimizer and order, in the state of the newest whole checkpoint where there is one."""
    import torch

    from trainer.finetune.loss import ResponseLoss

    torch.manual_seed(recipe.seed)
    part, accelerator = recipe.train, machine.accelerator
    model = load_model(base, recipe, tokenizer, machine)
    chunk = part.loss_chunk or (256 if machine.device.type == "cpu" else 2048)
    module = ResponseLoss(model, chunk, part.neftune_alpha)
    steps = optimizer.make_optimizer(module, recipe)
    if recipe.model.compile:
        module.causal.base_model.compile(dynamic=True)
    module, steps = accelerator.prepare(module, steps)
    place = (accelerator.process_index, machine.processes)
    order = Order(samples, part.batch, part.micro_batch_tokens, recipe.seed, part.shuffle, recipe.data.packing, *place)
    total = part.steps or max(1, round(part.epochs * order.steps_per_epoch))
    folder = checkpoints.folder.parent
    standing = Standing()
    if machine.main:
        checkpoints.folder.mkdir(parents=True, exist_ok=True)
        checkpoints.sweep()
    if saved := checkpoints.newest(progress.note):
        standing = Standing.from_state(saved.state, recipe, samples.about.digest)
        state.restore(accelerator.unwrap_model(module), steps, saved.tensors)
        if standing.scaler and accelerator.scaler:
            accelerator.scaler.load_state_dict(standing.scaler)
        progress.note(f"Going on after step {standing.step:,} of {total:,}.")
    module.train()
    log = metrics.Metrics(folder, recipe.log.tensorboard and machine.main)
    peak = metrics.peak_flops(machine.device, torch_dtype(machine.precision)) * machine.processes
    pad = tokenizer.pad_token_id
    return Run(
        recipe, folder, machine, module, steps, order, dev, pad, total, standing, checkpoints, log, progress, peak
    )


def _loop(run: Run) -> None:
    """Take the steps that are left, evaluating and saving when due."""
    recipe, standing = run.recipe, run.standing
    with Stop().listening(patient=run.machine.processes == 1) as stop:
        while standing.step < run.total:
            row = _step(run)
            standing.step += 1
            last = standing.step == run.total
            best = False
            if run.dev and (last or (recipe.evaluate.every and standing.step % recipe.evaluate.every == 0)):
                loss = run.dev_loss()
                row["dev_loss"] = loss
                best = standing.saw_dev(loss)
                last = last or 0 < recipe.evaluate.patience <= standing.stale
            if run.machine.main:
                run.metrics.write(row)
            _show(run, row)
            due = recipe.checkpoint.every and standing.step % recipe.checkpoint.every == 0
            if due or last or stop.asked or (best and recipe.evaluate.finish_with == "best"):
                run.save()
            if stop.asked and not last:
                raise Cancelled(
                    f"stopped after step {standing.step:,}", "its checkpoint is kept", "--resume goes on from there"
                )
            if last:
                break


def _step(run: Run) -> dict[str, Any]:
    """One optimizer step; what it did, as a row of metrics."""
    import torch

    began = time.perf_counter()
    part, standing, machine, accelerator = run.recipe.train, run.standing, run.machine, run.machine.accelerator
    plan = run.order.plan(standing.step)
    # Noise and dropout depend on nothing but the step and the process, so a resumed run draws the same.
    torch.manual_seed(hash((run.recipe.seed, standing.step, run.order.process)) & 0x7FFFFFFF)
    total = torch.zeros((), device=machine.device)
    for i, numbers in enumerate(plan.micro):
        batch = collate(run.order.samples, numbers, run.order.packed, run.pad).to(machine.device)
        with accelerator.accumulate() if i == len(plan.micro) - 1 else accelerator.no_sync(run.module):
            loss = run.module(batch)
            # Processes' gradients are averaged, and the whole step's mean is wanted.
            accelerator.backward(loss * (machine.processes / plan.learned))
        total += loss.detach()
    loss = machine.total(total) / plan.learned
    norm = float(accelerator.clip_grad_norm_(run.module.parameters(), part.max_grad_norm or float("inf")))
    rate = optimizer.rate_at(standing.step, run.total, part) * part.learning_rate
    why = standing.refusal(loss, norm, part.spike_factor)
    scaler = accelerator.scaler
    # In fp16 a gradient that overflows is usual: the scaler passes over the step and lowers its scale, while it can.
    overflowed = scaler and math.isfinite(loss) and not math.isfinite(norm) and scaler.get_scale() > 1
    if why and not overflowed:
        if scaler:
            scaler.update()
        standing.skip(why, part.max_skipped)
        run.progress.note(f"Skipped step {standing.step + 1:,}: {why}.")
    else:
        optimizer.set_rate(run.optimizer, rate)
        run.optimizer.step()
        standing.saw(loss)
    run.optimizer.zero_grad()
    seconds = time.perf_counter() - began
    standing.seconds += seconds
    standing.tokens += plan.tokens
    flops = metrics.flops_of_step(run.plain, plan.tokens, plan.learned)
    return {
        "step": standing.step + 1,
        "epoch": round((standing.step + 1) / run.order.steps_per_epoch, 4),
        "loss": loss,
        "learning_rate": rate,
        "gradient_norm": norm,
        "tokens": plan.tokens,
        "learned_tokens": plan.learned,
        "tokens_per_second": round(plan.tokens / seconds, 1),
        "mfu": round(flops / seconds / run.peak, 4),
        "memory_bytes": metrics.peak_memory(machine.device),
        "skipped": why,
    }


def _show(run: Run, row: dict[str, Any]) -> None:
    shown: dict[str, float | int | str] = {"loss": row["loss"], "lr": row["learning_rate"]}
    if "dev_loss" in row:
        shown["held out"] = row["dev_loss"]
    shown |= {"tokens/s": round(row["tokens_per_second"]), "MFU": f"{row['mfu']:.0%}"}
    shown["memory"] = f"{row['memory_bytes'] / 1e9:.1f} GB"
    run.progress.update("train", row["step"], run.total, "steps", **shown)


def _finish(run: Run, base: Base, tokenizer: Any) -> dict[str, Any]:
    """Write the finished checkpoint (the last weights, or the best on held-out data) and what the run came to."""
    standing, recipe = run.standing, run.recipe
    if recipe.evaluate.finish_with == "best" and standing.best_step not in (None, standing.step):
        saved = run.checkpoints.newest(run.progress.note, best=True)
        if saved and saved.step == standing.best_step:
            state.restore_weights(run.plain, saved.tensors("weights"))
            standing.dev_loss = standing.best
    weights = state.gather(run.plain, run.optimizer, run.machine.main)["weights"]
    summary = {
        "output": str(run.folder),
        "base": recipe.model.base,
        "architecture": base.architecture.name,
        "method": recipe.model.method,
        "precision": run.machine.precision,
        "processes": run.machine.processes,
        "sharded": state.sharded(run.plain),
        "steps": standing.step,
        "recipe": binding(recipe),
        "data": asdict(run.order.samples.about),
        "loss_first": standing.loss_first,
        "loss_last": standing.loss_last,
        "dev_loss_before": standing.dev_loss_before,
        "dev_loss": standing.dev_loss,
        "best_step": standing.best_step,
        "skipped": standing.skipped,
        "seconds": round(standing.seconds, 1),
        "tokens_per_second": round(standing.tokens / standing.seconds, 1) if standing.seconds else None,
        "memory_bytes": metrics.peak_memory(run.machine.device),
    }
    if run.machine.main:
        if run.dev:
            finish.write_held_out(run.folder, held_out_examples(recipe.data, recipe.evaluate.limit))
        if recipe.log.plot:
            run.metrics.plot()
        run.metrics.close()
        size = finish.write_finished(run.folder, run.plain, weights, tokenizer, base, recipe, summary)
        run.progress.note(finish.say_size(run.folder, size))
    run.machine.accelerator.wait_for_everyone()
    return summary
