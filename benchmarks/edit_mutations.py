"""How often a change lands, by edit format: planted mistakes in real functions, mended by an engine.

Two engines have no model: a perfect one writes the right function, a sloppy one writes it with chatter, wrong fences,
wrong indentation or a missing end, which isolates our part. `--model FILE.gguf` asks a real model as well.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import importlib.util
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from assistant.config import load_config
from assistant.editing.edit import Edit
from assistant.editing.formats.whole_symbol import WholeSymbol
from assistant.editing.propose import FORMATS, Proposal, propose
from assistant.editing.task import EditTask, Reply, ReplyUnusable
from assistant.engine.api import ModelSpec, TextChunk
from assistant.engine.blocking import BlockingEngine
from assistant.engine.client import EngineClient
from assistant.errors import NothingProduced
from assistant.models.library import find_model
from assistant.sandbox.api import Limits, Program
from assistant.sandbox.sandbox import Sandbox
from assistant.syntax.document import Document
from assistant.syntax.symbols import find
from benchmarks.measure import verdict
from benchmarks.mutations import SMALL_MODULES, Mutation, mutations, sloppy


@dataclass
class Tally:
    """Counts of one engine and format."""

    counts: Counter[str] = field(default_factory=Counter)
    tokens: int = 0
    seconds: float = 0.0

    def row(self, name: str) -> str:
        """A line of the table."""
        total = max(1, self.counts["asked"])
        shares = (f"{self.counts[key] / total:7.1%}" for key in ("applied", "parses", "restored"))
        tested = f"{self.counts['tests pass'] / self.counts['tested']:7.1%}" if self.counts["tested"] else "      -"
        return f"| {name:<28} | {total:5} | {' | '.join(shares)} | {tested} | {self.counts['outside']:7} | {self.tokens / total:8.0f} | {self.seconds / total:6.2f} |"


HEADER = "| engine, format | tasks | applied | parses | restored | tests pass | outside | tokens | s each |\n|---|---|---|---|---|---|---|---|---|"


def count(tally: Tally, mutation: Mutation, task: EditTask, edit: Edit, sound: bool) -> None:
    """Add one outcome; `outside` counts changes to anything but the symbol."""
    symbol = task.symbol
    assert symbol is not None and edit.after is not None
    tally.counts["applied"] += 1
    tally.counts["parses"] += sound
    tally.counts["restored"] += edit.after == mutation.right
    kept = edit.after.startswith(task.text[: symbol.span.start]) and edit.after.endswith(task.text[symbol.span.end :])
    tally.counts["outside"] += not kept


def count_tests(tally: Tally, sandbox: Sandbox, mutation: Mutation, after: str | None) -> None:
    """Run CPython's own tests of the module on the edited text (None: no change came), where the right one passes them."""
    if _tests_pass(sandbox, mutation.path.stem, mutation.right):
        tally.counts["tested"] += 1
        tally.counts["tests pass"] += after is not None and _tests_pass(sandbox, mutation.path.stem, after)


@functools.lru_cache(maxsize=512)
def _tests_pass(sandbox: Sandbox, module: str, text: str) -> bool:
    if importlib.util.find_spec(f"test.test_{module}") is None:
        return False
    source = (
        f"import sys\nsys.path.insert(0, '.')\nsys.modules.pop('{module}', None)\nimport {module}\n"
        f"assert {module}.__file__.startswith(__import__('os').getcwd())\n"
        f"import unittest\nunittest.main('test.test_{module}', argv=['t'])\n"
    )
    limits = Limits(seconds=20)
    return sandbox.run(Program(source, files=((f"{module}.py", text),), limits=limits)).passed


