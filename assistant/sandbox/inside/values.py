"""Plain values on their way between the candidate and the judge: JSON with tags, arrays as .npy without pickle.

`Wire` frames messages on a socket, `encode` and `decode` turn values into JSON and back. What comes back are objects
of Python's own types only, so an `__eq__` of the candidate's never takes part in a comparison. Code never crosses:
a function becomes a handle that the other side may call, an object that is no plain value becomes `Opaque`.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import sys
from collections import deque
from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from typing import Any

LONGEST_MESSAGE = 64 * 1024 * 1024
LONGEST_ITERATOR = 20_000

_TAG = "\u0001"
_written = json.JSONEncoder(separators=(",", ":")).encode
_JSON_INT_BITS = 64
_PLAIN_INT = 1 << _JSON_INT_BITS


class Opaque:
    """A value that cannot cross: it equals nothing but itself. `kind` is the name of its type."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __repr__(self) -> str:
        return f"<{self.kind} that stayed in the sandbox>"


class WireClosed(Exception):
    """The other side is gone, or said something that is no message."""


class Wire:
    """Messages (JSON objects, a length before each) on a connected stream socket given by its descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._data = bytearray()

    def send(self, message: dict[str, Any]) -> None:
        """Send one message; raises WireClosed when nobody reads or it is too long."""
        data = _written(message).encode()
        if len(data) > LONGEST_MESSAGE:
            raise WireClosed(f"a value of {len(data):,} bytes is too long")
        view = memoryview(len(data).to_bytes(4, "big") + data)
        while view:
            try:
                view = view[os.write(self._descriptor, view) :]
            except OSError as error:
                raise WireClosed("nobody listens") from error

    def receive(self) -> dict[str, Any]:
        """The next message; raises WireClosed at the end or on anything that is no JSON object."""
        length = int.from_bytes(self._read(4), "big")
        if length > LONGEST_MESSAGE:
            raise WireClosed(f"an answer of {length:,} bytes is too long")
        try:
            message = json.loads(self._read(length).decode())
        except (ValueError, RecursionError) as error:
            raise WireClosed("an answer that is no JSON") from error
        if not isinstance(message, dict):
            raise WireClosed("an answer that is no JSON object")
        return message

    def _read(self, count: int) -> bytes:
        while len(self._data) < count:
            try:
                part = os.read(self._descriptor, max(count - len(self._data), 1 << 16))
            except OSError as error:
                raise WireClosed("the answer stopped half-way") from error
            if not part:
                raise WireClosed("the answer stopped half-way")
            self._data += part
        data = bytes(self._data[:count])
        del self._data[:count]
        return data


def encode(value: Any, keep: Callable[[Any], int]) -> Any:
    """`value` as JSON; `keep` stores a callable and returns the handle by which the other side calls it."""
    kind = type(value)
    if value is None or kind is bool or kind is str or (kind is int and -_PLAIN_INT < value < _PLAIN_INT):
        return value
    if isinstance(value, (int, float, complex, str, bytes, bytearray)):
        return _encode_scalar(value, keep)
    if isinstance(value, (list, tuple, set, frozenset, dict)):
        return _encode_container(value, keep)
    return _encode_other(value, keep)


def _encode_scalar(value: Any, keep: Callable[[Any], int]) -> Any:
    if _is_numpy(value):
        return _encode_array(value)
    if isinstance(value, bool):
        return bool(value)
    if isinstance(value, int):
        plain = int.__add__(value, 0)
        return plain if plain.bit_length() <= _JSON_INT_BITS else {_TAG: "int", "v": hex(plain)}
    if isinstance(value, float):
        number = float.__add__(value, 0.0) if value == value and value else float(repr(float(value)))
        return number if math.isfinite(number) else {_TAG: "float", "v": repr(number)}
    if isinstance(value, complex):
        plain_complex = complex(value)
        parts = (encode(plain_complex.real, keep), encode(plain_complex.imag, keep))
        return {_TAG: "complex", "v": parts}
    if isinstance(value, str):
        return str.__str__(value)
    tag = "bytes" if isinstance(value, bytes) else "bytearray"
    return {_TAG: tag, "v": bytes(value).hex()}


def _encode_container(value: Any, keep: Callable[[Any], int]) -> Any:
    if isinstance(value, list):
        return [encode(item, keep) for item in list.__iter__(value)]
    if isinstance(value, tuple):
        return {_TAG: "tuple", "v": [encode(item, keep) for item in tuple.__iter__(value)]}
    if isinstance(value, dict):
        return {_TAG: "dict", "v": [[encode(k, keep), encode(v, keep)] for k, v in dict.items(value)]}
    if isinstance(value, set):
        return {_TAG: "set", "v": [encode(item, keep) for item in set.__iter__(value)]}
    return {_TAG: "frozenset", "v": [encode(item, keep) for item in frozenset.__iter__(value)]}


def _encode_other(value: Any, keep: Callable[[Any], int]) -> Any:
    if _is_numpy(value):
        return _encode_array(value)
    if isinstance(value, range):
        return {_TAG: "range", "v": [value.start, value.stop, value.step]}
    if _is_a(value, "fractions", "Fraction"):
        parts = [encode(value.numerator, keep), encode(value.denominator, keep)]
        return {_TAG: "fraction", "v": parts}
    if _is_a(value, "decimal", "Decimal"):
        return {_TAG: "decimal", "v": str(value)}
    if isinstance(value, deque):
        return {_TAG: "deque", "v": [encode(item, keep) for item in deque.__iter__(value)]}
    if isinstance(value, KeysView | ItemsView):
        return {_TAG: "set", "v": [encode(item, keep) for item in value]}
    if isinstance(value, ValuesView):
        return {_TAG: "opaque", "v": "dict_values"}
    if value is Ellipsis:
        return {_TAG: "ellipsis"}
    if isinstance(value, Iterator):
        items = list(itertools.islice(value, LONGEST_ITERATOR + 1))
        return {_TAG: "iterator", "v": [encode(item, keep) for item in items]}
    if callable(value):
        return {_TAG: "function", "v": keep(value)}
    return {_TAG: "opaque", "v": type(value).__name__[:80]}


def _is_a(value: Any, module: str, name: str) -> bool:
    """Whether it is an instance of a class that few programs load: who has one has loaded its module."""
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(value, kind)


def _is_numpy(value: Any) -> bool:
    return type(value).__module__ == "numpy" and hasattr(value, "dtype")


def _encode_array(value: Any) -> Any:
    import io

    import numpy

    stream = io.BytesIO()
    array = numpy.asarray(value)
    if array.dtype.hasobject:
        return {_TAG: "opaque", "v": "ndarray of objects"}
    numpy.save(stream, array, allow_pickle=False)
    scalar = isinstance(value, numpy.generic)
    return {_TAG: "array", "v": stream.getvalue().hex(), "scalar": scalar}


def decode(data: Any, handle: Callable[[int], Any]) -> Any:
    """The value that `encode` made `data` of; `handle` makes a callable of a handle of the other side's."""
    if isinstance(data, list):
        return [decode(item, handle) for item in data]
    if not isinstance(data, dict):
        return data
    tag = data.get(_TAG)
    maker = _MAKERS.get(tag) if isinstance(tag, str) else None
    if maker is None:
        return _decode_other(data, handle)
    content = data.get("v")
    if tag in _NESTED:
        content = decode(content, handle)
    return maker(content)


