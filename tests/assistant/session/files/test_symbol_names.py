"""Symbols of a folder are found by a few letters while it is being read, and what stands in the way is said."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from assistant.context.index import Index
from assistant.context.names import Definition, FileNames
from assistant.errors import AssistantError
from assistant.session.files.symbol_names import SymbolNames


def _index(**files: tuple[str, ...]) -> Index:
    names = {
        f"{path}.py": FileNames(
            tuple(Definition(n.rpartition(".")[2], n, "function", i, i, 0, n) for i, n in enumerate(found, 1))
        )
        for path, found in files.items()
    }
    return Index(Path(), names, tuple(names))


async def _read(symbols: SymbolNames) -> SymbolNames:
    symbols.refresh()
    while symbols.reading:
        await asyncio.sleep(0.005)
    return symbols


async def test_the_nearest_comes_first_with_its_file_and_line() -> None:
    symbols = await _read(SymbolNames(lambda: _index(a=("open_file", "reopen"), b=("Folder.open",))))
    found = await symbols.search("open")
    assert (found[0].path, found[0].name, found[0].line) == ("b.py", "Folder.open", 1)
    assert {one.name for one in found} == {"open_file", "reopen", "Folder.open"}
    assert [one.name for one in await symbols.search("opfi", but="b.py")] == ["open_file"]
    assert await symbols.search("zzz") == []


async def test_what_was_read_before_is_searched_while_the_folder_is_read_anew() -> None:
    go = threading.Event()
    answers = [_index(a=("first",)), _index(a=("first", "second"))]

    def read() -> Index:
        if len(answers) == 1:
            go.wait(30)
        return answers.pop(0)

    symbols = await _read(SymbolNames(read))
    symbols.refresh()
    assert [one.name for one in await symbols.search("st")] == ["first"]
    assert symbols.reading
    go.set()
    await _read(symbols)
    assert len(await symbols.search("s")) == 2


async def test_a_folder_that_cannot_be_read_is_said() -> None:
    def read() -> Index:
        raise AssistantError("cannot map x", "there is no such folder")

    symbols = await _read(SymbolNames(read))
    assert symbols.problem == "cannot map x: there is no such folder"
    assert await symbols.search("a") == []
