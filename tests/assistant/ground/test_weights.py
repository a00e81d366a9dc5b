"""What is typed with a weight is read alike everywhere, and nothing within a fence closes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import UsageError
from assistant.ground.fences import fence_for
from assistant.ground.weights import weighted


def test_a_path_may_have_a_weight_and_may_hold_an_equals_sign(tmp_path: Path) -> None:
    (tmp_path / "a=b").mkdir()
    assert weighted(f"{tmp_path}/a=b") == (tmp_path / "a=b", 1.0)
    assert weighted(f"{tmp_path}/a=b=0.5") == (tmp_path / "a=b", 0.5)
    assert weighted("lora.gguf") == (Path("lora.gguf"), 1.0)


@pytest.mark.parametrize("weight", ["", "much", "nan", "inf", "-inf", "1e999"])
def test_a_weight_that_is_no_number_is_refused(weight: str) -> None:
    with pytest.raises(UsageError, match=r"is no number. Try: lora=0.5"):
        weighted(f"lora={weight}")


@given(st.text("`a \n", max_size=30))
def test_nothing_in_a_text_closes_its_fence(text: str) -> None:
    fence = fence_for(text)
    assert len(fence) >= 3 and fence not in text
