"""The child's side of `compress`: one call of llama.cpp's own llama_model_quantize."""

from __future__ import annotations

import ctypes
import os
import re
from typing import Any

from quantize.child import Report
from quantize.errors import QuantizeError
from quantize.llama_model import last_words, library, log_listeners

_COUNT = re.compile(r"\[\s*(\d+)/\s*(\d+)\]")
_FALLBACK = re.compile(r"(\d+) of (\d+) tensor\(s\) required fallback")
_SIZE = re.compile(r"quant size\s*=\s*([\d.]+) MiB \(([\d.]+) BPW\)")
_TENSOR = re.compile(r"^size =\s*([\d.]+) MiB(?: ->\s*([\d.]+) MiB)?")
_BUFFER = 256 << 20
"""Bytes of rows that llama.cpp may hold at once (its default is 8 GiB)."""


def run(request: dict[str, Any], report: Report) -> dict[str, Any]:
    """Quantize `source` to `out`; returns fallbacks, needs_importance, tensors, bytes, largest (tensor, in bytes) and
    bits_per_weight as llama.cpp counted them."""
    api = library()
    params = api.llama_model_quantize_default_params()
    name = request["type"]
    params.ftype = getattr(api, "LLAMA_FTYPE_ALL_F32" if name == "F32" else f"LLAMA_FTYPE_MOSTLY_{name}")
    params.nthread = request["threads"]
    params.allow_requantize = request["allow_requantize"]
    params.pure = request["pure"]
    params.dry_run = request["dry_run"]
    params.max_buf_size = _BUFFER
    kept = [_set_types(params, request), _set_importance(api, params, request)]
    heard: dict[str, Any] = {
        "needs_importance": False,
        "fallbacks": 0,
        "tensors": 0,
        "bytes": 0,
        "largest": 0,
        "bits_per_weight": 0.0,
    }

    def listen(line: str) -> None:
        if found := _COUNT.search(line):
            heard["tensors"] = int(found[2])
            report("compress", int(found[1]), int(found[2]), "tensors")
        elif "will require an imatrix" in line:
            heard["needs_importance"] = True
        elif found := _FALLBACK.search(line):
            heard["fallbacks"] = int(found[1])
        elif found := _TENSOR.search(line):
            heard["largest"] = max(heard["largest"], int(float(found[2] or found[1]) * 1024**2))
        elif found := _SIZE.search(line):
            heard["bytes"], heard["bits_per_weight"] = int(float(found[1]) * 1024**2), float(found[2])

    log_listeners.append(listen)
    code = api.llama_model_quantize(os.fsencode(request["source"]), os.fsencode(request["out"]), params)
    del kept
    if code != 0:
        said = last_words()
        if "iostream error" in said:
            raise QuantizeError("cannot write the model", "the disk is full", "free some space and run it again")
        raise QuantizeError(f"cannot quantize {request['source']} to {name}", said)
    return heard


def _set_types(params: Any, request: dict[str, Any]) -> Any:
    """Types of single tensors: those of embeddings and output, and by patterns."""
    import llama_cpp
    from gguf import GGMLQuantizationType

    def number(name: str) -> int:
        return int(GGMLQuantizationType[name.upper()])

    if request["embedding_type"]:
        params.token_embedding_type = number(request["embedding_type"])
    if request["output_type"]:
        params.output_tensor_type = number(request["output_type"])
    rows = [(pattern.encode(), number(name)) for pattern, name in request["overrides"]]
    if not rows:
        return None
    table = (llama_cpp.llama_model_tensor_override * (len(rows) + 1))(*rows)
    params.tt_overrides = ctypes.cast(table, type(params.tt_overrides))
    return table


def _set_importance(api: Any, params: Any, request: dict[str, Any]) -> Any:
    if not request["importance"]:
        return None
    import numpy as np

    from quantize.compression.importance_file import read_importance

    found = read_importance(request["importance"])
    values = {name.encode(): np.ascontiguousarray(v, np.float32) for name, v in found.items()}
    pointer = ctypes.POINTER(ctypes.c_float)
    rows = [(name, v.ctypes.data_as(pointer), v.size) for name, v in values.items()]
    table = (api.llama_model_imatrix_data * (len(rows) + 1))(*rows)
    params.imatrix = ctypes.cast(table, type(params.imatrix))
    return table, values
