"""Whatever stops a conversion, the old file stays: a kill at any moment, a disk that is full, a place that cannot be written."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.small_tokenizer import train_tokenizer
from tests.fakes.tiny_checkpoints import save_random_model

Make = Callable[[str], Path]

# One process imports everything once and kills fifty children of its own, each at another moment of the conversion.
KILLS = """
import json, os, random, signal, sys, time
from pathlib import Path
import gguf, numpy
from quantize.writing.convert import convert
from quantize.writing.gguf_file import read_outline
folder, out, kills = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])

def begun():
    child = os.fork()
    if child == 0:
        try:
            convert(folder, out, kind="F32")
        finally:
            os._exit(0)
    return child

started = time.monotonic()
os.waitpid(begun(), 0)
seconds = time.monotonic() - started
whole = out.read_bytes()
chance, damaged, interrupted = random.Random(5), 0, 0
for number in range(kills):
    out.write_bytes(b"old")
    child = begun()
    time.sleep(seconds * 1.1 * (number + chance.random()) / kills)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    left = out.read_bytes()
    interrupted += left == b"old"
    damaged += left not in (b"old", whole)
out.write_bytes(b"old")
os.waitpid(begun(), 0)
print(json.dumps({"damaged": damaged, "interrupted": interrupted, "whole": out.read_bytes() == whole}))
"""


@pytest.mark.slow
def test_killed_at_fifty_moments_the_old_file_is_there_or_the_new_one(tmp_path: Path) -> None:
    folder = save_random_model(tmp_path / "small", "llama", train_tokenizer())
    done = subprocess.run(
        [sys.executable, "-c", KILLS, str(folder), str(tmp_path / "out.gguf"), "50"],
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
    )
    told = json.loads(done.stdout)
    assert told["damaged"] == 0
    assert told["interrupted"] >= 10
    assert told["whole"]


def quantize(*arguments: str | Path, most: int = resource.RLIM_INFINITY) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "quantize.cli", *map(str, arguments), "--progress", "none"]
    return subprocess.run(
        ["prlimit", f"--fsize={most}", "--", *command] if most >= 0 else command,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_disk_that_gets_full_leaves_the_old_file(checkpoint: Make, converted: Make, tmp_path: Path) -> None:
    out = tmp_path / "out.gguf"
    out.write_bytes(b"old")
    for arguments in (("convert", checkpoint("llama")), ("compress", converted("llama"), "--type", "Q8_0")):
        done = quantize(*arguments, "-o", out, most=1_000_000)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert "disk is full" in done.stderr, done.stderr
        assert out.read_bytes() == b"old"
        assert [path.name for path in tmp_path.iterdir()] == ["out.gguf"]


def test_place_that_cannot_be_written_is_told_before_work(checkpoint: Make) -> None:
    done = quantize("convert", checkpoint("llama"), "-o", "/sys/out.gguf")
    assert done.returncode == 1
    assert "/sys" in done.stderr
    assert "Traceback" not in done.stderr
