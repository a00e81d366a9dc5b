"""The whole run: a checkpoint that loads, the same numbers as transformers' Trainer, and going on after a crash."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments

from assistant.errors import Cancelled, UsageError
from assistant.ground.progress import Progress
from quantize.writing.convert import convert
from trainer.errors import TrainerError
from trainer.finetune.base import ARCHITECTURES, find_base
from trainer.finetune.batches import Order
from trainer.finetune.examples import read_examples
from trainer.finetune.train import finetune
from trainer.recipe import Recipe

MakeRecipe = Callable[..., Recipe]
LORA = {"method": "lora"}


def _run(recipe: Recipe, resume: bool = False) -> dict[str, Any]:
    return finetune(recipe, resume, Progress("none"))


def _losses(recipe: Recipe) -> list[float]:
    lines = (Path(recipe.output) / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["loss"] for line in lines]


def _logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        return model.eval()(torch.tensor([[7, 8, 9, 1000]])).logits


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_full_run_learns_and_its_checkpoint_loads_with_its_template(architecture: str, recipe: MakeRecipe) -> None:
    made = recipe(architecture, train={"steps": 6}, data={"dev_fraction": 0.2})
    summary = _run(made)
    assert summary["dev_loss"] < summary["dev_loss_before"] - 0.05
    model = AutoModelForCausalLM.from_pretrained(made.output)
    tokenizer = AutoTokenizer.from_pretrained(made.output)
    assert not torch.equal(_logits(model), _logits(AutoModelForCausalLM.from_pretrained(made.model.base)))
    asked = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Add."}], tokenize=False, add_generation_prompt=True
    )
    assert asked == (
        "Below is an instruction that describes a task. Write a response that appropriately completes the request."
        "\n\n### Instruction:\nAdd.\n\n### Response:"
    )
    assert tokenizer.pad_token_id not in (None, tokenizer.eos_token_id)
    assert model.generation_config.eos_token_id == tokenizer.eos_token_id
    assert "Add" not in (Path(made.output) / "README.md").read_text()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_adapter_run_trains_every_linear_layer_and_peft_loads_it(architecture: str, recipe: MakeRecipe) -> None:
    made = recipe(architecture, model=LORA, train={"steps": 3})
    _run(made)
    base = AutoModelForCausalLM.from_pretrained(made.model.base)
    before = _logits(base)
    adapted = PeftModel.from_pretrained(base, made.output)
    assert not torch.allclose(_logits(adapted), before)
    linear = {name for name, module in base.named_modules() if ".base_layer" in name and "lm_head" not in name}
    blocks = ARCHITECTURES[architecture].targets
    assert len(linear) == 2 * len(blocks)
    assert all(p.abs().sum() > 0 for name, p in adapted.named_parameters() if "lora_B" in name)


@pytest.mark.parametrize(
    "kind", [{"dora": True}, {"rslora": True}, {"plus_ratio": 16.0}], ids=["dora", "rslora", "plus"]
)
def test_adapter_variants_train_and_load(kind: dict[str, Any], recipe: MakeRecipe) -> None:
    made = recipe(model=LORA, lora=kind, train={"steps": 2})
    _run(made)
    config = json.loads((Path(made.output) / "adapter_config.json").read_text())
    assert (config["use_dora"], config["use_rslora"]) == (kind.get("dora", False), kind.get("rslora", False))
    PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(made.model.base), made.output)


def test_curve_is_that_of_the_trainer_of_transformers(recipe: MakeRecipe, tmp_path: Path) -> None:
    made = recipe(
        train={"steps": 20, "shuffle": False, "warmup_steps": 4, "learning_rate": 5e-4}, data={"max_length": 200}
    )
    _run(made)
    assert _losses(made) == pytest.approx(_trainer_losses(made, tmp_path / "trainer"), abs=1e-3)


def _trainer_losses(made: Recipe, folder: Path) -> list[float]:
    model = AutoModelForCausalLM.from_pretrained(made.model.base, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(made.model.base)
    data = []
    for example in read_examples(Path(made.data.train[0])):
        text = (
            "Below is an instruction that describes a task. Write a response that appropriately completes the request."
            f"\n\n### Instruction:\n{example.instruction}\n\n### Response:"
        )
        prompt, answer = tokenizer(text).input_ids, tokenizer(example.response).input_ids
        data.append({"input_ids": [*prompt, *answer, 0], "labels": [-100] * len(prompt) + [*answer, 0]})

    def collate(items: list[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
        width = max(len(item["input_ids"]) for item in items)
        fill = {"input_ids": 4, "labels": -100}
        batch = {k: torch.tensor([i[k] + [v] * (width - len(i[k])) for i in items]) for k, v in fill.items()}
        batch["attention_mask"] = torch.tensor(
            [[1] * len(i["input_ids"]) + [0] * (width - len(i["input_ids"])) for i in items]
        )
        return batch

    class InOrder(Trainer):
        def _get_train_sampler(self, *_: Any) -> Any:
            return torch.utils.data.SequentialSampler(data)

    part = made.train
    arguments = TrainingArguments(
        str(folder), max_steps=part.steps, per_device_train_batch_size=2, gradient_accumulation_steps=2,
        learning_rate=part.learning_rate, lr_scheduler_type="cosine", warmup_steps=part.warmup_steps, weight_decay=0.0,
        max_grad_norm=1.0, logging_steps=1, logging_nan_inf_filter=False, save_strategy="no", report_to=[], use_cpu=True,
        disable_tqdm=True, optim="adamw_torch", dataloader_pin_memory=False,
    )  # fmt: skip
    trainer = InOrder(model=model, args=arguments, train_dataset=data, data_collator=collate)
    trainer.train()
    return [row["loss"] for row in trainer.state.log_history if "loss" in row]


def test_size_of_micro_batches_and_packing_change_no_result(recipe: MakeRecipe, tmp_path: Path) -> None:
    curves = []
    for room, packing in ((80, True), (100_000, True), (300, False)):
        made = recipe(
            output=str(tmp_path / f"{room}"), data={"packing": packing}, train={"micro_batch_tokens": room, "steps": 6}
        )
        _run(made)
        curves.append(_losses(made))
    assert curves[1] == pytest.approx(curves[0], abs=2e-4)
    assert curves[2] == pytest.approx(curves[0], abs=2e-4)


def test_resumed_run_has_the_losses_of_an_unbroken_one(recipe: MakeRecipe, tmp_path: Path) -> None:
    knobs = {"train": {"steps": 8, "neftune_alpha": 5.0, "warmup_steps": 2}, "checkpoint": {"every": 3}}
    whole = recipe(output=str(tmp_path / "whole"), **knobs)
    _run(whole)
    broken = recipe(output=str(tmp_path / "broken"), **knobs)
    _break_after(broken, 5)
    with pytest.raises(UsageError, match="holds a run already"):
        _run(broken)
    _run(broken, resume=True)
    assert _losses(broken) == _losses(whole)
    one, two = (Path(made.output) / "model.safetensors" for made in (whole, broken))
    assert one.read_bytes() == two.read_bytes()
    assert _run(broken, resume=True)["steps"] == 8


def _break_after(made: Recipe, steps: int) -> None:
    """Run `made` as if the power went after so many steps: no farewell, no last checkpoint."""
    plan = Order.plan

    def breaking(self: Order, step: int) -> Any:
        if step == steps and self.shuffle:
            raise MemoryError("the power went")
        return plan(self, step)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(MemoryError):
        patch.setattr(Order, "plan", breaking)
        _run(made)


def test_run_goes_on_only_with_the_same_recipe_and_data(recipe: MakeRecipe, rows: Path) -> None:
    knobs: dict[str, Any] = {"train": {"steps": 4}, "checkpoint": {"every": 2}}
    _break_after(recipe(**knobs), 3)
    with pytest.raises(TrainerError, match=r"train\.batch was 4 there and is 8 now"):
        _run(recipe(**{**knobs, "train": {"steps": 4, "batch": 8}}), resume=True)
    rows.write_text(rows.read_text() + '{"instruction": "New", "response": "one"}\n')
    with pytest.raises(TrainerError, match="the training data has changed"):
        _run(recipe(**knobs), resume=True)


def test_interrupted_run_ends_its_step_keeps_it_and_goes_on(recipe: MakeRecipe, tmp_path: Path) -> None:
    knobs = {"train": {"steps": 4}}
    whole = recipe(output=str(tmp_path / "whole"), **knobs)
    _run(whole)
    made = recipe(**knobs)
    plan = Order.plan

    def interrupting(self: Order, step: int) -> Any:
        if step == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return plan(self, step)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Cancelled, match="stopped after step 2"):
        patch.setattr(Order, "plan", interrupting)
        _run(made)
    assert not (Path(made.output) / "config.json").exists()
    _run(made, resume=True)
    assert _losses(made) == _losses(whole)
    with pytest.raises(TrainerError, match=r"train\.steps was 4 there and is 5 now"):
        _run(recipe(train={"steps": 5}), resume=True)


def _cut(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])


BAD_BASES: dict[str, tuple[Callable[[Path], object], str]] = {
    "weights cut": (_cut, "cannot read the weights of"),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), r"no \.safetensors file"),
    "no config": (lambda folder: (folder / "config.json").unlink(), "no config.json"),
    "config cut": (lambda folder: (folder / "config.json").write_text('{"model'), "its config.json cannot be read"),
    "unknown": (
        lambda folder: (folder / "config.json").write_text('{"model_type": "t5"}'),
        "its architecture is t5; known are",
    ),
    "no tokenizer": (lambda folder: (folder / "tokenizer.json").unlink(), "tokenizer"),
    "tokenizer cut": (lambda folder: (folder / "tokenizer.json").write_text("{"), "cannot read the tokenizer of"),
}


@pytest.mark.parametrize("damage", BAD_BASES)
def test_damaged_base_is_refused_in_one_sentence_and_nothing_is_made(
    damage: str, recipe: MakeRecipe, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    shutil.copytree(recipe().model.base, base)
    spoil, says = BAD_BASES[damage]
    spoil(base)
    made = recipe(model={"base": str(base)})
    with pytest.raises(TrainerError, match=says) as caught:
        _run(made)
    assert "\n" not in str(caught.value)
    assert not list(Path(made.output).rglob("*.safetensors"))


@pytest.mark.parametrize(
    ("base", "says"),
    [
        ("nowhere/at/all", "there is no such folder, and it is no hub id"),
        ("bigcode/not-here", "cannot download bigcode/not-here"),
        ("missing.gguf", "there is no such file"),
        (__file__, "neither a checkpoint folder nor a .gguf file"),
    ],
)
def test_base_that_is_not_there_is_refused(base: str, says: str) -> None:
    with pytest.raises(TrainerError, match=says):
        find_base(base)


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_hostile_gguf_header_is_refused_at_once(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "hostile.gguf"
    file.write_bytes(b"GGUF\x03\x00\x00\x00" + data)
    with pytest.raises(TrainerError, match=r"no whole GGUF file|can be read back for"):
        find_base(str(file))


def test_methods_that_need_a_gpu_say_so(recipe: MakeRecipe) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(TrainerError, match="qlora here: it needs a CUDA GPU"):
        _run(recipe(model={"method": "qlora"}))
    with pytest.raises(TrainerError, match="fp16 here: it needs a GPU"):
        _run(recipe(model={"precision": "fp16"}))
    assert not Path(recipe().output).exists() or not list(Path(recipe().output).rglob("*.safetensors"))


def test_steps_without_a_finite_loss_are_skipped_and_bounded(recipe: MakeRecipe) -> None:
    made = recipe(train={"learning_rate": 1e30, "max_skipped": 2, "steps": 12, "max_grad_norm": 0.0})
    with pytest.raises(TrainerError, match="3 steps had to be skipped"):
        _run(made)
    lines = (Path(made.output) / "metrics.jsonl").read_text().splitlines()
    assert sum(bool(json.loads(line)["skipped"]) for line in lines) == 2


def test_early_stop_finishes_with_the_best_weights(recipe: MakeRecipe) -> None:
    made = recipe(
        train={"steps": 40, "learning_rate": 0.1, "schedule": "constant"},
        data={"dev_fraction": 0.3},
        evaluate={"every": 1, "patience": 3, "finish_with": "best"},
    )
    summary = _run(made)
    assert summary["steps"] < 40
    assert summary["best_step"] == summary["steps"] - 3
    lines = [json.loads(line) for line in (Path(made.output) / "metrics.jsonl").read_text().splitlines()]
    assert summary["dev_loss"] == min(line["dev_loss"] for line in lines)


@pytest.mark.parametrize("architecture", [row.name for row in ARCHITECTURES.values() if row.from_gguf])
def test_adapter_on_a_gguf_file_comes_with_its_dequantized_base(
    architecture: str, recipe: MakeRecipe, checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    file = tmp_path / "base.gguf"
    convert(checkpoint(architecture), file, kind="F32")
    made = recipe(model={**LORA, "base": str(file)}, train={"steps": 1})
    _run(made)
    config = json.loads((Path(made.output) / "adapter_config.json").read_text())
    base = AutoModelForCausalLM.from_pretrained(config["base_model_name_or_path"])
    before = AutoModelForCausalLM.from_pretrained(checkpoint(architecture))
    assert torch.allclose(_logits(base), _logits(before), atol=1e-4)
    adapted = PeftModel.from_pretrained(base, made.output)
    assert any(p.abs().sum() > 0 for name, p in adapted.named_parameters() if "lora_B" in name)


def test_starcoder_as_gguf_is_refused_with_what_helps(recipe: MakeRecipe, tmp_path: Path) -> None:
    file = tmp_path / "base.gguf"
    convert(Path(recipe().model.base), file)
    with pytest.raises(TrainerError, match="can be read back for starcoder2, llama, qwen2, and this one is starcoder"):
        _run(recipe(model={"base": str(file)}))


@pytest.mark.slow
def test_real_weights_learn_from_real_rows_and_answer_in_the_trained_format(
    recipe: MakeRecipe, shared: Path, tmp_path: Path
) -> None:
    """The margins are stated: in 10 steps of 8 samples, the loss of held-out responses falls by at least 0.5; of 6 replies to
    questions that were not learned, at least 2 more end by themselves than before, and at least 3 more are code."""
    file = shared / "data" / "codealpaca" / "new_codealpaca.json.gz"
    short = [one for one in read_examples(file) if "def " in one.response and len(one.instruction + one.response) < 240]
    rows = tmp_path / "short.jsonl"
    rows.write_text("\n".join(json.dumps(asdict(one)) for one in short[:120]), encoding="utf-8")
    base = str(shared / "models" / "tiny-starcoder")
    made = recipe(
        model={"base": base, "precision": "auto"},
        data={"train": [str(rows)], "dev_fraction": 0.1, "max_length": 128},
        train={"steps": 10, "batch": 8, "learning_rate": 3e-4, "threads": 0, "micro_batch_tokens": 1024},
        checkpoint={"every": 0},
    )
    summary = _run(made)
    assert summary["dev_loss"] < summary["dev_loss_before"] - 0.5
    asked = [one.instruction for one in short[120:126]]
    (ended_before, code_before), (ended, code) = (_replies(model, made.output, asked) for model in (base, made.output))
    assert ended >= ended_before + 2 and code >= code_before + 3


def _replies(model: str, tokenizer_from: str, asked: list[str]) -> tuple[int, int]:
    """Of the greedy replies, how many end within 64 tokens, and how many are a function from their first word on."""
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_from, padding_side="left")
    turns = [[{"role": "user", "content": text}] for text in asked]
    texts = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    inputs = tokenizer(texts, padding=True, return_tensors="pt")
    made = AutoModelForCausalLM.from_pretrained(model).generate(
        **inputs, max_new_tokens=64, do_sample=False, pad_token_id=tokenizer.pad_token_id
    )[:, inputs["input_ids"].shape[1] :]
    replies = tokenizer.batch_decode(made, skip_special_tokens=True)
    ended = sum(tokenizer.eos_token_id in row.tolist() for row in made)
    return ended, sum(reply.lstrip("\n").startswith("def ") for reply in replies)
