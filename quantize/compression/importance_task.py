"""The child's side of `importance`: watches what flows into each matrix while a model reads text.

llama.cpp calls back before and after each operation; of a matrix multiplication the second operand's columns are
squared and summed, which is what its own llama-imatrix collects. Mixtures of experts are not counted.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantize.child import Report
from quantize.compression.importance_file import write_importance
from quantize.errors import QuantizeError
from quantize.llama_model import LlamaModel, library

if TYPE_CHECKING:
    import numpy as np

_F32 = 0
_BLOCK = 128
"""Tokens evaluated at a time. Logits are asked for all: the last block computes only what they need."""


class _Tensor(ctypes.Structure):
    """The head of llama.cpp's `struct ggml_tensor`."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("buffer", ctypes.c_void_p),
        ("ne", ctypes.c_int64 * 4),
        ("nb", ctypes.c_size_t * 4),
        ("op", ctypes.c_int),
        ("op_params", ctypes.c_int32 * 16),
        ("flags", ctypes.c_int32),
        ("src", ctypes.c_void_p * 10),
        ("view_src", ctypes.c_void_p),
        ("view_offs", ctypes.c_size_t),
        ("data", ctypes.c_void_p),
        ("name", ctypes.c_char * 64),
    ]


class _Watcher:
    """Sums of squares by tensor name."""

    def __init__(self) -> None:
        from llama_cpp import _ggml, llama_cpp

        self.sums: dict[str, np.ndarray[Any, Any]] = {}
        self.counts: dict[str, int] = {}
        self.failure: Exception | None = None
        ggml = _ggml.libggml
        self._describe = ggml.ggml_op_desc
        self._describe.argtypes, self._describe.restype = [ctypes.c_void_p], ctypes.c_char_p
        self._fetch = ggml.ggml_backend_tensor_get
        self._fetch.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t]
        self.callback = llama_cpp.ggml_backend_sched_eval_callback(self._seen)

    def _seen(self, pointer: int, asking: bool, _: Any) -> bool:
        try:
            tensor = ctypes.cast(pointer, ctypes.POINTER(_Tensor)).contents
            if self._describe(pointer) != b"MUL_MAT":
                return not asking
            weights = ctypes.cast(tensor.src[0], ctypes.POINTER(_Tensor)).contents
            name = weights.name.decode()
            wanted = name.startswith("blk.") and name.endswith(".weight")
            if not asking and wanted:
                self._add(name, tensor.src[1])
            return wanted or not asking
        except Exception as error:  # an exception must not cross C; it is raised again after the evaluation
            self.failure = error
            return False

    def _add(self, name: str, pointer: int) -> None:
        import numpy as np

        inputs = ctypes.cast(pointer, ctypes.POINTER(_Tensor)).contents
        columns, rows = inputs.ne[0], inputs.ne[1] * inputs.ne[2] * inputs.ne[3]
        if inputs.type != _F32 or inputs.nb[1] != columns * 4:
            raise QuantizeError("cannot measure importance", f"the input of {name} is not in plain f32 rows")
        values = np.empty((rows, columns), np.float32)
        self._fetch(pointer, values.ctypes.data, 0, values.nbytes)
        squares = np.einsum("ij,ij->j", values, values, dtype=np.float64)
        if not np.isfinite(squares).all():
            raise QuantizeError("cannot measure importance", f"values that are no numbers flow into {name}")
        self.sums[name] = self.sums.get(name, 0.0) + squares
        self.counts[name] = self.counts.get(name, 0) + rows


def run(request: dict[str, Any], report: Report) -> dict[str, Any]:
    """Read `text` with `model` and write the importance matrix to `out`; returns tensors, chunks and tokens."""
    library()
    watcher = _Watcher()
    size = int(request["context"])
    model = LlamaModel(Path(request["model"]), size, on_eval=watcher.callback)
    size = min(size, model.trained_context)
    tokens = model.tokenize(request["text"], special=True)[: int(request["tokens"])]
    chunks = [tokens[i : i + size] for i in range(0, len(tokens), size)]
    chunks = [chunk for chunk in chunks if len(chunk) == size] or chunks[:1]
    if not chunks or len(chunks[0]) < 64:
        raise QuantizeError("cannot measure importance", f"the text has {len(tokens)} tokens; it takes 64 at least")
    for i, chunk in enumerate(chunks):
        model.forget()
        start = [model.bos] if model.adds_bos else []
        whole = [*start, *chunk][:size]
        for at in range(0, len(whole), _BLOCK):
            model.logits(whole[at : at + _BLOCK], at)
        if watcher.failure is not None:
            raise watcher.failure
        report("importance", i + 1, len(chunks), "chunks")
    write_importance(
        Path(request["out"]),
        watcher.sums,
        watcher.counts,
        datasets=[request["dataset"]],
        chunks=len(chunks),
        chunk_size=size,
    )
    return {"tensors": len(watcher.counts), "chunks": len(chunks), "tokens": sum(map(len, chunks))}
