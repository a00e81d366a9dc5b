"""Rotary positions: how a configuration says them (two generations of transformers) and how GGUF does."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from quantize.architectures.architecture import refuse
from quantize.metadata import Setting
from quantize.reading.checkpoint import Config

_NUMBERS = (
    *("rope_theta", "factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"),
    *("attention_factor", "extrapolation_factor", "beta_fast", "beta_slow", "partial_rotary_factor"),
)
"""What is a positive number where it is given."""


def rope_settings(config: Config) -> dict[str, Setting]:
    """Metadata of base frequency and scaling.

    Raises:
        QuantizeError: a kind of scaling that llama.cpp does not compute.
    """
    rope = _parameters(config)
    settings: dict[str, Setting] = {"rope.freq_base": float(rope.get("rope_theta", 10000.0))}
    kind = rope.get("rope_type", "default")
    if kind in ("default", "llama3"):
        return settings
    if kind not in ("linear", "yarn") or not isinstance(rope.get("factor"), int | float):
        raise refuse(config, f"its rotary positions are scaled by {kind!r}; known are linear, yarn and llama3")
    settings |= {"rope.scaling.type": str(kind), "rope.scaling.factor": float(rope["factor"])}
    if kind == "yarn":
        original = rope.get("original_max_position_embeddings") or config.integer("max_position_embeddings")
        settings["rope.scaling.original_context_length"] = int(original)
        names = {
            "attention_factor": "yarn_attn_factor",
            "extrapolation_factor": "yarn_ext_factor",
            "beta_fast": "yarn_beta_fast",
            "beta_slow": "yarn_beta_slow",
        }
        settings |= {f"rope.scaling.{b}": float(rope[a]) for a, b in names.items() if rope.get(a) is not None}
    return settings


def rope_factors(config: Config, head_size: int) -> dict[str, list[float]]:
    """Llama 3's divisors of each frequency, as the tensor that llama.cpp reads; empty for other kinds of scaling."""
    rope = _parameters(config)
    if rope.get("rope_type") != "llama3":
        return {}
    base, factor = float(rope.get("rope_theta", 10000.0)), float(rope.get("factor", 8.0))
    low, high = float(rope.get("low_freq_factor", 1.0)), float(rope.get("high_freq_factor", 4.0))
    original = float(rope.get("original_max_position_embeddings", 8192))
    if high <= low:
        raise refuse(config, f"high_freq_factor {high:g} of its rotary positions is not over low_freq_factor {low:g}")
    factors = []
    for k in range(0, head_size, 2):
        wavelength = 2 * math.pi * base ** (k / head_size)
        if wavelength < original / high:
            factors.append(1.0)
        elif wavelength > original / low:
            factors.append(factor)
        else:
            smooth = (original / wavelength - low) / (high - low)
            factors.append(1 / ((1 - smooth) / factor + smooth))
    return {"rope_freqs.weight": factors}


def _parameters(config: Config) -> Mapping[str, Any]:
    """transformers 5 has `rope_parameters`; before, `rope_theta` and `rope_scaling` with `type` or `rope_type`."""
    rope = dict(config.table("rope_scaling")) | dict(config.table("rope_parameters"))
    if "rope_type" not in rope and "type" in rope:
        rope["rope_type"] = rope["type"]
    if rope.get("rope_theta") is None:
        rope["rope_theta"] = config.number("rope_theta", default=10000.0)
    if rope.get("partial_rotary_factor") is None:
        rope["partial_rotary_factor"] = config.number("partial_rotary_factor", default=1.0)
    for name in _NUMBERS:
        value = rope.get(name)
        if value is not None and not _is_positive(value):
            raise refuse(config, f"{name} of its rotary positions is {value!r} and should be a positive number")
    if rope["partial_rotary_factor"] != 1.0:
        raise refuse(config, "only a part of each head is rotated (partial_rotary_factor)")
    return rope


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0
