"""A small random LoRA adapter for a llama model, as the GGUF file that llama.cpp loads beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def write_lora(path: Path, width: int, layers: int, seed: int, strength: float = 0.3) -> Path:
    """Write an adapter of rank 2 that changes the queries' and outputs' matrices (`width` x `width`) of all layers."""
    import gguf
    import numpy as np

    random = np.random.default_rng(seed)
    writer: Any = gguf.GGUFWriter(path, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_name(path.stem)
    writer.add_float32("adapter.lora.alpha", 2.0)
    for layer in range(layers):
        for matrix in ("attn_q", "attn_output"):
            name = f"blk.{layer}.{matrix}.weight"
            writer.add_tensor(f"{name}.lora_a", random.normal(0, strength, (2, width)).astype(np.float32))
            writer.add_tensor(f"{name}.lora_b", random.normal(0, strength, (width, 2)).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
