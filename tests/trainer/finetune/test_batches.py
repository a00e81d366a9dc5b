"""Order and packing: every sample once an epoch, bounded micro-batches, the same plan on all processes; and the cache."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from trainer.errors import TrainerError
from trainer.finetune import tokens
from trainer.finetune.batches import Order, collate
from trainer.finetune.sample_layout import prepare_tokenizer
from trainer.finetune.tokens import held_out_examples, samples_of
from trainer.recipe import Recipe


class Lengths:
    """Samples of given lengths, a third of each is prompt."""

    def __init__(self, lengths: list[int]) -> None:
        self.lengths = lengths

    def __len__(self) -> int:
        return len(self.lengths)

    def length(self, number: int) -> int:
        return self.lengths[number]

    def prompt(self, number: int) -> int:
        return max(1, self.lengths[number] // 3)

    def ids(self, number: int) -> Any:
        return np.arange(self.lengths[number]) + 1000 * number


@given(
    lengths=st.lists(st.integers(2, 90), min_size=1, max_size=40),
    batch=st.integers(1, 12),
    room=st.integers(10, 200),
    processes=st.integers(1, 4),
    packed=st.booleans(),
    shuffle=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_every_sample_is_learned_once_an_epoch_whatever_the_layout(
    lengths: list[int], batch: int, room: int, processes: int, packed: bool, shuffle: bool
) -> None:
    samples: Any = Lengths(lengths)
    orders = [Order(samples, batch, room, 3, shuffle, packed, i, processes) for i in range(processes)]
    for epoch in range(2):
        seen: Counter[int] = Counter()
        for step in range(orders[0].steps_per_epoch):
            plans = [order.plan(epoch * orders[0].steps_per_epoch + step) for order in orders]
            assert len({len(plan.micro) for plan in plans}) == 1, "a process would wait for ever"
            assert len({(plan.learned, plan.tokens, plan.samples) for plan in plans}) == 1
            bins = [one for plan in plans for one in plan.micro]
            numbers = [number for one in bins for number in one]
            seen.update(numbers)
            assert plans[0].tokens == sum(lengths[n] for n in numbers)
            assert plans[0].learned == sum(lengths[n] - samples.prompt(n) for n in numbers)
            for one in bins:
                width = max((lengths[n] for n in one), default=0)
                size = sum(lengths[n] for n in one) if packed else width * len(one)
                assert size <= room or len(one) == 1
        assert seen == Counter(range(len(lengths)))


def test_epochs_have_different_orders_and_a_seed_decides_them() -> None:
    samples: Any = Lengths([5] * 50)
    epochs = [
        [n for step in range(5) for n in Order(samples, 10, 99, seed).numbers(e * 5 + step)]
        for seed in (1, 2)
        for e in (0, 1)
    ]
    assert len({tuple(one) for one in epochs}) == 4
    assert epochs[0] == [n for step in range(5) for n in Order(samples, 10, 99, 1).numbers(step)]


@given(lengths=st.lists(st.integers(2, 20), max_size=5), packed=st.booleans())
@settings(max_examples=60, deadline=None)
def test_targets_are_the_response_tokens_and_no_other(lengths: list[int], packed: bool) -> None:
    samples: Any = Lengths(lengths)
    batch = collate(samples, range(len(lengths)), packed, 7)
    expected = [int(i) for n in range(len(lengths)) for i in samples.ids(n)[samples.prompt(n) :]]
    assert batch.targets.tolist() == expected
    flat = batch.ids.flatten()
    assert flat[batch.places + 1].tolist() == expected
    spots = batch.positions.flatten()[batch.places].tolist()
    assert spots == [p for n in range(len(lengths)) for p in range(samples.prompt(n) - 1, lengths[n] - 1)]


@pytest.fixture
def made(recipe: Callable[..., Recipe]) -> Recipe:
    return recipe(data={"dev_fraction": 0.3, "fim_rate": 0.5})


@pytest.fixture
def tokenizer(made: Recipe) -> Any:
    tokenizer = AutoTokenizer.from_pretrained(made.model.base)
    prepare_tokenizer(tokenizer, "wizardcoder")
    return tokenizer


def test_same_content_is_tokenized_once_and_other_content_again(
    made: Recipe, tokenizer: Any, rows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    real = tokens.read_examples
    monkeypatch.setattr(tokens, "read_examples", lambda path, limit: read.append(path.name) or real(path, limit))
    one = samples_of(made.data, "train", tokenizer, 0, lambda *_: None)
    two = samples_of(made.data, "train", tokenizer, 0, lambda *_: None)
    assert one.about == two.about and len(read) == 1
    moved = rows.rename(rows.with_name("elsewhere.jsonl"))
    elsewhere = replace(made.data, train=(str(moved),))
    assert samples_of(elsewhere, "train", tokenizer, 0, lambda *_: None).about == one.about and len(read) == 1
    moved.rename(rows)
    rows.write_text(rows.read_text().replace("number 3 ", "number three "))
    assert samples_of(made.data, "train", tokenizer, 0, lambda *_: None).about.digest != one.about.digest
    tokenizer.chat_template = tokenizer.chat_template.replace("Below", "Above")
    assert samples_of(made.data, "train", tokenizer, 0, lambda *_: None).about.digest != one.about.digest
    assert len(read) == 3


def test_held_out_rows_are_never_learned_from(made: Recipe, tokenizer: Any) -> None:
    train, dev = (samples_of(made.data, part, tokenizer, 0, lambda *_: None) for part in ("train", "dev"))  # type: ignore[arg-type]
    texts = [{tokenizer.decode(s.ids(n)) for n in range(len(s))} for s in (train, dev)]
    assert len(dev) > 0 and not texts[0] & texts[1]
    rows = [tokenizer(example.response).input_ids for example in held_out_examples(made.data, 0)]
    assert [[*row, tokenizer.eos_token_id] for row in rows] == [
        dev.ids(n)[dev.prompt(n) :].tolist() for n in range(len(dev))
    ]
    assert len(held_out_examples(made.data, 1)) == 1
    assert dev.about.infill == 0 and 0 < train.about.infill < 24
    assert len(train) + len(dev) == 24 + train.about.infill


@pytest.mark.parametrize("name", ["ids.bin", "rows.npy", "about.json"])
def test_damaged_cache_is_made_again(made: Recipe, tokenizer: Any, home: Path, name: str) -> None:
    one = samples_of(made.data, "train", tokenizer, 0, lambda *_: None)
    (file,) = home.glob(f"cache/tokens/*/{name}")
    file.write_bytes(file.read_bytes()[:-9])
    two = samples_of(made.data, "train", tokenizer, 0, lambda *_: None)
    assert two.about == one.about
    assert two.ids(3).tolist() == one.ids(3).tolist()


def test_long_responses_are_cut_or_dropped_and_counted(recipe: Callable[..., Recipe], tokenizer: Any) -> None:
    cut = samples_of(recipe(data={"max_length": 75}).data, "train", tokenizer, 0, lambda *_: None)
    dropped = samples_of(
        recipe(data={"max_length": 75, "overlong": "drop"}).data, "train", tokenizer, 0, lambda *_: None
    )
    assert cut.about.cut > 0 and cut.about.too_long == 0 and len(cut) == 24
    assert dropped.about.cut == 0 and dropped.about.too_long == cut.about.cut
    assert all(cut.ids(n)[-1] == tokenizer.eos_token_id for n in range(24))
    with pytest.raises(TrainerError, match="nothing to learn"):
        samples_of(recipe(data={"max_length": 20}).data, "train", tokenizer, 0, lambda *_: None)
