"""From the output of tests to the file that is changed; the command that runs them; several files in one wish."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from assistant.errors import AssistantError
from assistant.session.edits import Edits
from assistant.session.mending import suspects, target_of, wish_for
from assistant.session.project_tests import find_command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src" / "shop").mkdir(parents=True)
    (tmp_path / "tests").mkdir()
    (tmp_path / "src" / "shop" / "cart.py").write_text("def total(): return 1\n")
    (tmp_path / "prices.py").write_text("def net(): return 1\n")
    (tmp_path / "tests" / "test_prices.py").write_text("from shop.cart import total\n")
    return tmp_path


def test_a_file_that_the_traceback_names_comes_before_what_the_test_is_about(folder: Path) -> None:
    output = "tests/test_prices.py:3: in test\nsrc/shop/cart.py:1: ZeroDivisionError\n"
    assert suspects(folder, output)[0] == "src/shop/cart.py"


def test_where_only_the_test_is_named_its_subject_is_found_by_name_and_by_import(folder: Path) -> None:
    found = suspects(folder, 'File "tests/test_prices.py", line 3\nAssertionError')
    assert found == ("prices.py", "src/shop/cart.py", "tests/test_prices.py")


@pytest.mark.parametrize(
    "output", ["", "nothing.py:3", "/etc/passwd.py:1", "../../outside.py:2", "\x1b[31mprices.py\x00", "x" * 9000]
)
def test_hostile_or_empty_output_names_no_file_outside(folder: Path, output: str) -> None:
    (folder.parent / "outside.py").write_text("")
    assert set(suspects(folder, output)) <= {"prices.py"}
    if not suspects(folder, output):
        with pytest.raises(AssistantError, match="/mend FILE"):
            target_of(folder, output)


def test_the_wish_holds_the_end_of_a_long_output_only() -> None:
    wish = wish_for("pytest", "\n".join(f"line {number}" for number in range(5000)))
    assert "line 4999" in wish
    assert len(wish) < 4300


@pytest.mark.parametrize(
    ("files", "argv"),
    [
        ({"package.json": '{"scripts": {"test": "node t.js"}}'}, ("npm", "test", "--silent")),
        ({"Makefile": "all:\n\ntest: all\n\ttrue\n"}, ("make", "test")),
        (
            {"package.json": '{"scripts": {"test": "echo no test specified"}}', "Makefile": "check:\n"},
            ("make", "check"),
        ),
        ({"test_x.py": "", "Makefile": "test:\n"}, ("pytest",)),
    ],
)
def test_the_command_is_found_in_the_files(tmp_path: Path, files: dict[str, str], argv: tuple[str, ...]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    try:
        found = find_command(tmp_path)
    except AssistantError as error:
        pytest.skip(error.sentence())
    assert set(argv) <= {Path(word).name for word in found.argv}


def test_a_configured_command_comes_first_and_a_missing_one_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("test:\n")
    assert find_command(tmp_path, "sh -c 'exit 3'").text == "sh -c 'exit 3'"
    for configured, words in (("no-such-program", "no such program"), ("sh 'open", "cannot be read")):
        with pytest.raises(AssistantError, match=words):
            find_command(tmp_path, configured)
    (tmp_path / "Makefile").unlink()
    os.mkfifo(tmp_path / "Makefile")
    for hostile in ("[]", "[" * 100_000, '{"scripts": ' + "[" * 100_000):
        (tmp_path / "package.json").write_text(hostile)
        with pytest.raises(AssistantError, match="no test command was found"):
            find_command(tmp_path)


def test_a_wish_names_several_files_and_a_comma_in_a_name_is_none(tmp_path: Path) -> None:
    for name in ("a.py", "b.py", "c,d.py"):
        (tmp_path / name).write_text("")
    edits = Edits(tmp_path)
    assert edits.targets("a.py::f,b.py::g") == ("a.py::f", "b.py::g")
    assert edits.targets('@"c,d.py"::f') == ('@"c,d.py"::f',)
    assert edits.targets("c,d.py") == ("c,d.py",)