def _decode_other(data: dict[str, Any], handle: Callable[[int], Any]) -> Any:
    tag = data.get(_TAG)
    if tag == "array":
        return _decode_array(data)
    if tag == "function":
        return handle(int(data["v"]))
    return Opaque(str(data.get("v", "value"))[:80])


def _decode_array(data: dict[str, Any]) -> Any:
    import io

    import numpy

    array = numpy.load(io.BytesIO(bytes.fromhex(data["v"])), allow_pickle=False)
    return array[()] if data.get("scalar") else array


def _pairs(content: Any) -> dict[Any, Any]:
    return {pair[0]: pair[1] for pair in content}


def _decimal(text: str) -> Any:
    from decimal import Decimal

    return Decimal(text)


def _fraction(parts: Any) -> Any:
    from fractions import Fraction

    return Fraction(*parts)


def _iterator(items: Any) -> Iterator[Any]:
    yield from items[:LONGEST_ITERATOR]
    if len(items) > LONGEST_ITERATOR:
        raise WireClosed(f"an iterator of more than {LONGEST_ITERATOR:,} items")


_MAKERS: dict[str, Callable[[Any], Any]] = {
    "int": lambda text: int(text, 16),
    "float": float,
    "complex": lambda parts: complex(*parts),
    "bytes": bytes.fromhex,
    "bytearray": bytearray.fromhex,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "dict": _pairs,
    "range": lambda parts: range(*parts),
    "fraction": _fraction,
    "decimal": _decimal,
    "deque": deque,
    "ellipsis": lambda _: ...,
    "iterator": _iterator,
}
_NESTED = frozenset({"complex", "tuple", "set", "frozenset", "dict", "fraction", "deque", "iterator", "range"})
