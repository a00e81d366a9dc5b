"""Attached texts fit their room, whole, as an outline or as a beginning, and each is named with what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from assistant.context.attachments import Attachment, blocks_of
from assistant.context.shortening import Shortened, TokenSizes, shorten


class Words:
    """Counts a token for each word."""

    def __init__(self) -> None:
        self.asked = 0

    async def tokenize(self, text: str, special: bool = False) -> Sequence[int]:
        self.asked += 1
        return range(len(text.split()))


def attached(*attachments: Attachment) -> str:
    return "".join(f"\n\n{one.block()}" for one in attachments)


def fitted(text: str, room: int) -> Shortened:
    return asyncio.run(shorten(text, room, TokenSizes(Words())))


CODE = "class Shop:\n" + "".join(
    f"    def part{number}(self, name):\n        first = {number}\n        return first + name + 1 + 2 + 3\n\n"
    for number in range(12)
)


@given(st.lists(st.tuples(st.text("ab`\n \t", max_size=60), st.sampled_from(["", "python"])), max_size=4))
def test_blocks_are_taken_apart_as_they_were_put_together(texts: list[tuple[str, str]]) -> None:
    made = [Attachment(f"f{index}", f"File f{index}:", text, fence) for index, (text, fence) in enumerate(texts)]
    blocks = blocks_of(attached(*made))
    assert [block.label for block in blocks] == [one.label for one in made]
    assert "".join(f"\n\n{block.text()}" for block in blocks) == attached(*made)


def test_what_fits_is_left_as_it_is() -> None:
    text = attached(Attachment("a.txt", "File a.txt:", "one two three\n"))
    result = fitted(text, 100)
    assert result.text == text
    assert [(piece.label, piece.kept == piece.tokens) for piece in result.pieces] == [("a.txt", True)]


def test_a_source_file_becomes_its_outline_and_a_text_its_beginning() -> None:
    prose = "".join(f"line {number} of the story\n" for number in range(200))
    text = attached(Attachment("shop.py", "File shop.py:", CODE, "python"), Attachment("s.txt", "File s.txt:", prose))
    result = fitted(text, 150)
    assert "def part7(self, name)" in result.text
    assert "return first" not in result.text
    assert "its outline" in result.text
    assert "line 0 of the story" in result.text
    assert "do not fit)" in result.text
    assert all(0 < piece.kept < piece.tokens for piece in result.pieces)
    assert sum(piece.kept for piece in result.pieces) <= 150


def test_what_has_no_room_at_all_is_named_with_nothing_kept() -> None:
    result = fitted(attached(Attachment("shop.py", "File shop.py:", CODE, "python")), 5)
    assert result.text == ""
    assert [(piece.label, piece.kept) for piece in result.pieces] == [("shop.py", 0)]


def test_a_short_text_leaves_its_room_to_a_long_one() -> None:
    short = Attachment("a.txt", "File a.txt:", "one two\n")
    long = Attachment("b.txt", "File b.txt:", "".join(f"word{n} and more\n" for n in range(100)))
    pieces = {piece.label: piece for piece in fitted(attached(long, short), 200).pieces}
    assert pieces["a.txt"].kept == pieces["a.txt"].tokens
    assert pieces["b.txt"].kept > 150


@given(st.integers(0, 400), st.lists(st.integers(0, 120), min_size=1, max_size=4))
def test_the_room_is_never_passed_and_the_same_room_gives_the_same(room: int, sizes: list[int]) -> None:
    made = [
        Attachment(f"f{index}", f"File f{index}:", "".join(f"w{n} x\n" for n in range(size)))
        for index, size in enumerate(sizes)
    ]
    result = fitted(attached(*made), room)
    assert sum(piece.kept for piece in result.pieces) <= room
    assert fitted(attached(*made), room) == result


def test_a_size_is_counted_once() -> None:
    words = Words()
    sizes = TokenSizes(words)

    async def ask() -> None:
        assert await sizes.of("one two") == await sizes.of("one two") == 2
        assert await sizes.of("") == 0
        sizes.forget()
        assert await sizes.of("one two") == 2

    asyncio.run(ask())
    assert words.asked == 2


def test_files_named_on_the_command_line_are_shortened_to_their_outline_and_named(tmp_path: Path) -> None:
    from assistant.cli.prompt_parts import file_part, fitted_files

    (tmp_path / "shop.py").write_text(CODE)
    (tmp_path / "notes.txt").write_text("short\n")
    parts = [file_part(str(tmp_path / name)) for name in ("shop.py", "notes.txt")]
    whole = asyncio.run(fitted_files(Words(), parts, 10, 4000, 100))  # type: ignore[arg-type]
    assert whole == ("\n\n".join(parts), "")
    text, note = asyncio.run(fitted_files(Words(), parts, 10, 160, 40))  # type: ignore[arg-type]
    assert "def part7(self, name)" in text
    assert "return first" not in text
    assert parts[1] in text
    assert "shop.py shortened from" in note
    assert "notes.txt" not in note
