"""Every part has its share, nothing is cut without being named, and the whole always fits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.context.budget import KINDS, Budget, Part, Shares
from assistant.engine.api import PromptTooLong


def part(kind, name: str, tokens: int, **more: object) -> Part:
    return Part(kind, name, "x" * tokens, tokens, **more)  # type: ignore[arg-type]


def test_shares_make_one_whole_and_grow_with_the_context() -> None:
    shares = Shares()
    assert shares.system + shares.map + shares.files + shares.history + shares.reply == pytest.approx(1)
    small, large = Budget(2048), Budget(32768)
    for kind in KINDS:
        assert large.room(kind) == pytest.approx(16 * small.room(kind), rel=0.02)
    assert large.reply == pytest.approx(16 * small.reply, rel=0.02)


def test_what_one_kind_does_not_need_goes_to_another() -> None:
    budget = Budget(1000)
    rooms = budget.rooms({"files": 10_000})
    assert rooms["files"] == budget.prompt
    rooms = budget.rooms({"files": 10_000, "history": 10_000})
    assert rooms["history"] == budget.room("history")
    assert sum(rooms.values()) == budget.prompt


def test_a_file_that_does_not_fit_is_shortened_or_left_out_and_named() -> None:
    outline = part("files", "big.py", 50)
    fitted = Budget(1000).fit(
        [
            part("files", "small.py", 100),
            part("files", "big.py", 5000, shorter=(outline,)),
            part("files", "huge.py", 900),
        ]
    )
    assert [one.name for one in fitted.parts] == ["small.py", "big.py"]
    assert [cut.words() for cut in fitted.cuts] == [
        "big.py shortened from 5,000 to 50 tokens",
        "huge.py left out (900 tokens)",
    ]


def test_the_newest_turns_stay_and_a_hole_is_never_left() -> None:
    turns = [part("history", f"turn {i}", size) for i, size in enumerate((10, 700, 300, 300), 1)]
    fitted = Budget(1000).fit(turns)
    assert [one.name for one in fitted.parts] == ["turn 3", "turn 4"]
    assert [cut.name for cut in fitted.cuts] == ["turn 1", "turn 2"]


def test_required_parts_stay_whatever_else_goes() -> None:
    fitted = Budget(1000).fit(
        [
            part("system", "rules", 300, required=True),
            part("files", "a.py", 450),
            part("history", "q", 200, required=True),
        ]
    )
    assert [one.name for one in fitted.parts] == ["rules", "q"]
    assert fitted.cuts[0].name == "a.py"


def test_a_question_that_cannot_fit_is_refused_with_both_numbers() -> None:
    with pytest.raises(PromptTooLong, match="1,000"):
        Budget(1000).fit([part("history", "question", 5000, required=True)])


def test_a_short_reply_leaves_its_room_to_the_prompt() -> None:
    assert Budget(1000, longest_reply=50).prompt == 950
    assert Budget(1000, longest_reply=5000).reply == 200


parts = st.lists(
    st.builds(
        lambda kind, size, required, shorter: part(
            kind, f"{kind} {size}", size, required=required, shorter=(part(kind, "less", size // 3),) if shorter else ()
        ),
        st.sampled_from(KINDS),
        st.integers(0, 900),
        st.booleans(),
        st.booleans(),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(parts, st.integers(1, 4000), st.integers(0, 100))
def test_the_prompt_with_the_reply_never_exceeds_the_context(given_parts: list[Part], size: int, overhead: int) -> None:
    budget = Budget(size, overhead=overhead)
    try:
        fitted = budget.fit(given_parts)
    except PromptTooLong:
        assert sum(one.tokens for one in given_parts if one.required) > budget.prompt
        return
    if fitted.parts:
        assert fitted.tokens + fitted.reply <= max(size, overhead + fitted.reply)
    kept = {id(one) for one in fitted.parts}
    cut = sorted(cut.name for cut in fitted.cuts)
    assert cut == sorted(one.name for one in given_parts if id(one) not in kept)
    assert sum(fitted.used.values()) + overhead == fitted.tokens
