"""What an `@` offers: names of files at once, what is in them when it was read, and nothing waits in a large folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assistant.config import Config
from assistant.session.files.path_names import PathNames
from assistant.session.pointing import Pointing
from assistant.tui import choice_finder
from assistant.tui.app import WizardApp
from assistant.tui.choice_finder import ChoiceFinder
from assistant.tui.screens.workbench import Workbench
from assistant.tui.widgets.choice_menu import Choice
from tests.fakes.scripted_engine import ScriptedEngine
from tests.fakes.stage import until


def a_folder(folder: Path) -> Path:
    (folder / "pack age").mkdir()
    (folder / "pack age" / "sorting.py").write_text("def quick_sort(items):\n    return sorted(items)\n")
    (folder / "main.py").write_text("def main():\n    pass\n")
    return folder


async def offered(finder: ChoiceFinder, typed: str) -> list[Sequence[Choice]]:
    return [found async for found in finder(typed)]


async def test_files_come_before_anything_is_read_and_symbols_after(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    finder = ChoiceFinder(Pointing(folder), PathNames(folder))
    first, *_, last = await offered(finder, "see @sort")
    assert [c.text for c in first] == ['@"pack age/sorting.py" ']
    assert {c.help for c in last} >= {"file", "symbol"}
    assert any("quick_sort" in c.text for c in last)
    assert all(c.start == 4 for c in (*first, *last))
    # What was read once is answered from at once.
    assert len(await offered(finder, "see @sort")) == 1


async def test_a_folder_of_very_many_files_is_not_read_for_their_names(tmp_path: Path, monkeypatch: object) -> None:
    folder = a_folder(tmp_path)
    names, pointing = PathNames(folder), Pointing(folder)
    finder = ChoiceFinder(pointing, names)
    await offered(finder, "@main")
    pointing = Pointing(folder)
    finder = ChoiceFinder(pointing, names)
    monkeypatch.setattr(choice_finder, "_MANY", 1)  # type: ignore[attr-defined]
    assert [c.label for c in (await offered(finder, "@mai"))[-1]] == ["@main.py"]
    assert not pointing.is_read
    assert any(c.label == "@main.py::main" for c in (await offered(finder, "@main.py::ma"))[-1])


async def test_nothing_is_offered_where_nothing_is_mentioned(tmp_path: Path) -> None:
    finder = ChoiceFinder(Pointing(tmp_path), PathNames(tmp_path))
    assert await offered(finder, "mail me at ada@example.org and") == [[]]
    assert [c.text for c in (await offered(finder, "/mod"))[0]] == ["/model "]


async def test_what_an_arrow_has_marked_stays_when_more_is_found(tmp_path: Path) -> None:
    a_folder(tmp_path)
    app = WizardApp(tmp_path, Config(), ScriptedEngine())
    async with app.run_test(size=(120, 40)) as pilot:
        chat = app.screen
        assert isinstance(chat, Workbench)
        await until(pilot, lambda: chat.desk is not None and not chat.desk.busy)
        chat.prompt.put("@")
        await until(pilot, lambda: chat.composer.menu.is_open)
        await pilot.press("down")
        await until(pilot, lambda: chat.composer.menu.is_walked)
        marked = chat.composer.menu.chosen
        await until(pilot, lambda: app.workplace is not None and app.workplace.pointing.is_read)
        await pilot.pause()
        assert chat.composer.menu.chosen == marked
        await pilot.press("m")
        await until(pilot, lambda: chat.composer.menu.chosen is not None and "main" in chat.composer.menu.chosen.text)
