"""Converting a 2.3 GB StarCoder checkpoint of random weights: time and memory against llama.cpp's convert_hf_to_gguf.py.

The reference is not a dependency: give its source tree (the one in llama-cpp-python's source distribution will do) in
LLAMA_CPP_SOURCE, and a tokenizer's folder in TOKENIZER (a StarCoder one). Rounds are interleaved, each in processes of
their own; memory is the peak resident set that the kernel counted. `--layers 6` makes a smaller checkpoint, `--kinds f16`
leaves the other types out.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROUNDS = 3
FASTER, LEANER, LEAN = 1.0, 0.5, 300.0
"""Bounds: speed and memory beside the reference's, and MB of memory besides half of the largest shard."""
WIDTH, LAYERS, HEADS, POSITIONS, VOCABULARY = 2048, 24, 16, 8192, 49152


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=LAYERS)
    parser.add_argument("--kinds", default="bf16,f16")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    reference = os.environ.get("LLAMA_CPP_SOURCE")
    tokenizer = Path(os.environ.get("TOKENIZER", Path(__file__).parents[2] / "shared" / "models" / "tiny-starcoder"))
    with tempfile.TemporaryDirectory(dir=os.environ.get("SCRATCH")) as scratch:
        folder = Path(scratch) / "checkpoint"
        size = make_checkpoint(folder, tokenizer, asked.layers)
        print(f"checkpoint: {size / 1e9:.2f} GB of bf16 in one shard")
        out = Path(scratch) / "out.gguf"
        commands = {
            "ours": [sys.executable, "-m", "quantize.cli", "convert", str(folder), "--progress", "none", "-o", str(out)]
        }
        if reference:
            converter = str(Path(reference) / "convert_hf_to_gguf.py")
            commands["llama.cpp"] = [sys.executable, converter, str(folder), "--outfile", str(out), "--outtype"]
        for kind in asked.kinds.split(","):
            figures: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
            for _ in range(asked.rounds):
                for name, command in commands.items():
                    full = [*command, kind] if name != "ours" else [*command, "--float", kind]
                    figures[name].append(measured(full, reference))
                    out.unlink()
            report(kind, figures, size)


def make_checkpoint(folder: Path, tokenizer: Path, layers: int) -> int:
    """Write a StarCoderBase-1B shape with random bf16 weights; returns the size of its tensors."""
    folder.mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        if (tokenizer / name).is_file():
            shutil.copy(tokenizer / name, folder / name)
    config = {
        "architectures": ["GPTBigCodeForCausalLM"], "model_type": "gpt_bigcode", "n_embd": WIDTH, "n_layer": layers,
        "n_head": HEADS, "n_inner": 4 * WIDTH, "n_positions": POSITIONS, "vocab_size": VOCABULARY, "multi_query": True,
        "activation_function": "gelu_pytorch_tanh", "layer_norm_epsilon": 1e-5, "tie_word_embeddings": True,
        "bos_token_id": 0, "eos_token_id": 0,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    from quantize.architectures import ARCHITECTURES
    from quantize.reading.checkpoint import Config

    layout = list(ARCHITECTURES["gpt_bigcode"].layout(Config(folder / "config.json", config)))
    header, at = {}, 0
    for wanted in layout:
        if wanted.untied:
            continue
        count = int(np.prod(wanted.shape)) * 2
        header[wanted.source] = {"dtype": "BF16", "shape": list(wanted.shape), "data_offsets": [at, at + count]}
        at += count
    raw = json.dumps(header).encode()
    block = (np.random.default_rng(0).normal(0, 0.02, 1 << 22).astype(np.float32).view(np.uint32) >> 16).astype(
        np.uint16
    )
    data = block.tobytes()
    with (folder / "model.safetensors").open("wb") as stream:
        stream.write(len(raw).to_bytes(8, "little") + raw)
        left = at
        while left:
            left -= stream.write(data[: min(left, len(data))])
    return at


def measured(command: list[str], reference: str | None) -> tuple[float, float]:
    """Seconds and peak memory in MB of one command."""
    environment = os.environ | {"OMP_NUM_THREADS": "2"}
    if reference and reference in command[1]:
        environment["PYTHONPATH"] = str(Path(reference) / "gguf-py")
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"failed: {' '.join(command)}")
    return time.perf_counter() - started, usage.ru_maxrss / 1000


def report(kind: str, figures: dict[str, list[tuple[float, float]]], size: int) -> None:
    for name, rounds in figures.items():
        seconds, memory = (statistics.median(values) for values in zip(*rounds, strict=True))
        print(f"{kind:<5}{name:<10} {seconds:6.1f} s  {size / seconds / 1e6:7.0f} MB/s  peak {memory:6.0f} MB")
        if name == "ours":
            most = 0.5 * size / 1e6 + LEAN
            print(f"{kind:<5}memory {memory:.0f} MB of {most:.0f} {'ok' if memory <= most else 'MISS'}")
    if len(figures) == 2:
        ours, theirs = figures["ours"], figures["llama.cpp"]
        speed = statistics.median(t[0] / o[0] for o, t in zip(ours, theirs, strict=True))
        memory = statistics.median(o[1] / t[1] for o, t in zip(ours, theirs, strict=True))
        held = speed >= FASTER and memory <= LEANER
        print(
            f"{kind:<5}speed x{speed:.2f} (at least {FASTER}), memory x{memory:.2f} of llama.cpp's (at most {LEANER}) "
            f"{'ok' if held else 'MISS'}"
        )


if __name__ == "__main__":
    main()
