"""With a real code model: a key costs what was typed, suggestions are sound, and accepted ones are followed at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from assistant.completion.api import Completer, Habits
from assistant.completion.ask import Asker, Place
from assistant.completion.ring import Ring
from assistant.engine.api import ModelSpec, Sampling
from assistant.engine.client import EngineClient
from assistant.syntax.document import Document
from assistant.syntax.faults import new_faults
from assistant.syntax.languages import LANGUAGES

pytestmark = pytest.mark.slow

PYTHON = next(row for row in LANGUAGES if row.name == "python")
ABOVE = "".join(f"def add_{n}(x):\n    return x + {n}\n\n\n" for n in range(30))
BELOW = "".join(f"\n\ndef sub_{n}(x):\n    return x - {n}\n" for n in range(20))
HEAD = 'def average(numbers):\n    """The mean of a list of numbers."""\n    total = 0\n'
TAIL = "\n    return total / len(numbers)\n"


@pytest_asyncio.fixture
async def completer(code_model: Path) -> AsyncIterator[Completer]:
    engine = EngineClient(remember=False)
    await engine.load(ModelSpec(str(code_model), context_size=2048))
    made = Completer(engine, Habits(debounce=0, prompt_tokens=600))
    yield made
    await made.close()
    await engine.close()


def place(typed: str) -> tuple[Document, int, str]:
    before = ABOVE + HEAD + typed
    return Document(before + TAIL + BELOW, PYTHON), len(before), "a.py"


async def test_only_what_was_typed_is_read_and_the_next_one_is_there(completer: Completer) -> None:
    first = await completer.suggest(*place("    for number in numbers:\n"))
    assert first is not None and first.text.strip() and first.stats is not None
    assert first.stats.prompt_tokens > 300 and first.stats.cached_tokens == 0
    document, cursor, _ = place("    for number in numbers:\n")
    assert not new_faults(document, document.edit(cursor, cursor, first.text))

    # Typed otherwise than suggested: only that is read.
    other = await completer.suggest(*place("    for number in numbers:\n        if number > 0:\n            total"))
    assert other is not None and other.stats is not None
    assert other.stats.prompt_tokens - other.stats.cached_tokens <= 16

    # Sixty tokens later, still only those.
    more = "    for number in numbers:\n" + "".join(f"        value_{n} = number * {n} + 1\n" for n in range(5))
    later = await completer.suggest(*place(more + "        total"))
    assert later is not None and later.stats is not None
    assert 40 <= later.stats.prompt_tokens - later.stats.cached_tokens <= 75

    # Back to the first place, which is remembered; what follows it is prepared while it is shown.
    again = await completer.suggest(*place("    for number in numbers:\n"))
    assert again is not None and again.remembered
    await asyncio.sleep(0)
    followed = await completer.suggest(*place(f"    for number in numbers:\n{first.text}"))
    assert followed is None or followed.remembered


async def test_indentation_and_half_a_word_are_gone_on_from(completer: Completer) -> None:
    for typed in ("    for number in numbers:\n        ", "    for number in num", "    to"):
        found = await completer.suggest(*place(typed))
        assert found is None or not found.text.startswith((" ", "\t")) or not typed.endswith("  ")
        if typed.endswith("num"):
            assert found is not None and found.text.startswith("bers")


async def test_reading_ahead_leaves_nothing_to_read(completer: Completer) -> None:
    completer.prefetch(*place("    "))
    async with asyncio.timeout(30):
        while completer.reading_ahead:
            await asyncio.sleep(0.02)
    found = await completer.suggest(*place("    for number in numbers:\n        tot"))
    assert found is not None and found.stats is not None
    assert found.stats.prompt_tokens - found.stats.cached_tokens <= 16


GAPS = (
    "def total(numbers):\n    return sum(|)\n\n\nprint(total([1, 2]))\n",
    "names = ['a', 'b']\nfor name in names:\n    print(|)\n",
    "def add(a, b):\n    |\n    return a + b\n",
    "x = {|}\nprint(x)\n",
    "if a > b:\n    |\nelse:\n    print('b')\n",
    "import json\n\n\ndef load(path):\n    with open(path|) as file:\n        return json.load(file)\n",
    "values = [1, 2, 3|]\nprint(values[0])\n",
    "def f(x):\n    if x|:\n        return 1\n    return 2\n",
)


async def test_what_the_model_says_too_much_is_cut_and_what_would_break_the_file_is_not_offered(
    code_model: Path,
) -> None:
    engine = EngineClient(remember=False)
    await engine.load(ModelSpec(str(code_model), context_size=1024))
    asker = Asker(engine, Habits(most_tokens=48), Ring(0))
    broke = repeated = offered = 0
    try:
        for source in GAPS:
            cursor = source.index("|")
            before, rest = Document(source.replace("|", ""), PYTHON), source[cursor + 1 :].split("\n")[0]
            said = await asker.ask(Place(before, cursor, "a.py"), Sampling(0))
            broke += bool(new_faults(before, before.edit(cursor, cursor, said.text)))
            repeated += bool(rest) and said.text.endswith(rest)
            offered += bool(said.offered)
            assert not new_faults(before, before.edit(cursor, cursor, said.offered)), (source, said.offered)
            assert not (rest and said.offered.endswith(rest)), (source, said.offered)
    finally:
        await engine.close()
    # The model does both; what it says is of use all the same.
    assert broke >= 3 and repeated >= 2 and offered >= 3
