"""What a large file costs: parsing 10,000 lines, listing their symbols, and one edit in 20,000 lines.

    python -m benchmarks.symbols

The text is the standard library's own. The peer is Python's `ast.parse` of the same text, in the same run. Times are processor time.
"""

from __future__ import annotations

import ast
import contextlib
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from assistant.syntax.document import Document
from assistant.syntax.languages import language_named
from assistant.syntax.symbols import outline
from benchmarks.measure import interleaved, median_ratio, verdict

ROUNDS = 9
MODULES = (
    "typing",
    "argparse",
    "inspect",
    "subprocess",
    "tarfile",
    "turtle",
    "zipfile",
    "doctest",
    "ast",
    "pickletools",
)


def main() -> None:
    python = language_named("python")
    text, longer = _lines(10_000), _lines(20_000)
    print(f"{text.count(chr(10)):,} lines")
    outline(Document("class A:\n    pass\n", python))

    def parse() -> float:
        document = Document(text, python)
        return seconds(lambda: document.tree)

    def list_symbols() -> float:
        document = Document(text, python)
        assert document.tree is not None
        return seconds(lambda: outline(document))

    figures = interleaved(
        ROUNDS,
        {
            "parse": parse,
            "symbols": list_symbols,
            "ast": lambda: seconds(lambda: ast.parse(text)),
            "edit": lambda: _edit(longer),
        },
    )
    for name, times in figures.items():
        print(f"{name:8} {statistics.median(times) * 1000:7.1f} ms")
    verdict("parsing 10,000 lines, ms", statistics.median(figures["parse"]) * 1000, 60, at_most=True)
    verdict("parsing / ast.parse", median_ratio(figures["parse"], figures["ast"]), 1, at_most=True)
    verdict(
        "one edit in 20,000 lines / parsing 10,000", median_ratio(figures["edit"], figures["parse"]), 0.5, at_most=True
    )


def seconds(work: Callable[[], object]) -> float:
    """Processor time of `work`, which has one thread: what it takes on a quiet machine."""
    started = time.process_time()
    work()
    return time.process_time() - started


def _edit(text: str) -> float:
    document = Document(text, language_named("python"))
    assert document.tree is not None
    middle = document.line_span(10_000).start
    return seconds(lambda: document.edit(middle, middle, "# größer\n").tree)


def _lines(count: int) -> str:
    """So many lines of sound Python, fewer by what the last definition would have taken."""
    folder = Path(ast.__file__).parent
    lines = [line for name in MODULES for line in (folder / f"{name}.py").read_text(encoding="utf-8").splitlines(True)]
    lines = (lines * 2)[: count + 1]
    while True:
        if lines.pop().startswith(("def ", "class ")):
            with contextlib.suppress(SyntaxError):
                ast.parse("".join(lines))
                return "".join(lines)


if __name__ == "__main__":
    main()
