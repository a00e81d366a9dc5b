"""Drafts: where guesses come from, when they pay, and that they never change what the model says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.api import GenerationRequest, GenerationStats, ModelSpec, Sampling, TextPrompt
from assistant.engine.blocking import BlockingEngine
from assistant.engine.worker.batch_cost import SIZES, BatchCost
from assistant.engine.worker.drafting import Drafter


def _cost(*curve: float) -> BatchCost:
    cost = BatchCost("a model on a machine")
    if curve:
        cost.curve = curve
    return cost


@pytest.fixture
def cheap(home: Path) -> BatchCost:
    return _cost(*(1 + 0.1 * size for size in SIZES))


@pytest.fixture
def dear(home: Path) -> BatchCost:
    return _cost(*(float(size) for size in SIZES))


def test_old_text_is_followed_and_found_again_after_a_change(cheap: BatchCost) -> None:
    old = list(range(100, 200))
    drafter = Drafter([1, 2, 3], old, cheap)
    first = list(drafter.draft(31))
    assert len(first) >= 7
    assert first == old[: len(first)]
    for token in (*old[:20], 7, 8, 9):
        drafter.observe(token)
    assert 120 not in drafter.draft(31), "the reply has left the old text"
    for token in old[40:43]:
        drafter.observe(token)
    assert list(drafter.draft(31))[:5] == old[43:48], "and is back further down"


def test_without_old_text_the_newest_repetition_is_the_guess(cheap: BatchCost) -> None:
    drafter = Drafter([1, 2, 3, 50, 51, 9, 1, 2, 3, 60, 61, 62, 63, 9], [], cheap)
    for token in (1, 2, 3):
        drafter.observe(token)
    assert list(drafter.draft(31))[:3] == [60, 61, 62]


def test_what_was_taken_back_is_no_place_to_go_on_from_and_older_ones_are_found_again(cheap: BatchCost) -> None:
    drafter = Drafter([1, 2, 3, 50, 51, 52, 53, 54, 55, 56, 57, 9], [], cheap)
    guess = drafter._repeats.guess
    for token in (8, 1, 2, 3, 70, 71, 72, 1, 2, 3):
        drafter.observe(token)
    assert list(guess(3)) == [70, 71, 72], "the newest"
    drafter.go_back(4)
    assert list(guess(3)) == [50, 51, 52], "the newest of what is left"
    for token in (50, 51):
        drafter.observe(token)
    assert list(guess(3)) == [52, 53, 54]
    drafter.go_back(0)
    for token in (8, 1, 2, 3):
        drafter.observe(token)
    assert list(guess(3)) == [50, 51, 52], "as often as it goes back"


def test_nothing_is_drafted_where_a_batch_costs_as_much_as_its_tokens(dear: BatchCost) -> None:
    drafter = Drafter([1, 2, 3], list(range(100, 200)), dear)
    for token in range(100, 150):
        drafter.observe(token)
        assert not drafter.draft(31)


def test_repetitions_that_break_off_stop_the_drafts(cheap: BatchCost) -> None:
    drafter = Drafter([1, 2, 3, 4] * 10, [], cheap)
    drafted = [len(drafter.draft(31))]
    for other in range(1000, 1200):
        for token in (1, 2, 3, other):
            drafted.append(len(drafter.draft(31)))
            drafter.observe(token)
    assert sum(drafted[-40:]) < sum(drafted[:40])
    for _ in range(30):
        for token in (1, 2, 3, 4):
            drafter.observe(token)
    assert len(drafter.draft(31)) >= 15, "and a repetition that holds brings them back"


def test_sure_guess_is_tried_now_and_then_although_it_never_paid(dear: BatchCost) -> None:
    drafter = Drafter([1], list(range(100, 400)), dear)
    tries = 0
    for token in range(100, 360):
        tries += bool(drafter.draft(31))
        drafter.observe(token)
    assert 2 <= tries <= 4


def test_what_a_batch_takes_corrects_the_curve(dear: BatchCost) -> None:
    drafter = Drafter([1], list(range(100, 400)), dear)
    for _ in range(20):
        drafter.note_batch(1, 0.01)
    for _ in range(20):
        drafter.note_batch(32, 0.12)
        drafter.note_batch(9, 5.0)
    assert dear.of(32) == pytest.approx(12, rel=0.1)
    assert dear.of(8) == 8
    assert len(drafter.draft(31)) == 31


def test_small_changes_are_found_back_from_within_a_few_tokens(cheap: BatchCost) -> None:
    """A replaced, an inserted and a deleted stretch in a text full of repetitions; each costs two batches or so."""
    line = [1, 2, 3]
    old = [token for n in range(100, 160) for token in (*line, n, 4, n + 1000)]
    new = [*old[:90], 7, 8, *old[92:200], 9, 9, 9, 9, *old[200:260], *old[272:]]
    drafter = Drafter([5], old, cheap)
    steps = at = 0
    while at < len(new):
        draft = list(drafter.draft(31))
        steps += 1
        for guess in [*draft, None]:
            right = at < len(new) and guess == new[at]
            if at < len(new):
                drafter.observe(new[at])
            at += 1
            if not right:
                break
    assert steps < len(new) / 32 + 30


@given(st.lists(st.integers(0, 5), max_size=60), st.lists(st.integers(0, 5), max_size=60), st.integers(0, 40))
def test_draft_is_never_longer_than_asked_and_comes_from_what_is_known(
    prompt: list[int], old: list[int], most: int
) -> None:
    drafter = Drafter(prompt, old, _cost(*(1.0 for _ in SIZES)))
    for token in [*old[:10], 9, *prompt[:10]]:
        draft = list(drafter.draft(most))
        assert len(draft) <= most
        assert set(draft) <= {*prompt, *old, 9}
        drafter.observe(token)


def test_cost_curve_is_measured_once_and_remembered(home: Path) -> None:
    cost = BatchCost("one")
    assert not cost.measured
    cost.measure(lambda size: 0.001 * (1 + size), interrupted=lambda: False)
    assert cost.of(1) == 1
    assert cost.of(32) == pytest.approx(33 / 2, rel=0.01)
    assert cost.of(1) < cost.of(3) < cost.of(12) < cost.of(64)
    assert BatchCost("one").curve == cost.curve
    assert not BatchCost("one").measured, "a new process measures again when it is idle, and uses this until then"
    assert BatchCost("two").curve != cost.curve


def test_curve_that_was_measured_beside_other_work_is_not_remembered(home: Path) -> None:
    cost = BatchCost("one")
    before = cost.curve
    cost.measure(lambda size: 0.01 if size == 1 else 0.5, interrupted=lambda: False)
    assert cost.curve == BatchCost("one").curve == before
    assert cost.measured


def test_interrupted_measurement_changes_nothing(home: Path) -> None:
    cost = BatchCost("one")
    before = cost.curve
    cost.measure(lambda size: 1.0, interrupted=lambda: True)
    assert (cost.measured, cost.curve) == (False, before)


@pytest.fixture(scope="module")
def engine(starter_model: Path) -> Iterator[BlockingEngine]:
    with BlockingEngine() as engine:
        engine.load(ModelSpec(str(starter_model), context_size=512))
        yield engine


# So long that the model has no doubt how it goes on: one token and many are computed by different kernels, and where
# two tokens are all but equally likely, that decides.
NUMBERS = "Here is a list of the numbers from one to one hundred:\n" + "".join(f"{n}\n" for n in range(1, 31))


def _reply(engine: BlockingEngine, old_text: str, sampling: Sampling, tokens: int = 90) -> tuple[str, GenerationStats]:
    return engine.reply(GenerationRequest(TextPrompt(NUMBERS), tokens, sampling, old_text=old_text))


def test_drafts_from_the_old_text_stand_and_leave_the_reply_as_it_was(engine: BlockingEngine) -> None:
    greedy = Sampling(temperature=0)
    plain, _ = _reply(engine, "", greedy)
    lines = plain.splitlines(keepends=True)
    changed = "".join([*lines[:8], "something else\n", *lines[9:]])
    drafted, stats = _reply(engine, changed, greedy)
    assert drafted == plain
    assert stats.completion_tokens == 90
    assert stats.accepted_tokens > 10
    assert stats.drafted_tokens >= stats.accepted_tokens


def test_sampling_with_drafts_chooses_as_without(engine: BlockingEngine) -> None:
    """The same seed draws the same numbers, so the same tokens, except where two were all but equally likely."""
    same = 0
    for seed in range(6):
        warm = Sampling(temperature=0.7, seed=seed)
        plain, _ = _reply(engine, "", warm, 40)
        drafted, _ = _reply(engine, plain, warm, 40)
        same += drafted == plain
    assert same >= 3


def test_cache_holds_nothing_of_a_rejected_draft(engine: BlockingEngine) -> None:
    greedy = Sampling(temperature=0)
    plain, _ = _reply(engine, "", greedy, 60)
    _reply(engine, "\n".join(str(n) for n in range(7, 400, 2)), greedy, 60)
    prompt = NUMBERS + plain
    after = engine.reply(GenerationRequest(TextPrompt(prompt), 8, greedy))[0]
    engine.reply(GenerationRequest(TextPrompt("something else"), 1, greedy))
    assert engine.reply(GenerationRequest(TextPrompt(prompt), 8, greedy))[0] == after
