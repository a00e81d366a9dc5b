"""Finding files by a few letters."""

from __future__ import annotations

import asyncio
from pathlib import Path

from assistant.session.files.path_names import PathNames


async def _listed(folder: Path) -> PathNames:
    names = PathNames(folder)
    names.refresh()
    while names.listing:
        await asyncio.sleep(0.01)
    return names


async def test_a_few_letters_find_a_file_and_say_which_of_its_letters_were_meant(tmp_path: Path) -> None:
    for path in ("src/shop_cart.py", "src/cartoon.py", "docs/chart.md"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("x")
    names = await _listed(tmp_path)
    found = await names.search("shca")
    assert [one.path for one in found] == ["src/shop_cart.py"]
    assert "".join(found[0].path[index] for index in found[0].matched) == "shca"
    assert next(one.path for one in await names.search("cart")) in ("src/cartoon.py", "src/shop_cart.py")


async def test_whatever_can_be_opened_is_found_also_what_is_no_source(tmp_path: Path) -> None:
    with (tmp_path / "huge.log").open("wb") as file:
        file.truncate(60_000_000)
    for name in ("package-lock.json", "logo.svg", "ignored.txt", "notes.ipynb"):
        (tmp_path / name).write_text("x")
    (tmp_path / ".gitignore").write_text("ignored.txt\n")
    (tmp_path / "link.md").symlink_to("logo.svg")
    (tmp_path / "nowhere.md").symlink_to("gone")
    names = await _listed(tmp_path)
    found = {one.path for one in await names.search("")}
    assert found == {".gitignore", "huge.log", "package-lock.json", "logo.svg", "notes.ipynb", "link.md"}


async def test_nothing_typed_offers_what_was_open_last(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_text("x")
    names = await _listed(tmp_path)
    assert [one.path for one in await names.search("", recent=["c"])] == ["c", "a", "b"]


async def test_a_search_through_many_names_lets_others_run(tmp_path: Path) -> None:
    names = PathNames(tmp_path)
    names._names = [(f"pkg{n}/module_{n}.py", f"pkg{n}/module_{n}.py") for n in range(100_000)]
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    found = await names.search("module99999")
    task.cancel()
    assert found[0].path == "pkg99999/module_99999.py"
    assert turns > 40
