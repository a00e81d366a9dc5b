"""Choosing from a short list draws what choosing from all tokens draws."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

from assistant.engine.llama.bindings import library
from assistant.engine.llama.shortlist import Shortlist, helps

_K = 5
_SIZE = 700


def _chain(seed: int, k: int = _K) -> Any:
    chain = library.llama_sampler_chain_init(library.llama_sampler_chain_default_params())
    for sampler in (
        library.llama_sampler_init_top_k(k),
        library.llama_sampler_init_top_p(0.95, 1),
        library.llama_sampler_init_temp(1.5),
        library.llama_sampler_init_dist(seed),
    ):
        library.llama_sampler_chain_add(chain, sampler)
    return chain


def _from_all(chain: Any, logits: Any) -> int:
    data = (library.llama_token_data * len(logits))(*((i, float(x), 0.0) for i, x in enumerate(logits)))
    array = library.llama_token_data_array(data, len(logits), -1, False)
    library.llama_sampler_apply(chain, ctypes.byref(array))
    return int(array.data[array.selected].id)


@pytest.mark.parametrize("size", [640, _SIZE])
def test_same_tokens_are_drawn_as_from_all(size: int) -> None:
    random = np.random.default_rng(3)
    few, all_, drawn = _chain(7), _chain(7), set[int]()
    shortlist = Shortlist(_K)
    for _ in range(300):
        logits = random.normal(0, 3, size).astype(np.float32)
        # Whole vocabularies of 64 rows have a rest at their end, which counts as well.
        logits[-1] += 5
        token = shortlist.sample(few, logits)
        assert token == _from_all(all_, logits)
        drawn.add(token)
    assert len(drawn) > 50
    assert size - 1 in drawn


def test_what_cannot_be_told_apart_is_left_to_the_samplers() -> None:
    chain, shortlist = _chain(1), Shortlist(_K)
    assert shortlist.sample(chain, np.zeros(100_000, dtype=np.float32)) == -1
    assert shortlist.sample(chain, np.full(_SIZE, np.nan, dtype=np.float32)) == -1
    refused = np.full(_SIZE, -np.inf, dtype=np.float32)
    refused[17] = 1.0
    assert shortlist.sample(chain, refused) == 17


def test_list_is_used_where_it_is_short_only() -> None:
    assert helps(40, 49_152)
    assert not helps(0, 49_152), "no limit"
    assert not helps(1000, 49_152)
    assert not helps(40, 500)
