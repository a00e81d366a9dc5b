"""wizard-tui symbols: the named definitions of a file, as a table or as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def symbols(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The source file.", show_default=False)],
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List the functions, classes, constants, types and tests of FILE, with their lines."""
    from assistant.errors import AssistantError
    from assistant.ground.terminal import say
    from assistant.ground.visible import visible_line
    from assistant.syntax.document import Document
    from assistant.syntax.faults import faults
    from assistant.syntax.languages import LANGUAGES
    from assistant.syntax.symbols import outline

    if file.is_dir():
        raise AssistantError(f"cannot read {file}", "it is a folder", f"wizard-tui map {file}")
    document = Document.read(file)
    if document.language is None:
        known = ", ".join(language.title for language in LANGUAGES)
        raise AssistantError(f"cannot read {file} as a tree", "its language is not known", f"a file of {known}")
    found = outline(document)
    broken = faults(document)
    if broken:
        count = f"{len(broken)} places" if len(broken) > 1 else "1 place"
        say(f"{file}: {count} cannot be parsed, the first at line {broken[0].line}: {broken[0].reason}")
    if json_:
        fields = ("name", "qualified_name", "kind", "start_line", "end_line")
        print(json.dumps([{field: getattr(symbol, field) for field in fields} for symbol in found], indent=2))
        return
    if not found:
        say(f"{file}: no symbols")
    width = len(str(found[-1].end_line)) if found else 0
    for symbol in found:
        lines = f"{symbol.start_line:>{width}}-{symbol.end_line:<{width}}"
        print(f"{lines}  {symbol.kind:<8}  {'  ' * symbol.depth}{visible_line(symbol.qualified_name)}")
