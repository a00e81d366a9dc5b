"""A completion's prompt: what goes in first, where it is cut, and what of it stays while one types; `|` is the cursor."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.completion.frame import Frame, build_frame
from assistant.completion.ring import Ring
from assistant.engine.api import InfillPrompt
from assistant.syntax.document import Document, Span
from assistant.syntax.languages import LANGUAGES

PYTHON = next(row for row in LANGUAGES if row.name == "python")


async def count(prompt: InfillPrompt) -> int:
    """A token is four characters."""
    return (len(prompt.prefix) + len(prompt.middle) + len(prompt.suffix)) // 4 + 3


async def frame_for(source: str, budget: int, ring: Ring | None = None, last: Frame | None = None) -> Frame:
    document = Document(source.replace("|", ""), PYTHON)
    return await build_frame(document, source.index("|"), "a.py", ring or Ring(4), budget, count, last)


def functions(first: int, last: int) -> str:
    return "".join(f"def f{n}(a):\n    b = a + {n}\n    return b\n\n\n" for n in range(first, last))


async def test_small_file_goes_whole() -> None:
    frame = await frame_for("import os\n\n\ndef f(a):\n    ret|\n\n\ndef g():\n    pass\n", 200)
    assert (frame.above, frame.before) == ("", "import os\n\n\ndef f(a):\n") and frame.ends_file
    assert frame.after == "\n\n\ndef g():\n    pass\n"


async def test_what_is_half_written_is_the_beginning_of_the_middle() -> None:
    source = "def f(a):\n    return js|\n"
    frame = await frame_for(source, 200)
    document = Document(source.replace("|", ""), PYTHON)
    prompt, held = frame.prompt(document, source.index("|"))
    assert (prompt.prefix, prompt.middle, held, prompt.suffix) == ("def f(a):\n", "    return", " js", "\n")
    blank = "def f(a):\n        |\n"
    prompt, held = (await frame_for(blank, 200)).prompt(Document(blank.replace("|", ""), PYTHON), blank.index("|"))
    assert (prompt.middle, held) == ("", "        ")


async def test_head_of_a_symbol_is_there_however_long_its_body_is() -> None:
    body = "".join(f"        line_{n} = {n}\n" for n in range(200))
    frame = await frame_for(f"import os\n\n\nclass C:\n    def here(self, a):\n{body}        x = |\n", 300)
    assert "class C:\n    def here(self, a):\n" in frame.above and "line_0" not in frame.before
    assert frame.before.endswith("line_199 = 199\n") and frame.tokens <= 300


async def test_symbol_comes_first_then_neighbours_then_imports() -> None:
    body = "".join(f"    line_{n} = {n}\n" for n in range(30))
    source = (
        "import os\nimport sys\n\n\n"
        + functions(0, 40)
        + f"def here(a):\n{body}    x = |\n{body}\n\n"
        + functions(40, 80)
    )
    small = await frame_for(source, 300)
    assert small.before.startswith("def here(a):\n") or small.before.startswith("    line_")
    assert "line_29 = 29" in small.before and "line_0 = 0" in small.after
    large = await frame_for(source, 1650)
    assert "def here(a)" in large.before and "def f39(a)" in large.before and "line_29" in large.after
    assert "import os\nimport sys\n" in large.above
    assert "def f0(a)" not in large.before and "def f79(a)" not in large.after


async def test_cuts_are_at_the_beginnings_of_outer_things() -> None:
    source = functions(0, 60) + "def here(a):\n    x = |\n\n\n" + functions(60, 120)
    for budget in (225, 300, 450, 600, 1050):
        frame = await frame_for(source, budget)
        assert frame.before.startswith("def "), budget
        assert frame.after.rstrip().endswith(("return b", "x =")) or frame.after.strip() == "", budget
        assert frame.tokens <= budget


async def test_head_of_what_the_cursor_is_in_is_there() -> None:
    methods = "".join(f"    def m{n}(self):\n        return {n}\n\n" for n in range(60))
    frame = await frame_for(f"class Jar(Box):\n{methods}    def here(self):\n        |\n", 300)
    assert "class Jar(Box):" in frame.above and "def m59" in frame.before and "def m0" not in frame.before


async def test_ring_of_touched_chunks_is_there_and_gives_way() -> None:
    ring = Ring(4)
    other = Document("def helper(a):\n    return a * 2\n\n\ndef unused():\n    pass\n", PYTHON)
    ring.touch(other, Span(20, 20), "other.py")
    source = functions(0, 30) + "def here(a):\n    |\n"
    frame = await frame_for(source, 400, ring)
    assert "# other.py\ndef helper(a):\n    return a * 2\n" in frame.above and "unused" not in frame.above
    assert "helper" not in (await frame_for(functions(0, 9) + "def here(a):\n    |\n", 30, ring)).above


async def test_frame_stays_while_text_is_typed_and_the_file_grows() -> None:
    source = functions(0, 60) + "def here(a):\n    |\n\n\n" + functions(60, 90)
    frame = await frame_for(source, 500)
    typed = source.replace("|", "x = 1\n    y = 2\n    z|")
    document = Document(typed.replace("|", ""), PYTHON)
    assert frame.fits(document, typed.index("|"), "a.py")
    prompt, held = frame.prompt(document, typed.index("|"))
    assert prompt.middle + held == "    x = 1\n    y = 2\n    z" and prompt.prefix == frame.above + frame.before
    assert not frame.fits(document, typed.index("|"), "b.py")
    elsewhere = Document(typed.replace("|", "").replace("def f59", "def g59"), PYTHON)
    assert not frame.fits(elsewhere, typed.index("|"), "a.py")
    # Where a new one is needed, it begins where the old one did: what was read stays read.
    next_line = typed.replace("|", "\n    w = 3\n    |")
    after = await frame_for(next_line, 500, last=frame)
    assert (after.start, after.above) == (frame.start, frame.above) and after.before.startswith(frame.before)


@settings(max_examples=60, deadline=None)
@given(st.randoms(), st.integers(40, 300), st.sampled_from(["\n", "\r\n"]))
async def test_any_place_of_any_text_has_a_frame_within_the_budget(
    choose: random.Random, budget: int, newline: str
) -> None:
    words = ("def f():", "    return é", "", "  (", '"""', "x" * choose.randrange(900), "class A:", "\t}")
    text = newline.join(choose.choice(words) for _ in range(choose.randrange(80)))
    cursor = choose.randrange(len(text) + 1)
    document = Document(text, PYTHON if choose.random() < 0.7 else None)
    frame = await build_frame(document, cursor, "a", Ring(2), budget, count)
    prompt, held = frame.prompt(document, cursor)
    whole = frame.before + prompt.middle + held
    assert text[:cursor].endswith(whole) and text[cursor:].startswith(frame.after)
    assert frame.tokens <= budget and frame.fits(document, cursor, "a")
