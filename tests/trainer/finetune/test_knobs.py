"""Knobs that must change what they say and nothing else: compiling, TensorBoard, sharing cores, an empty held-out part."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import pytest
import torch

from assistant.ground.progress import Progress
from trainer.errors import TrainerError
from trainer.finetune.train import finetune
from trainer.recipe import Recipe

MakeRecipe = Callable[..., Recipe]


def _run(recipe: Recipe, resume: bool = False) -> dict[str, Any]:
    return finetune(recipe, resume, Progress("none"))


def _losses(recipe: Recipe) -> list[float]:
    lines = (Path(recipe.output) / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["loss"] for line in lines]


def test_nothing_held_out_by_a_small_share_is_said_and_harms_nothing(recipe: MakeRecipe) -> None:
    made = recipe(data={"dev_fraction": 1e-9}, train={"steps": 1}, evaluate={"every": 1, "finish_with": "best"})
    said = io.StringIO()
    with redirect_stderr(said), Progress("json") as shown:
        summary = finetune(made, False, shown)
    assert "No row is held out" in said.getvalue() and "data.dev_fraction" in said.getvalue()
    assert summary["dev_loss"] is None and summary["steps"] == 1
    assert _run(made, resume=True)["steps"] == 1


def test_compiled_layers_give_the_same_losses(
    recipe: MakeRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The graphs are traced for real, backward pass included, and run as PyTorch runs them: no C++ compiler is needed."""
    from torch._dynamo.backends.debugging import aot_eager

    graphs: list[Any] = []

    def traced(graph: Any, inputs: Any) -> Any:
        graphs.append(graph)
        return aot_eager(graph, inputs)

    compiled = torch.nn.Module.compile

    def compile_traced(module: torch.nn.Module, **options: Any) -> None:
        compiled(module, **options, backend=traced)

    plain = recipe(output=str(tmp_path / "plain"), train={"steps": 3})
    _run(plain)
    monkeypatch.setattr(torch.nn.Module, "compile", compile_traced)
    made = recipe(output=str(tmp_path / "compiled"), train={"steps": 3}, model={"compile": True})
    _run(made)
    assert graphs and _losses(made) == pytest.approx(_losses(plain), abs=1e-5)
    names = json.loads((tmp_path / "compiled" / "config.json").read_text())["architectures"]
    assert names == json.loads((tmp_path / "plain" / "config.json").read_text())["architectures"]


def test_tensorboard_gets_the_losses_or_says_what_to_install(recipe: MakeRecipe, tmp_path: Path) -> None:
    made = recipe(train={"steps": 2}, log={"tensorboard": True})
    if importlib.util.find_spec("tensorboard") is None:
        with pytest.raises(TrainerError, match=r"tensorboard is not installed.*pip install tensorboard"):
            _run(made)
        return
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    _run(made)
    events = EventAccumulator(str(Path(made.output) / "tensorboard"))
    events.Reload()
    assert [event.value for event in events.Scalars("loss")] == pytest.approx(_losses(made), rel=1e-5)


def test_the_command_lets_waiting_threads_sleep() -> None:
    """The library of threads reads this when torch is loaded, so it has to stand before."""
    words = """
import os, sys
import trainer.finetune.command as command
command.read_recipe = lambda *_: None
sys.modules["trainer.finetune.train"] = type(sys)("train")
sys.modules["trainer.finetune.train"].finetune = lambda *_: print(os.environ["OMP_WAIT_POLICY"], "torch" in sys.modules)
command.finetune("tiny-cpu", progress="none")
"""
    clean = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    for environment, policy in ((clean, "passive"), (clean | {"OMP_WAIT_POLICY": "active"}, "active")):
        told = subprocess.run([sys.executable, "-c", words], env=environment, capture_output=True, text=True)
        assert told.stdout.split() == [policy, "False"], told.stderr
