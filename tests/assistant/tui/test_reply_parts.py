"""A reply is cut into prose and code the same way however it is chopped into chunks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.tui.drawing.reply_parts import Piece, ReplyParts

SAMPLES = [
    "Just words, no code.",
    "Use this:\n\n```python\nprint('hi')\n```\n\nDone.",
    "```\nno language\n```",
    "1. First:\n   ```sh\n   ls -l\n     indented\n   ```\n2. Second",
    "~~~js\nlet a = `x`;\n```\n~~~\nafter",
    "````md\n```python\nnested\n```\n````\n",
    "`inline` code and ``two`` ticks\n```python x = 1``` on one line\n",
    "unclosed\n```rust\nfn main() {}\n",
    "```python\n```\n```c\nint x;\n```",
    "text\n```C++ title=x\nint a;\n```",
    "a\n\n\n```py\n\n\nx\n\n```\n\n\nb\n\n",
]


def _parts(pieces: list[Piece]) -> list[tuple[str, str, str]]:
    parts: list[tuple[str, str, str]] = []
    for piece in pieces:
        if piece.opens:
            parts.append((piece.kind, piece.language, ""))
        if piece.text:
            kind, language, text = parts[-1]
            assert kind == piece.kind
            parts[-1] = (kind, language, text + piece.text)
    return parts


def _whole(text: str) -> list[tuple[str, str, str]]:
    splitter = ReplyParts()
    return _parts(splitter.feed(text) + splitter.finish())


@given(text=st.sampled_from(SAMPLES) | st.text(alphabet="`~ab \n", max_size=60), data=st.data())
def test_chunking_does_not_change_the_parts(text: str, data: st.DataObject) -> None:
    splitter = ReplyParts()
    pieces: list[Piece] = []
    rest = text
    while rest:
        size = data.draw(st.integers(1, 7))
        pieces += splitter.feed(rest[:size])
        rest = rest[size:]
    pieces += splitter.finish()
    assert _parts(pieces) == _whole(text)


@given(text=st.text(alphabet="`~ab \n", max_size=60))
def test_no_character_of_prose_or_code_is_lost(text: str) -> None:
    kept = "".join(part[2] for part in _whole(text))
    for letter in "ab":
        fences = [line for line in text.split("\n") if line.lstrip().startswith(("```", "~~~"))]
        in_fences = sum(line.count(letter) for line in fences)
        assert text.count(letter) - in_fences <= kept.count(letter) <= text.count(letter)


def test_code_has_its_language_and_its_text() -> None:
    assert _whole(SAMPLES[1]) == [
        ("prose", "", "Use this:\n\n"),
        ("code", "python", "print('hi')\n"),
        ("prose", "", "Done."),
    ]


def test_an_indented_fence_loses_its_own_indentation_only() -> None:
    assert _whole(SAMPLES[3])[1] == ("code", "sh", "ls -l\n  indented\n")


def test_a_longer_fence_holds_a_shorter_one() -> None:
    assert _whole(SAMPLES[5]) == [("code", "md", "```python\nnested\n```\n")]


def test_a_fence_of_the_other_kind_does_not_close() -> None:
    assert _whole(SAMPLES[4]) == [("code", "js", "let a = `x`;\n```\n"), ("prose", "", "after")]


def test_code_on_one_line_with_its_fence_stays_prose() -> None:
    assert [part[0] for part in _whole(SAMPLES[6])] == ["prose"]


def test_an_unclosed_block_is_closed_by_the_end() -> None:
    splitter = ReplyParts()
    splitter.feed(SAMPLES[7])
    assert splitter.finish()[-1].closes


def test_prose_is_shown_before_its_line_is_complete() -> None:
    assert ReplyParts().feed("Hel") == [Piece("prose", "Hel", opens=True)]
