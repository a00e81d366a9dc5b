"""Seeds from people's own code: a few symbols of each file, picked by tree-sitter and by the seed of the run.

The symbol becomes the source of an `inspiration` task (OSS-Instruct, as in Magicoder): the teacher invents a problem
from it. Secrets are masked later, as in all that people bring. Nothing but the picked symbols leaves the folder.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from assistant.errors import AssistantError
from assistant.syntax.document import Document
from assistant.syntax.languages import detect
from assistant.syntax.symbols import Symbol, outline
from trainer.errors import TrainerError
from trainer.records import Seed

_PER_FILE = 3
_SHORTEST, _LONGEST = 4, 60
_LARGEST_FILE = 500_000
_CODE = ("function", "method", "class", "type")
_SKIPPED = frozenset(
    {"node_modules", "__pycache__", "venv", "env", "dist", "build", "target", "vendor", "site-packages"}
)


def seeds_from_code(folder: Path, seed: int, report: Callable[[str], None]) -> Iterator[Seed]:
    """Seeds from the source files below `folder`, the same for the same seed and files.

    Raises:
        TrainerError: there is no such folder, or no code with symbols in it.
    """
    if not folder.is_dir():
        raise TrainerError(
            f"cannot take inspiration from {folder}", "there is no such folder", "a folder of source files"
        )
    count = 0
    for path in _source_files(folder):
        try:
            document = Document.read(path)
            symbols = [symbol for symbol in outline(document) if _fits(symbol)]
        except AssistantError as error:
            report(f"{error.sentence()}; skipped")
            continue
        chance = random.Random(f"{seed}/{path.relative_to(folder)}")
        for symbol in sorted(chance.sample(symbols, min(_PER_FILE, len(symbols))), key=lambda picked: picked.span):
            code = document.text[symbol.span.start : symbol.span.end]
            language = document.language.name if document.language else ""
            count += 1
            yield Seed(f"```{language}\n{code.strip()}\n```", heuristic="inspiration")
    if not count:
        raise TrainerError(
            f"cannot take inspiration from {folder}", "no source file in it has a symbol of a fitting size"
        )


def _fits(symbol: Symbol) -> bool:
    return symbol.kind in _CODE and _SHORTEST <= symbol.end_line - symbol.start_line + 1 <= _LONGEST


def _source_files(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith("."))
        for name in sorted(files):
            path = Path(place) / name
            if detect(path) is not None and path.is_file() and path.stat().st_size <= _LARGEST_FILE:
                yield path
