"""Values on the wire: what goes in comes out, of Python's own types, and nothing hostile gets through."""

from __future__ import annotations

import math
import os
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sandbox.inside.values import LONGEST_ITERATOR, Opaque, Wire, WireClosed, decode, encode


def across(value: Any) -> Any:
    import json

    return decode(json.loads(json.dumps(encode(value, lambda _: 0))), lambda handle: handle)


ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters())
    | st.binary()
    | st.complex_numbers(allow_nan=False)
)
HASHABLE = st.recursive(ATOMS, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3), max_leaves=6)
VALUES = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner)
        | st.dictionaries(HASHABLE, inner, max_size=3)
        | st.sets(HASHABLE, max_size=3)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_plain_values_come_back_equal_and_of_the_same_type(value: Any) -> None:
    assert across(value) == value
    assert type(across(value)) is type(value)


def test_what_json_has_no_word_for() -> None:
    assert math.isnan(across(float("nan")))
    assert across(float("-inf")) == -math.inf
    assert across({1: "a", "1": "b", (2, 3): None}) == {1: "a", "1": "b", (2, 3): None}
    assert across("\ud800") == "\ud800"
    assert across({"\u0001": "tuple", "v": [1]}) == {"\u0001": "tuple", "v": [1]}
    assert across(-(10**5000)) == -(10**5000)
    assert across({}.keys()) == set()


def test_objects_that_lie_come_back_as_the_plain_type_below() -> None:
    class Liar(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    class ListLiar(list):
        def __iter__(self) -> Any:
            return iter([42])

    assert type(across(Liar(7))) is int
    assert across(Liar(7)) == 7
    assert across(ListLiar([1, 2])) == [1, 2]
    assert isinstance(across(object()), Opaque)
    assert across(object()) != across(object())


def test_an_endless_iterator_ends_in_an_error() -> None:
    import itertools

    taken = across(itertools.count())
    with pytest.raises(WireClosed):
        for _ in range(LONGEST_ITERATOR + 1):
            next(taken)


@pytest.mark.parametrize("data", [b"", b"\0\0", b"\0\0\0\5{", b"\xff\xff\xff\xff", b"\0\0\0\2[]", b"\0\0\0\2{x"])
def test_what_is_no_message_closes_the_wire(data: bytes) -> None:
    one, other = socket.socketpair()
    os.write(other.fileno(), data)
    other.close()
    with pytest.raises(WireClosed):
        Wire(one.fileno()).receive()
    one.close()
