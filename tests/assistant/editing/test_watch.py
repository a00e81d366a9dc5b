"""A line that nothing can mend is taken back while the reply is written, and nothing else ever is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from assistant.editing.formats.whole_symbol import WholeSymbol
from assistant.editing.propose import Attempt, Proposal, propose
from assistant.editing.task import EditTask
from assistant.editing.watch import MOST_REWINDS
from assistant.engine.api import Chunk, GenerationRequest, GenerationStats, TextChunk
from assistant.syntax.languages import language_named
from tests.fakes.scripted_engine import ScriptedEngine

PYTHON = "class Cart:\n    def total(self):\n        return 0\n\n    def add(self):\n        pass\n"
SCRIPT = "function total(cart) {\n  return 0;\n}\n\nfunction add() {}\n"


@dataclass
class Rewindable(ScriptedEngine):
    """Writes `lines` one by one; when it is taken back, the next of `instead` takes the place of the line."""

    lines: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    late: int = 0
    """Lines that are still on their way when a rewind arrives."""
    places: list[int] = field(default_factory=list)
    _back: int | None = None

    async def generate(self, request: GenerationRequest) -> AsyncIterator[Chunk]:
        self.requests.append(request)
        said, coming, other, waiting = "", list(self.lines), list(self.instead), 0
        while coming or self._back is not None:
            if self._back is not None and waiting >= self.late:
                taken, said = len(said) - self._back, said[: self._back]
                self._back, waiting = None, 0
                coming = [other.pop(0), *self.lines[said.count("\n") + 1 :]] if other else coming
                yield TextChunk("", 1, taken)
                continue
            waiting += self._back is not None
            line = coming.pop(0) if coming else "late\n"
            said += line
            yield TextChunk(line, 1)
        yield GenerationStats("end", 1, 0, 9, 0.0, 0.0, 0.0)

    def rewind(self, request: GenerationRequest, characters: int, keep_blanks: bool = True) -> None:
        assert request is self.requests[-1]
        self.places.append(characters)
        self._back = characters


async def run(engine: ScriptedEngine, task: EditTask) -> tuple[list[Attempt], Proposal]:
    attempts = []
    async for step in propose(engine, task, attempts=2):
        if isinstance(step, Attempt):
            attempts.append(step)
        elif isinstance(step, Proposal):
            return attempts, step
    raise AssertionError


def task(text: str, language: str, symbol: str) -> EditTask:
    return EditTask("f", text, language_named(language), "Sum the prices.", symbol)


@pytest.mark.parametrize("late", [0, 2])
async def test_a_hopeless_line_is_written_anew_from_the_last_clean_statement(late: int) -> None:
    engine = Rewindable(
        lines=("\n", "        total = 0\n", "        for one in in self:\n", "            total += one\n", "        return total\n"),
        instead=("        for one in self:\n",),
        late=late,
    )  # fmt: skip
    attempts, proposal = await run(engine, task(PYTHON, "python", "Cart.total"))
    assert attempts == []
    assert proposal.rewinds == 1
    assert engine.places == [len("\n        total = 0\n")]
    assert proposal.edit.after == PYTHON.replace(
        "        return 0\n",
        "        total = 0\n        for one in self:\n            total += one\n        return total\n",
    )


async def test_a_language_with_braces_is_watched_too() -> None:
    engine = Rewindable(
        lines=(" {\n", "  let sum = 0;\n", "  let let x = = 1;\n", "  return sum;\n", "}\n"), instead=("  sum += 1;\n",)
    )
    _, proposal = await run(engine, task(SCRIPT, "javascript", "total"))
    assert proposal.rewinds == 1
    assert proposal.edit.after == SCRIPT.replace("  return 0;\n", "  let sum = 0;\n  sum += 1;\n  return sum;\n")


async def test_what_never_gets_better_goes_further_back_and_then_on_to_the_gate() -> None:
    bad = "        x = = 1\n"
    engine = Rewindable(lines=("\n", "        a = 1\n", bad), instead=(bad,) * 40)
    attempts, proposal = await run(engine, task(PYTHON, "python", "Cart.total"))
    assert len(attempts) == 2
    assert not proposal.verdict.sound
    assert proposal.rewinds == 2 * MOST_REWINDS
    assert len(set(engine.places)) > 1


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "def f(a):\n    '''Text\n    of = = it'''\n    try:\n        b = [\n            1,\n        ]\n    except E:\n        pass\n    return a\n"),
        ("python", "def f(a):\n    s = '''\nunindented ) text\n'''\n    if a:\n        return (\n            1\n        )\n\n    # done\n"),
        ("javascript", "function f(a) {\n  const s = `\n    position: fixed;\n    }\n  `;\n  do {\n    a++;\n  } while (a < 3);\n  try {\n    g(() => {\n      h();\n    });\n  } catch (e) {\n  }\n}\n"),
        ("java", "class A {\n  int f(int a) {\n    try {\n      g();\n    } finally {\n      h();\n    }\n    switch (a) {\n      case 1:\n        return 1;\n    }\n    return 0;\n  }\n}\n"),
        ("c", "int f(int a) {\n  do {\n    a++;\n  } while (a < 3);\n  int b[] = {\n    1,\n  };\n  if (a) {\n  }\n  else {\n    b[0] = 1;\n  }\n  return a;\n}\n"),
        ("rust", "fn f(a: i32) -> i32 {\n    let x = match a {\n        1 => { 2 }\n        _ => 3,\n    };\n    let s = \"\n    text; }\n    \";\n    x\n}\n"),
        ("go", "func f(a int) int {\n\tfor i := 0; i < 3; i++ {\n\t\tg(func() {\n\t\t\th()\n\t\t})\n\t}\n\treturn a\n}\n"),
    ],
)  # fmt: skip
def test_sound_code_is_never_taken_back_whatever_its_lines_look_like(language: str, text: str) -> None:
    name = "A.f" if language == "java" else "f"
    one = task(text, language, name)
    begun = WholeSymbol().prompt(one).reply_start.partition("\n")[2]
    assert one.symbol is not None
    rest = text[one.symbol.span.start : one.symbol.span.end].removeprefix(begun.lstrip())
    watch = WholeSymbol().watch(one)
    for end in range(1, len(rest) + 1):
        assert watch.look(rest[:end]) is None, rest[:end]


def test_a_symbol_that_is_broken_already_is_not_watched() -> None:
    text = "def f(a):\n    return ((a\n"
    watch = WholeSymbol().watch(EditTask("f", text, language_named("python"), "Mend it.", "f"))
    assert watch.look("\n    x = = 1\n    y = 2\n") is None
