"""The report about this machine, and what is said where llama.cpp or a GPU cannot be used."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from assistant.engine import devices


def test_this_machine_is_described() -> None:
    report = devices.survey()
    assert report.problem == ""
    assert report.llama_version
    assert any(not device.gpu for device in report.found)
    assert report.uses
    assert report.why
    assert report.threads <= report.cpus_allowed
    assert report.memory_available > 0


def test_gpu_that_this_build_cannot_use_comes_with_the_command_that_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho NVIDIA GeForce RTX 4090\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    report = devices.survey()
    if any(device.gpu for device in report.found):
        pytest.skip("this build uses a GPU")
    (unusable,) = report.unusable
    assert unusable.description == "NVIDIA GeForce RTX 4090"
    assert "CUDA" in unusable.why
    assert "GGML_CUDA=on" in unusable.install
    assert report.uses.startswith("CPU")


def test_llama_cpp_that_cannot_be_loaded_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LLAMA_CPP_LIB_PATH", str(tmp_path))
    report = devices.survey()
    assert "cannot be loaded" in report.problem
    assert report.found == ()
    assert report.uses == "nothing"


def test_driver_that_hangs_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*args: object, **rest: object) -> None:
        raise subprocess.TimeoutExpired("devices", 30)

    monkeypatch.setattr(devices.subprocess, "run", hang)
    assert "did not answer" in devices.survey().problem
