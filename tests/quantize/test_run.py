"""`wizard-quantize` as people start it: the whole way, broken off, refused, and told what is wrong."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from quantize.writing.gguf_file import read_outline
from tests.fakes.tiny_checkpoints import tiny_checkpoint

Make = Callable[[str], Path]
PROGRAM = [sys.executable, "-m", "quantize.cli"]


def quantize(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=200, check=False)


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Path:
    """A checkpoint whose rows k-quants can hold, with a chat template, in two shards of bf16."""
    folder = tmp_path_factory.mktemp("wide") / "wide"
    vocabulary = shared / "data" / "vocab" / "ggml-vocab-refact.gguf"
    tiny_checkpoint(
        folder, "gpt_bigcode", vocabulary, n_embd=256, n_inner=1024, dtype="bfloat16", max_shard_size="15MB"
    )
    (folder / "chat_template.jinja").write_text(
        "{% for m in messages %}### {{ m.role }}:\n{{ m.content }}\n{% endfor %}"
    )
    assert len(list(folder.glob("*.safetensors"))) > 1
    return folder


@pytest.mark.slow
def test_run_makes_a_verified_model_with_its_papers(wide: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.gguf"
    done = quantize(
        "run", wide, "--type", "q8_0", "-o", out, "--json", "--progress", "json", "--tokens", "512", "--within", "0"
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    wanted = {"perplexity_base", "perplexity", "kl_mean", "kl_p99", "top1_agreement", "bytes", "bits_per_weight"}
    assert wanted <= set(told)
    assert told["good"]
    assert told["bytes"] == out.stat().st_size
    rows = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert list(dict.fromkeys(r["stage"] for r in rows)) == ["convert", "compress", "verify"]
    outline = read_outline(out)
    assert str(outline.values["tokenizer.chat_template"]).startswith("{% for m in messages %}###")
    assert "### {{ m.role }}" in (tmp_path / "README.md").read_text()
    assert "FROM ./model.gguf" in (tmp_path / "Modelfile").read_text()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["Modelfile", "README.md", "model.gguf"]


@pytest.mark.slow
def test_kill_at_any_point_leaves_nothing_under_the_final_name_and_the_next_run_goes_on(
    wide: Path, tmp_path: Path
) -> None:
    out = tmp_path / "model.gguf"
    command = [*PROGRAM, "run", str(wide), "--type", "Q8_0", "-o", str(out), "--within", "0", "--tokens", "256"]
    chance = random.Random(3)
    for _ in range(2):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.3, 4.0))
        finished = process.poll() is not None
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert finished or not out.exists() or len(read_outline(out).tensors) > 20
    done = quantize("run", wide, "--type", "Q8_0", "-o", out, "--within", "0", "--tokens", "256")
    assert done.returncode == 0, done.stderr
    assert len(read_outline(out).tensors) > 20
    assert sorted(p.name for p in tmp_path.iterdir()) == ["Modelfile", "README.md", "model.gguf"]


@pytest.mark.slow
def test_model_that_lost_too_much_is_not_given_the_final_name(wide: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.gguf"
    arguments = (
        "run",
        wide,
        "--type",
        "Q8_0",
        "--tensor",
        "blk=q2_K",
        "-o",
        out,
        "--progress",
        "none",
        "--tokens",
        "256",
    )
    done = quantize(*arguments)
    assert done.returncode == 3
    assert "Q8_0 is not good enough for this model" in done.stderr
    assert not out.exists()
    taken = quantize(*arguments, "--accept")
    assert taken.returncode == 0, taken.stderr
    assert "taken as it is" in taken.stderr
    assert "Not good for its type" in (tmp_path / "README.md").read_text()


@pytest.mark.slow
def test_readme_of_somebody_else_is_left_alone(wide: Path, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    plain = ("--type", "Q8_0", "--within", "0", "--tokens", "128", "--progress", "none")
    done = quantize("run", wide, *plain, "-o", tmp_path / "m.gguf")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "README.md").read_text() == "mine"
    assert "Kept in F16" not in (tmp_path / "m.README.md").read_text()
    assert {tensor.kind for tensor in read_outline(tmp_path / "m.gguf").tensors.values()} == {0, 8}


def test_compress_refuses_its_own_source_and_leaves_it(converted: Make, tmp_path: Path) -> None:
    source = tmp_path / "in.gguf"
    source.write_bytes(converted("llama").read_bytes())
    before = source.read_bytes()
    os.link(source, tmp_path / "alias.gguf")
    done = quantize("compress", source, "--type", "Q8_0", "-o", tmp_path / "alias.gguf")
    assert done.returncode == 1
    assert "same file" in done.stderr
    assert source.read_bytes() == before


@pytest.mark.parametrize("cut", [0, 3, 20, 100, 5000, -5000, -1])
def test_truncated_gguf_is_refused_in_a_sentence(cut: int, converted: Make, tmp_path: Path) -> None:
    whole = converted("llama").read_bytes()
    (tmp_path / "cut.gguf").write_bytes(whole[:cut])
    done = quantize("compress", tmp_path / "cut.gguf", "--type", "Q8_0", "-o", tmp_path / "out.gguf")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "cut.gguf" in done.stderr
    assert not (tmp_path / "out.gguf").exists()
