"""Makes the golden files beside it: what llama.cpp's own converter writes for four checkpoints of fixed values.

How: `python -m tests.quantize.golden.make_golden LLAMA_CPP LIBRARIES VOCAB_FOLDER`, where LLAMA_CPP is its source tree
(here: the one in the source distribution of llama-cpp-python 0.3.36), LIBRARIES a folder with the sentencepiece package
that its converter imports, and VOCAB_FOLDER holds its ggml-vocab-*.gguf files. The checkpoints' weights come from a counter, not from a
random generator, so they are the same everywhere. Each golden file has the type, shape and SHA-256 of each tensor for
f32, f16 and bf16 output, and every metadata value (long ones as their SHA-256).
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tests.fakes.tiny_checkpoints import tiny_checkpoint

VOCABULARIES = {"gpt_bigcode": "refact", "starcoder2": "starcoder", "llama": "deepseek-coder", "qwen2": "qwen2"}
HERE = Path(__file__).parent


def fixed_checkpoint(folder: Path, architecture: str, vocabularies: Path) -> Path:
    """A checkpoint whose weights are a formula of their place."""
    from safetensors.numpy import load_file, save_file

    vocabulary = vocabularies / f"ggml-vocab-{VOCABULARIES[architecture]}.gguf"
    small = {"n_embd": 32, "n_inner": 128} if architecture == "gpt_bigcode" else {"hidden_size": 32}
    tiny_checkpoint(folder, architecture, vocabulary, **small)
    path = folder / "model.safetensors"
    tensors = load_file(path)
    for name in sorted(tensors):
        seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little")
        count = np.arange(tensors[name].size, dtype=np.uint64)
        mixed = ((count + np.uint64(seed)) * np.uint64(2654435761)) & np.uint64(0xFFFFFFFF)
        values = mixed.astype(np.float64) / 2**31 - 1.0
        tensors[name] = (values * 0.37).astype(np.float32).reshape(tensors[name].shape)
    save_file(tensors, path, {"format": "pt"})
    return folder


def describe(gguf: Path) -> dict[str, Any]:
    """Tensors and metadata of a GGUF file, as the golden files have them."""
    from assistant.engine.gguf_file import read_file
    from quantize.writing.gguf_file import read_outline

    outline, values = read_outline(gguf), read_file(gguf, kept=1 << 22).metadata
    tensors = {}
    with gguf.open("rb") as stream:
        for place in outline.tensors.values():
            stream.seek(place.offset)
            digest = hashlib.sha256(stream.read(place.bytes)).hexdigest()
            tensors[place.name] = [place.kind, list(place.shape), digest]
    return {"tensors": tensors, "metadata": {key: shorten(value) for key, value in values.items()}}


def shorten(value: Any) -> Any:
    """Long values as a hash."""
    text = json.dumps(value)
    return value if len(text) <= 200 else f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def main() -> None:
    """Run the reference converter and write the golden files."""
    reference, libraries, vocabularies = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    converter = str(reference / "convert_hf_to_gguf.py")
    environment = os.environ | {"PYTHONPATH": f"{reference / 'gguf-py'}:{libraries}"}
    for architecture in VOCABULARIES:
        with tempfile.TemporaryDirectory() as scratch:
            folder = fixed_checkpoint(Path(scratch) / "golden", architecture, vocabularies)
            found = {}
            for kind in ("f32", "f16", "bf16"):
                out = Path(scratch) / f"{kind}.gguf"
                command = [sys.executable, converter, str(folder), "--outtype", kind, "--outfile", str(out)]
                subprocess.run(command, check=True, capture_output=True, env=environment)
                found[kind] = describe(out)
            (HERE / f"{architecture}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
