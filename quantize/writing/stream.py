"""Tensors on their way from a checkpoint into a GGUF file, in pieces of a few megabytes.

Two threads read, merge and cast ahead of the one that writes; what is in memory does not grow with the model.
"""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from assistant.ground.files import human_bytes
from assistant.ground.progress import Progress
from quantize.errors import QuantizeError
from quantize.writing.floats import NotFinite, cast, to_single
from quantize.writing.plan import Patch, Planned

_PIECE = 8 << 20
"""Bytes of a tensor that are worked on at a time."""


def write_tensors(writer: Any, plan: list[Planned], patch: Patch | None, progress: Progress) -> None:
    """Read, cast and write in order; two threads work ahead of the writing."""
    stream = writer.fout[0]
    total = sum(p.bytes for p in plan)
    done = 0
    ahead: deque[Future[tuple[Planned, Any, bool]]] = deque()
    with ThreadPoolExecutor(2) as pool:
        try:
            for work in _pieces(plan, patch):
                ahead.append(pool.submit(work))
                if len(ahead) > 3:
                    done = _write_piece(stream, ahead.popleft().result(), done)
                    progress.update("convert", done, total, "bytes")
            while ahead:
                done = _write_piece(stream, ahead.popleft().result(), done)
                progress.update("convert", done, total, "bytes")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    stream.flush()


def _write_piece(stream: Any, piece: tuple[Planned, Any, bool], done: int) -> int:
    planned, values, last = piece
    try:
        stream.write(values.reshape(-1).view("u1").data if values.size else b"")
        if last:
            stream.write(bytes(-planned.bytes % 32))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            why = f"the disk is full after {human_bytes(done)}"
            raise QuantizeError("cannot write the model", why, "free some space and run it again") from error
        raise
    return done + values.nbytes


def _pieces(plan: list[Planned], patch: Patch | None) -> Iterator[Callable[[], tuple[Planned, Any, bool]]]:
    for planned in plan:
        stored = planned.stored
        if (
            stored is None
            or planned.wanted.order
            or planned.wanted.transposed
            or planned.wanted.scaled
            or not stored.shape
        ):
            yield lambda p=planned: (p, _whole(p, patch), True)  # type: ignore[misc]  # mypy cannot type a default
            continue
        first, end = planned.wanted.rows or (0, stored.rows)
        step = max(1, _PIECE // max(1, stored.bytes // max(stored.rows, 1)))
        for start in range(first, end, step):
            stop = min(start + step, end)
            yield lambda p=planned, a=start, b=stop, e=end: (p, _rows(p, patch, a, b), b == e)  # type: ignore[misc]  # likewise


def _rows(planned: Planned, patch: Patch | None, start: int, stop: int) -> Any:
    """Rows of the source as they are written."""
    assert planned.stored is not None
    values, stored = planned.stored.read(start, stop), planned.stored.dtype
    if patch is not None and patch.touches(planned.wanted.source):
        values, stored = patch.apply(planned.wanted.source, start, to_single(values, stored)), "F32"
    try:
        return cast(values, stored, planned.kind)
    except NotFinite as error:
        name = planned.wanted.source
        if error.cast:
            why = f"the tensor {name} has values over 65,504, which f16 cannot hold"
            raise QuantizeError("cannot convert the checkpoint", why, "--float bf16") from error
        why = f"the tensor {name} holds values that are NaN or infinite"
        raise QuantizeError(
            "cannot convert the checkpoint", why, "an earlier checkpoint of the same training"
        ) from error


def _whole(planned: Planned, patch: Patch | None) -> Any:
    import numpy as np

    if planned.stored is None:
        return np.asarray(planned.values, np.float32)
    values = _rows(planned, patch, 0, planned.stored.rows)
    if planned.wanted.scaled is not None:
        values = _scaled(values, planned)
    if planned.wanted.order is not None:
        heads = planned.wanted.order[1]
        order = np.arange(len(values)).reshape(heads, 2, -1).swapaxes(1, 2).reshape(-1)
        values = values[order]
    if planned.wanted.transposed:
        values = np.ascontiguousarray(values.T)
    return values


def _scaled(values: Any, planned: Planned) -> Any:
    rows, factor = planned.wanted.scaled or (0, 1.0)
    single = to_single(values, planned.kind).copy()
    single[(..., slice(rows)) if planned.wanted.transposed else slice(rows)] *= factor
    return cast(single, "F32", planned.kind)
