"""Checkpoints: whole or absent, damage is seen and passed over, a full disk leaves the last good one, kill -9 costs nothing."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch

from trainer.errors import TrainerError
from trainer.finetune.checkpoint import Checkpoints
from trainer.recipe import Recipe

ROOT = Path(__file__).parents[3]


def _save(checkpoints: Checkpoints, step: int, best: int | None = None) -> None:
    tensors = {"weights": {"a": torch.full((3,), float(step))}, "optimizer": {"a:step": torch.tensor(float(step))}}
    checkpoints.save(step, tensors, {"best_step": best}, best)


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "checkpoints", keep=2)


def test_newest_comes_back_as_it_was_and_old_ones_go_but_the_best(checkpoints: Checkpoints) -> None:
    for step in (1, 2, 3, 4):
        _save(checkpoints, step, best=1)
    names = {path.name for path in checkpoints.folder.iterdir()}
    assert names == {"latest", "step-0000001", "step-0000003", "step-0000004"}
    assert (checkpoints.folder / "latest").read_text() == "step-0000004\n"
    saved = checkpoints.newest(pytest.fail)
    assert saved and saved.step == 4
    assert saved.tensors("weights").get_tensor("a").tolist() == [4.0, 4.0, 4.0]
    best = checkpoints.newest(pytest.fail, best=True)
    assert best and best.step == 1


FILES = ("weights.safetensors", "optimizer.safetensors", "state.json", "manifest.json")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["flip", "cut", "gone", "empty"])
def test_damaged_checkpoint_is_passed_over_and_named(checkpoints: Checkpoints, name: str, damage: str) -> None:
    _save(checkpoints, 1)
    _save(checkpoints, 2)
    path = checkpoints.folder / "step-0000002" / name
    data = path.read_bytes()
    middle = len(data) // 2
    match damage:
        case "flip":
            path.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
        case "cut":
            path.write_bytes(data[:middle])
        case "gone":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
    said: list[str] = []
    saved = checkpoints.newest(said.append)
    assert saved and saved.step == 1
    assert len(said) == 1 and "step-0000002" in said[0]


def test_manifest_cannot_point_outside_its_folder(checkpoints: Checkpoints) -> None:
    _save(checkpoints, 1)
    manifest = checkpoints.folder / "step-0000001" / "manifest.json"
    manifest.write_text(
        json.dumps({**json.loads(manifest.read_text()), "../latest": {"bytes": 13, "sha256": "0" * 64}})
    )
    assert checkpoints.newest(lambda _: None) is None


def test_half_written_folder_is_no_checkpoint_and_is_swept(checkpoints: Checkpoints) -> None:
    _save(checkpoints, 1)
    (checkpoints.folder / ".tmp-0000002-1").mkdir()
    (checkpoints.folder / ".tmp-0000002-1" / "weights.safetensors").write_bytes(b"half")
    saved = checkpoints.newest(pytest.fail)
    assert saved and saved.step == 1
    checkpoints.sweep()
    assert {path.name for path in checkpoints.folder.iterdir()} == {"latest", "step-0000001"}


def test_file_that_cannot_grow_stops_the_save_and_keeps_the_last_one(checkpoints: Checkpoints) -> None:
    _save(checkpoints, 1)
    before = {path: path.read_bytes() for path in checkpoints.folder.rglob("*") if path.is_file()}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(TrainerError, match=r"cannot save the checkpoint of step 2 .*step-0000001 is kept"):
            checkpoints.save(2, {"weights": {"a": torch.zeros(100_000)}}, {}, None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {path: path.read_bytes() for path in checkpoints.folder.rglob("*") if path.is_file()} == before


def test_full_disk_is_seen_before_anything_is_written(
    checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    _save(checkpoints, 1)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000})())
    with pytest.raises(TrainerError, match=r"it needs .* and the disk has 1\.0 kB free; step-0000001 is kept"):
        _save(checkpoints, 2)
    assert {path.name for path in checkpoints.folder.iterdir()} == {"latest", "step-0000001"}


def _write_toml(recipe: Recipe, path: Path) -> Path:
    sections: dict[str, Any] = {k: v for k, v in asdict(recipe).items() if isinstance(v, dict)}
    lines = [f"seed = {recipe.seed}"]
    for name, values in sections.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    path.write_text("\n".join(lines))
    return path


@pytest.mark.slow
def test_run_killed_again_and_again_ends_with_the_bytes_of_an_unbroken_one(
    recipe: Callable[..., Recipe], tmp_path: Path
) -> None:
    made = recipe(
        train={"steps": 10, "neftune_alpha": 5.0, "warmup_steps": 3},
        checkpoint={"every": 2},
        data={"dev_fraction": 0.2},
    )
    told = subprocess.run(
        [sys.executable, "-m", "tests.trainer.finetune.kill_runs", _write_toml(made, tmp_path / "r.toml"), tmp_path, "3", "1"],
        cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["kills"] >= 2
    curves = [
        [
            (row["step"], row["loss"], row["gradient_norm"])
            for row in map(json.loads, (tmp_path / name / "metrics.jsonl").open())
        ]
        for name in ("whole", "broken")
    ]
    assert len(curves[0]) == 10 and curves[0] == curves[1]
    one, two = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "broken"))
    assert one == two
    assert not list((tmp_path / "broken").rglob(".tmp-*"))
