"""Casts between the three floating types that GGUF models are written in, piece by piece.

Values that are not finite are refused here, where each one passes anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np

Float = Literal["F32", "F16", "BF16"]

WIDTH: dict[str, int] = {"F32": 4, "F16": 2, "BF16": 2}


class NotFinite(Exception):
    """A value is NaN or infinite; `cast` says whether it became so by the cast."""

    def __init__(self, cast: bool) -> None:
        self.cast = cast
        super().__init__("out of range" if cast else "NaN or infinite")


def to_single(values: np.ndarray[Any, Any], stored: str) -> np.ndarray[Any, Any]:
    """float32 values of what is stored as F32, F16, BF16 (its bits) or F64."""
    import numpy as np

    if stored == "BF16":
        return (values.astype(np.uint32) << 16).view(np.float32)
    return values.astype(np.float32, copy=False)


def cast(values: np.ndarray[Any, Any], stored: str, target: Float) -> np.ndarray[Any, Any]:
    """The same values in `target` (bf16 as its bits), rounded to nearest even.

    Raises:
        NotFinite: a value is not finite, or does not fit into f16.
    """
    import numpy as np

    if not _finite(values, stored):
        raise NotFinite(cast=False)
    if stored == target:
        return values
    single = to_single(values, stored)
    if target == "F32":
        return single
    if target == "F16":
        with np.errstate(over="ignore"):
            half = single.astype(np.float16)
        if not _finite(half, "F16"):
            raise NotFinite(cast=True)
        return half
    bits = single.view(np.uint32)
    return ((bits + (0x7FFF + ((bits >> 16) & 1))) >> 16).astype(np.uint16)


def _finite(values: np.ndarray[Any, Any], stored: str) -> bool:
    import numpy as np

    if not values.size:
        return True
    if stored in ("F16", "BF16"):
        exponent = 0x7C00 if stored == "F16" else 0x7F80
        return bool((values.view(np.uint16) & 0x7FFF).max() < exponent)
    return bool(np.isfinite(values).all())