def replayed(found: list[Mutation], neat: bool) -> Tally:
    """The perfect (`neat`) or the sloppy engine, through the whole-symbol format."""
    from assistant.editing.gate import judge

    form, tally, chance = WholeSymbol(), Tally(), random.Random(1)
    started = time.perf_counter()
    for mutation in found:
        task = mutation.task()
        prompt = form.prompt(task)
        right = Document(mutation.right, task.language)
        symbol = find(right, mutation.symbol)
        code = right.text[right.line_span(symbol.start_line).start : symbol.span.end]
        begun = prompt.reply_start.partition("\n")[2]
        if not code.startswith(begun):
            continue
        rest = code[len(begun) :]
        tally.counts["asked"] += 1
        try:
            reading = form.read(task, Reply(rest + "\n```" if neat else sloppy(begun, rest, chance)))
        except ReplyUnusable:
            continue
        count(tally, mutation, task, Edit(task.path, task.text, reading.text), judge(task, reading.text).sound)
    tally.seconds = time.perf_counter() - started
    return tally


async def asked(model: str, found: list[Mutation], sandbox: Sandbox, formats: list[str]) -> dict[str, Tally]:
    """A real model, once for each format (one try each)."""
    engine = EngineClient()
    await engine.load(ModelSpec(model))
    tallies = {name: Tally() for name in formats}
    for mutation in found:
        for name in formats:
            proposal = await _answer(engine, mutation.task(), name, tallies[name])
            if proposal is not None:
                count(tallies[name], mutation, mutation.task(), proposal.edit, proposal.verdict.sound)
            after = proposal.edit.after if proposal and proposal.verdict.sound else None
            await asyncio.to_thread(count_tests, tallies[name], sandbox, mutation, after)
    await engine.close()
    return tallies


async def _answer(engine: EngineClient, task: EditTask, form: str, tally: Tally) -> Proposal | None:
    """What the model proposes in one try, None where that cannot be read; its tokens and seconds are added."""
    tally.counts["asked"] += 1
    started, tokens, proposal = time.perf_counter(), 0, None
    try:
        async for step in propose(engine, task, FORMATS[form], attempts=1):
            if isinstance(step, TextChunk):
                tokens = step.tokens
            elif isinstance(step, Proposal):
                proposal = step
    except NothingProduced:
        pass
    tally.tokens += tokens
    tally.seconds += time.perf_counter() - started
    return proposal


def output_share(found: list[Mutation], count_tokens: Callable[[str], int]) -> None:
    """How much of a 300-line file a whole-symbol reply writes, in the model's tokens: what is begun for it costs none."""
    form, shares = WholeSymbol(), []
    for mutation in found:
        task = mutation.task()
        if task.symbol is None or not 200 <= task.text.count("\n") <= 400:
            continue
        begun = form.prompt(task).reply_start.partition("\n")[2]
        start = task.document.line_span(task.symbol.start_line).start
        reply = task.text[start : task.symbol.span.end].removeprefix(begun)
        shares.append(count_tokens(reply) / count_tokens(task.text))
    print(
        f"tokens of a whole-symbol reply / of the file, {len(shares)} files of about 300 lines: median {statistics.median(shares):.3f}"
    )
    verdict("the largest of them", max(shares), 0.2, at_most=True)


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=200)
    arguments.add_argument("--model", help="a GGUF file to ask as well, with --asked tasks")
    arguments.add_argument("--asked", type=int, default=len(SMALL_MODULES))
    arguments.add_argument("--formats", nargs="*", choices=list(FORMATS), default=list(FORMATS))
    options = arguments.parse_args()
    found = mutations(options.count)
    print(HEADER)
    print(replayed(found, neat=True).row("perfect, whole-symbol"))
    isolated = replayed(found, neat=False)
    print(isolated.row("sloppy, whole-symbol"))
    if options.model:
        tasks = mutations(options.asked, modules=SMALL_MODULES)
        with Sandbox() as sandbox:
            tallies = asyncio.run(asked(options.model, tasks, sandbox, options.formats))
        for name, tally in tallies.items():
            print(tally.row(f"model, {name}"))
    total = isolated.counts["asked"]
    verdict("sloppy engine: applied and parses", isolated.counts["parses"] / total, 0.99, at_most=False)
    verdict("changes outside the symbol", isolated.counts["outside"], 0, at_most=True)
    with BlockingEngine() as engine:
        engine.load(ModelSpec(options.model or str(find_model("", load_config())), context_size=256, gpu_layers=0))
        output_share(found, lambda text: len(engine.tokenize(text)))


if __name__ == "__main__":
    main()
