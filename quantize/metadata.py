"""Metadata of a GGUF file: what a value may be, and how each is written."""

from __future__ import annotations

from typing import Any

Setting = int | float | bool | str | list[int] | list[float] | list[str]
"""A metadata value: whole numbers are written as uint32, others as float32."""


def add_setting(writer: Any, name: str, value: Setting) -> None:
    """Write one metadata value by its Python type (whole numbers as uint32, other numbers as float32)."""
    if isinstance(value, bool):
        writer.add_bool(name, value)
    elif isinstance(value, int):
        writer.add_uint32(name, value)
    elif isinstance(value, float):
        writer.add_float32(name, value)
    elif isinstance(value, str):
        writer.add_string(name, value)
    else:
        writer.add_array(name, value)
