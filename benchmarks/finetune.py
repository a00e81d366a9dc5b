"""Fine-tuning beside its peers: tokens of real data a second and peak memory, in one run, rounds interleaved.

Peers: transformers' Trainer with peft and dynamic padding, and TRL's SFTTrainer with packing and its chunked loss, both with
the best settings that were found on this machine (no recomputation, fused AdamW, the same precision, frozen weights in it,
packs of 512). All train the same adapters on the same model and the same Code Alpaca rows. Each measurement is a process
of its own, peers take turns, and ratios are of neighbours. Three rounds take about five minutes on two quiet cores.

python -m benchmarks.finetune [--rounds N] [--method lora|full] [--model FOLDER] [--data FILE]
TRL is not a dependency: pip install trl (or --target, with PYTHONPATH) to have it measured too.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.measure import median_ratio, verdict

SHARED = Path(os.environ.get("WIZARD_SHARED", Path(__file__).parents[2] / "shared"))
BATCH, STEPS, WARM = 16, 5, 1
_SPEEDS = ("per_second", "per_cpu_second")
PEERS = ("wizard-train", "Trainer", "SFTTrainer")


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--method", choices=("lora", "full"), default="lora")
    parser.add_argument("--model", default=str(SHARED / "models" / "tiny-starcoder"))
    parser.add_argument("--data", default=str(SHARED / "data" / "codealpaca" / "code_alpaca_2k.json.gz"))
    parser.add_argument("--precision", choices=("bf16", "fp32"), default="bf16")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=PEERS)
    parser.add_argument("--one", choices=PEERS, help=argparse.SUPPRESS)
    words = words or []
    args = parser.parse_args(words)
    if args.one:
        print(json.dumps(_MEASURES[args.one](args)))
        return
    peers = [peer for peer in PEERS if peer in (PEERS[0], *args.peers)]
    peers = [peer for peer in peers if peer != "SFTTrainer" or importlib.util.find_spec("trl")]
    if "SFTTrainer" in args.peers and "SFTTrainer" not in peers:
        print("SFTTrainer is left out: trl is not installed", file=sys.stderr)
    found: dict[str, list[dict[str, float]]] = {peer: [] for peer in peers}
    for _ in range(args.rounds):
        for peer in peers:
            found[peer].append(_in_child(peer, words))
    _report(found)


def _in_child(peer: str, words: list[str]) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.finetune", "--one", peer, *words]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode:
        raise SystemExit(f"{peer} failed:\n{told.stderr[-2000:]}")
    return json.loads(told.stdout.strip().splitlines()[-1])


def _report(found: dict[str, list[dict[str, float]]]) -> None:
    ours = found["wizard-train"]
    print(
        f"{'':14} {'tokens/s':>10} {'tokens/CPU s':>13} {'memory':>9}   ours is …× as fast (wall, CPU), of its memory"
    )
    for peer, rows in found.items():
        wall, cpu, memory = (
            statistics.median(row[key] for row in rows) for key in ("per_second", "per_cpu_second", "memory")
        )
        faster = [
            statistics.median(row[key] for row in ours) / value
            for key, value in (("per_second", wall), ("per_cpu_second", cpu))
        ]
        share = statistics.median(row["memory"] for row in ours) / memory
        print(
            f"{peer:14} {wall:10.0f} {cpu:13.0f} {memory / 1e9:7.2f} GB   {faster[0]:.2f} {faster[1]:.2f}   {share:.2f}"
        )
    for peer, bound in (("Trainer", 2.0), ("SFTTrainer", 1.2)):
        if peer in found:
            wall, cpu = (median_ratio(*([row[key] for row in rows] for rows in (ours, found[peer]))) for key in _SPEEDS)
            verdict(f"tokens of data a second, beside {peer} ({cpu:.2f} by CPU time)", wall, bound)
    if "Trainer" in found:
        share = median_ratio(*([row["memory"] for row in rows] for rows in (ours, found["Trainer"])))
        verdict("peak memory, beside Trainer", share, 0.6, at_most=True)


class _Clock:
    """Wall and CPU time of the steps after the first ones."""

    def __init__(self) -> None:
        self.marks: list[tuple[float, float]] = []

    def mark(self) -> None:
        self.marks.append((time.perf_counter(), time.process_time()))

    def result(self, tokens: list[int]) -> dict[str, float]:
        (wall, cpu), (wall_end, cpu_end) = self.marks[WARM], self.marks[-1]
        done = sum(tokens[WARM : len(self.marks) - 1])
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return {
            "per_second": done / (wall_end - wall),
            "per_cpu_second": done / (cpu_end - cpu),
            "memory": memory,
            "tokens": done,
        }


def _ours(args: argparse.Namespace) -> dict[str, float]:
    from assistant.ground.progress import Progress
    from trainer.finetune import train
    from trainer.recipe import Recipe, from_table

    clock, tokens = _Clock(), []
    real = train._step

    def step(run: Any) -> Any:
        if not clock.marks:
            clock.mark()
        row = real(run)
        clock.mark()
        tokens.append(row["tokens"])
        return row

    train._step = step
    with tempfile.TemporaryDirectory() as folder:
        table = {
            "output": folder + "/out",
            "model": {"base": args.model, "method": args.method, "precision": args.precision},
            "data": {"train": [args.data], "max_length": 1024},
            "train": {"batch": BATCH, "steps": STEPS, "micro_batch_tokens": 4096, "learning_rate": 1e-4},
            "checkpoint": {"every": 0},
            "log": {"plot": False},
        }
        train.finetune(from_table(Recipe, table, "benchmark"), False, Progress("none"))
    return clock.result(tokens)


def _rows(args: argparse.Namespace, tokenizer: Any) -> list[dict[str, str]]:
    from trainer.finetune.examples import read_examples

    rows = []
    for example in read_examples(Path(args.data)):
        if example.response:
            turn = [{"role": "user", "content": example.instruction}]
            prompt = tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)
            rows.append({"prompt": prompt, "completion": example.response + tokenizer.eos_token})
    return rows


def _start(args: argparse.Namespace) -> tuple[Any, Any, Any]:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from trainer.finetune.base import find_base
    from trainer.finetune.sample_layout import prepare_tokenizer

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    prepare_tokenizer(tokenizer, "wizardcoder")
    # Frozen weights in the precision of the products, as ours are: kinder to the peers than their usual fp32.
    half = args.method == "lora" and args.precision == "bf16"
    model = AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.bfloat16 if half else torch.float32)
    if args.method == "lora":
        targets = list(find_base(args.model).architecture.targets)
        model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", r=16, lora_alpha=32, target_modules=targets))
    return model, tokenizer, _rows(args, tokenizer)


def _settings(args: argparse.Namespace, folder: str) -> dict[str, Any]:
    return {
        "output_dir": folder, "max_steps": STEPS, "learning_rate": 1e-4, "bf16": args.precision == "bf16", "use_cpu": True,
        "report_to": [], "save_strategy": "no", "logging_steps": 100, "disable_tqdm": True, "optim": "adamw_torch_fused",
        "gradient_checkpointing": False, "dataloader_pin_memory": False,
    }  # fmt: skip


def _watched(clock: _Clock) -> Any:
    from transformers import TrainerCallback

    class Watch(TrainerCallback):
        def on_train_begin(self, *_: Any, **__: Any) -> None:
            clock.mark()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            clock.mark()

    return Watch()


def _trainer(args: argparse.Namespace) -> dict[str, float]:
    import torch
    from transformers import Trainer, TrainingArguments

    model, tokenizer, rows = _start(args)
    data = []
    for row in rows:
        prompt, answer = tokenizer(row["prompt"]).input_ids, tokenizer(row["completion"]).input_ids
        data.append({"input_ids": prompt + answer, "labels": [-100] * len(prompt) + answer})
    clock, tokens = _Clock(), []

    def collate(items: list[dict[str, list[int]]]) -> dict[str, Any]:
        tokens.append(sum(len(item["input_ids"]) for item in items))
        width = max(len(item["input_ids"]) for item in items)
        fill = {"input_ids": tokenizer.pad_token_id, "labels": -100}
        batch = {
            key: torch.tensor([item[key] + [value] * (width - len(item[key])) for item in items])
            for key, value in fill.items()
        }
        lengths = torch.tensor([len(item["input_ids"]) for item in items])
        return batch | {"attention_mask": (torch.arange(width) < lengths[:, None]).long()}

    with tempfile.TemporaryDirectory() as folder:
        settings = TrainingArguments(**_settings(args, folder), per_device_train_batch_size=BATCH)
        Trainer(
            model=model, args=settings, train_dataset=data, data_collator=collate, callbacks=[_watched(clock)]
        ).train()
    return clock.result(tokens)


def _sft(args: argparse.Namespace) -> dict[str, float]:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    model, tokenizer, rows = _start(args)
    clock, tokens = _Clock(), []
    with tempfile.TemporaryDirectory() as folder:
        # Four packs of 512 beat one of 2,048 here: the mask, and so attention, is a quarter as large.
        settings = SFTConfig(
            **_settings(args, folder), per_device_train_batch_size=4, max_length=512, packing=True,
            packing_strategy="bfd", completion_only_loss=True, eos_token=tokenizer.eos_token,
        )  # fmt: skip
        sft = SFTTrainer(
            model=model,
            args=settings,
            train_dataset=Dataset.from_list(rows),
            processing_class=tokenizer,
            callbacks=[_watched(clock)],
        )
        real = sft.data_collator

        def collate(items: list[dict[str, Any]]) -> Any:
            tokens.append(sum(len(item["input_ids"]) for item in items))
            return real(items)

        sft.data_collator = collate
        sft.train()
    return clock.result(tokens)


_MEASURES = {"wizard-train": _ours, "Trainer": _trainer, "SFTTrainer": _sft}

if __name__ == "__main__":
    main(sys.argv[1:])
