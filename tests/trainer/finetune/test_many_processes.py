"""Two processes with sharded weights (FSDP over gloo) are one: the same losses, the same model, and one can go on alone."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.torch import load_file

from assistant.ground.progress import Progress
from tests.trainer.finetune.test_checkpoint import ROOT, _write_toml
from trainer.finetune.train import finetune
from trainer.recipe import Recipe

FSDP = {
    "ACCELERATE_USE_CPU": "true",
    "ACCELERATE_USE_FSDP": "true",
    "FSDP_VERSION": "2",
    "FSDP_AUTO_WRAP_POLICY": "TRANSFORMER_BASED_WRAP",
    "FSDP_RESHARD_AFTER_FORWARD": "true",
    "OMP_NUM_THREADS": "1",
}


def test_the_shipped_config_asks_for_the_sharding_that_is_tested_here() -> None:
    from accelerate.commands.config.config_args import load_config_from_file

    config = load_config_from_file(str(ROOT / "trainer" / "recipes" / "accelerate" / "fsdp.yaml"))
    assert config.distributed_type.name == "FSDP" and config.mixed_precision == "no"
    told = {name.upper(): str(value).lower() for name, value in config.fsdp_config.items()}
    wanted = {name: value.lower() for name, value in FSDP.items() if name.startswith("FSDP_")}
    assert wanted.items() <= told.items()


@pytest.mark.slow
def test_two_sharded_processes_equal_one_which_can_go_on_from_theirs(
    recipe: Callable[..., Recipe], tmp_path: Path
) -> None:
    made = recipe(train={"steps": 5, "batch": 6}, checkpoint={"every": 3}, output=str(tmp_path / "one"))
    finetune(made, False, Progress("none"))
    toml = _write_toml(made, tmp_path / "r.toml")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", f"--master-port={port}"]
    command = ["-m", "trainer.cli", "finetune", str(toml), "--set", f"output={tmp_path / 'two'}", "--progress", "none"]
    told = subprocess.run(
        [*torchrun, *command], cwd=ROOT, env=os.environ | FSDP, capture_output=True, text=True, timeout=200
    )
    assert told.returncode == 0, told.stderr[-3000:]
    one, two = tmp_path / "one", tmp_path / "two"
    summary = json.loads((two / "finetune.json").read_text())
    assert (summary["processes"], summary["sharded"]) == (2, True)
    assert _losses(two) == pytest.approx(_losses(one), abs=1e-4)
    weights, others = (load_file(folder / "model.safetensors") for folder in (one, two))
    assert max((weights[k] - others[k]).abs().max().item() for k in weights) < 2e-3

    for path in (two / "finetune.json", two / "checkpoints" / "step-0000005"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    alone = recipe(train={"steps": 5, "batch": 6}, checkpoint={"every": 3}, output=str(two))
    assert finetune(alone, True, Progress("none"))["processes"] == 1
    assert _losses(two) == pytest.approx(_losses(one), abs=1e-4)


def _losses(folder: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (folder / "metrics.jsonl").read_text().splitlines()]
