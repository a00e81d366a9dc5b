"""The order of a gap's two sides follows what the model really knows, measured once."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.engine.model_header import ModelHeader
from assistant.engine.prompt.prompt_format import FAMILIES, InfillLayout
from assistant.engine.worker.infill_order import GAPS, InfillOrder


class _Layout:
    """Lays out as a list that starts with 1 for suffix first; the tokens do not matter here."""

    def __init__(self, infill_layout: InfillLayout | None) -> None:
        self.infill_layout = infill_layout

    def tokens(self, prompt: object, suffix_first: bool = False) -> list[int]:
        return [int(suffix_first)]


class _Vocabulary:
    def tokenize(self, text: str) -> list[int]:
        return [5, 6]


def _order(
    losses: tuple[float, float], family: str = "starcoder", stop_after: int = 99, changed: int = 1
) -> tuple[InfillOrder, int]:
    header = ModelHeader(Path("a.gguf"), 1000, changed, {})
    order = InfillOrder(header, _Layout(FAMILIES[family].infill))  # type: ignore[arg-type]
    asked: list[int] = []

    def loss(prompt: list[int], wanted: list[int]) -> float:
        asked.append(prompt[0])
        return losses[prompt[0]]

    if not order.settled:
        order.measure(_Vocabulary(), loss, interrupted=lambda: len(asked) > stop_after)  # type: ignore[arg-type]
    return order, len(asked)


@pytest.mark.parametrize(("losses", "suffix_first"), [((0.7, 1.6), False), ((0.7, 0.71), True), ((0.7, 0.5), True)])
def test_suffix_comes_first_where_the_model_is_as_good_that_way(
    losses: tuple[float, float], suffix_first: bool
) -> None:
    order, asked = _order(losses)
    assert (order.suffix_first, order.settled, asked) == (suffix_first, True, 2 * len(GAPS))
    again, asked = _order((9.0, 9.0))
    assert (again.suffix_first, again.settled, asked) == (suffix_first, True, 0), "once per model"


def test_model_trained_again_under_its_name_is_measured_again() -> None:
    assert _order((0.7, 0.5))[0].suffix_first
    order, asked = _order((0.7, 1.6), changed=2)
    assert (order.suffix_first, asked) == (False, 2 * len(GAPS))


def test_family_with_one_order_is_never_measured() -> None:
    order, asked = _order((1.0, 0.0), family="qwen-coder")
    assert (order.suffix_first, order.settled, asked) == (False, True, 0)


def test_interrupted_or_aborted_measurement_settles_nothing() -> None:
    order, _ = _order((1.0, 0.0), stop_after=1)
    assert (order.suffix_first, order.settled) == (False, False)
    order, _ = _order((float("inf"), float("inf")))
    assert (order.suffix_first, order.settled) == (False, False)
