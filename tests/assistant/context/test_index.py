"""Names are kept by content: what has not changed is not parsed again, and a wrong or lost cache only costs time."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.context import index as index_module
from assistant.context.index import index_folder
from assistant.context.names import FileNames, names_of
from assistant.errors import AssistantError
from assistant.ground.paths import cache_folder


def test_definitions_and_uses_of_each_file_are_found(repository: Path) -> None:
    files = index_folder(repository).files
    jar = files["shelf/jar.py"]
    assert [d.qualified_name for d in jar.definitions] == ["Jar", "Jar.fill_up", "Jar.open", "make_jar"]
    assert jar.definitions[1].declaration == "def fill_up(self, count: int) -> int"
    assert dict(files["kitchen.py"].uses) == {".fill_up": 1, "Jar": 1, "make_jar": 2}
    assert files["web/app.js"].definitions[0].declaration == "function draw()"
    assert "notes.txt" not in files


def test_a_second_run_parses_nothing_and_a_changed_file_alone(repository: Path, settle: Callable[[Path], None]) -> None:
    settle(repository)
    first = index_folder(repository)
    assert first.parsed == 5
    second = index_folder(repository)
    assert (second.parsed, second.files) == (0, first.files)
    (repository / "kitchen.py").write_text("def fry():\n    pass\n")
    third = index_folder(repository)
    assert third.parsed == 1
    assert third.files["kitchen.py"].definitions[0].name == "fry"


def test_a_file_is_known_by_its_content_after_a_touch_a_move_and_a_return(repository: Path) -> None:
    index_folder(repository)
    (repository / "kitchen.py").touch()
    (repository / "shelf/jar.py").rename(repository / "shelf/pot.py")
    moved = index_folder(repository)
    assert moved.parsed == 0
    assert "shelf/pot.py" in moved.files
    assert "shelf/jar.py" not in moved.files


def test_a_change_within_the_clocks_step_that_keeps_the_size_is_seen(repository: Path) -> None:
    path = repository / "kitchen.py"
    index_folder(repository)
    status = path.stat()
    path.write_text(path.read_text().replace("bake", "cake"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert index_folder(repository).files["kitchen.py"].definitions[0].name == "cake"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"edition": 1}', b"\xff\xfe", b"null"])
def test_a_damaged_cache_is_made_again(repository: Path, content: bytes) -> None:
    first = index_folder(repository)
    (store,) = cache_folder("maps").iterdir()
    store.write_bytes(content)
    assert index_folder(repository).files == first.files


def test_a_cache_of_another_edition_is_not_believed(repository: Path) -> None:
    index_folder(repository)
    (store,) = cache_folder("maps").iterdir()
    content = json.loads(store.read_bytes())
    content["edition"] = "old"
    store.write_text(json.dumps(content))
    assert index_folder(repository).parsed == 5


def test_names_survive_the_way_to_json_and_back() -> None:
    names = names_of("a.py", "def f(x='é\udcff'):\n    g(x)\n".encode("utf-8", "surrogateescape"))
    assert FileNames.from_json(json.loads(json.dumps(names.to_json()))) == names
    assert "\ufffd" in names.definitions[0].declaration


def test_binary_and_unknown_files_have_no_names() -> None:
    assert names_of("a.py", b"\0\1def f(): pass") == FileNames()
    assert names_of("a.unknown", b"def f(): pass") == FileNames()


def test_processes_find_what_one_finds_and_a_file_that_kills_its_process_has_no_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        (tmp_path / f"m{number}.py").write_text(f"def f{number}(): pass\n")
    alone = index_folder(tmp_path, jobs=1)
    next(cache_folder("maps").iterdir()).unlink()
    monkeypatch.setattr(index_module, "_WORTH_A_POOL", 0)
    monkeypatch.setattr(index_module, "_CHUNK", 1)
    assert index_folder(tmp_path, jobs=2) == alone
    next(cache_folder("maps").iterdir()).unlink()
    monkeypatch.setattr(index_module, "_PARENT_PARSES", False)
    monkeypatch.setattr(index_module, "_names_of", deadly)
    broken = index_folder(tmp_path, jobs=2)
    assert broken.files == alone.files | {"m2.py": FileNames()}


names_of_items = index_module._names_of


def deadly(items: list[index_module._Work]) -> list[tuple[str, object]]:
    """Stands for a parser that crashes on one file."""
    if any(item.path == "m2.py" for item in items):
        os._exit(11)
    return names_of_items(items)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssistantError, match="no such folder"):
        index_folder(tmp_path / "missing")


def test_packed_files_have_no_names_and_long_lines_alone_do_not_make_one() -> None:
    assert names_of("a.js", b"var a=1;" * 5000) == FileNames()
    assert names_of("a.js", b"var a='" + b"x" * 9000 + b"';\n" + b"function f() {}\n" * 600).definitions
