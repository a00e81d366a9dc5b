"""Importance matrices on disk, in llama.cpp's own GGUF form: sums of squared inputs and counts, two tensors a matrix.

What llama.cpp's llama-imatrix writes is read here, and what is written here llama-quantize reads.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.ground.files import replacing
from quantize.errors import QuantizeError
from quantize.writing.gguf_file import TensorPlace, read_outline

if TYPE_CHECKING:
    import numpy as np

_SUMS, _COUNTS = ".in_sum2", ".counts"
_F32 = 0


def read_importance(path: Path | str) -> dict[str, np.ndarray[Any, Any]]:
    """Mean squared input of each column, float32, by the tensor's name.

    Raises:
        QuantizeError: the file is damaged or holds something else.
    """
    import numpy as np

    outline = read_outline(Path(path))
    if outline.values.get("general.type") != "imatrix":
        hint = f"wizard-quantize importance MODEL.gguf -o {path}"
        raise QuantizeError(f"{path} holds no importance matrix", "it is another kind of GGUF file", hint)
    found = {}
    for name, place in outline.tensors.items():
        if not name.endswith(_SUMS):
            continue
        short = name.removesuffix(_SUMS)
        counts = outline.tensors.get(short + _COUNTS)
        if counts is None or place.kind != _F32 or counts.kind != _F32:
            raise QuantizeError(f"cannot read {path}", f"the counts of {short} are missing")
        sums = _values(outline.path, place)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = sums / _values(outline.path, counts).reshape(-1, 1)
        found[short] = np.nan_to_num(mean, nan=1.0, posinf=1.0).astype(np.float32).reshape(-1)
    return found


def write_importance(
    path: Path,
    sums: dict[str, np.ndarray[Any, Any]],
    counts: dict[str, int],
    *,
    datasets: list[str],
    chunks: int,
    chunk_size: int,
) -> None:
    """Write sums of squares (one array of columns a tensor) and how many rows they are of."""
    import numpy as np
    from gguf import GGUFWriter

    with replacing(path) as staged:
        writer = GGUFWriter(staged, "")
        writer.kv_data[0].clear()  # an importance matrix has no architecture
        writer.add_type("imatrix")
        writer.add_array("imatrix.datasets", datasets)
        writer.add_uint32("imatrix.chunk_count", chunks)
        writer.add_uint32("imatrix.chunk_size", chunk_size)
        for name in sorted(sums):
            writer.add_tensor(name + _SUMS, sums[name].astype(np.float32).reshape(1, -1))
            writer.add_tensor(name + _COUNTS, np.asarray([[counts[name]]], np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def _values(path: Path, place: TensorPlace) -> np.ndarray[Any, Any]:
    import numpy as np

    with path.open("rb") as stream:
        stream.seek(place.offset)
        return np.frombuffer(stream.read(place.bytes), "<f4").reshape(place.shape)
