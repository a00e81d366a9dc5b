"""`wizard-tui edit` from the command line to the file: what is printed, what is written, and what is refused before it costs time."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import assistant.engine.client
import assistant.models.library
from assistant.cli.main import main
from tests.fakes.scripted_engine import ScriptedEngine

SHOP = "class Cart:\n    def total(self):\n        return sum(self.prices) - 1\n\n    def add(self, price):\n        pass\n"
MENDED = SHOP.replace(" - 1", "")
REPLY = "\n        return sum(self.prices)\n```"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(assistant.models.library, "find_model", lambda name, config: Path("small.gguf"))
    place = tmp_path / "project"
    (place / ".git").mkdir(parents=True)
    (place / "shop.py").write_text(SHOP)
    monkeypatch.chdir(place)
    return place


class Wizard:
    """Runs command lines with a scripted engine; keeps what they print."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, output: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._output = output
        self.engine = ScriptedEngine()
        self.out = self.err = ""

    def __call__(self, *arguments: str, replies: tuple[str, ...] = (REPLY,)) -> int:
        self.engine = ScriptedEngine(replies)
        self._monkeypatch.setattr(assistant.engine.client, "EngineClient", lambda: self.engine)
        self._monkeypatch.setattr(sys, "argv", ["wizard-tui", *arguments])
        try:
            main()
            code: int | str | None = 0
        except SystemExit as leaving:
            code = leaving.code
        self.out, self.err = self._output.readouterr()
        return int(code or 0)


@pytest.fixture
def wizard(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Wizard:
    return Wizard(monkeypatch, capfd)


def test_the_change_is_printed_as_a_diff_and_not_written(folder: Path, wizard: Wizard) -> None:
    assert wizard("edit", "shop.py::Cart.total", "Do not subtract.") == 0
    assert wizard.out.startswith("--- a/shop.py\n+++ b/shop.py\n@@")
    assert "-        return sum(self.prices) - 1\n+        return sum(self.prices)\n" in wizard.out
    assert (folder / "shop.py").read_text() == SHOP


def test_json_is_one_document_with_the_fields_that_scripts_rely_on(folder: Path, wizard: Wizard) -> None:
    assert wizard("edit", "shop.py::total", "Do not subtract.", "--write", "--json") == 0
    row = json.loads(wizard.out)
    assert (row["written"], row["attempts"], row["new_faults"], row["symbol"]) == (True, 1, [], "Cart.total")
    assert row["diff"].startswith("--- a/shop.py")
    assert (folder / "shop.py").read_text() == MENDED
    assert wizard("undo", "--json") == 0
    assert json.loads(wizard.out)[0]["files"] == ["shop.py"]
    assert (folder / "shop.py").read_text() == SHOP
    assert wizard("undo", "--redo") == 0
    assert (folder / "shop.py").read_text() == MENDED


def test_a_change_that_breaks_the_file_is_shown_and_never_written(folder: Path, wizard: Wizard) -> None:
    broken = "\n        return (sum(self.prices)\n```"
    assert wizard("edit", "shop.py::Cart.total", "Mend it.", "--write", "--json", replies=(broken,)) == 3
    row = json.loads(wizard.out)
    assert (row["written"], row["attempts"]) == (False, 3)
    assert row["new_faults"][0]["line"] in (2, 3)
    assert "was not written" in wizard.err
    assert (folder / "shop.py").read_text() == SHOP


def test_nothing_usable_is_one_document_too_and_exit_code_three(folder: Path, wizard: Wizard) -> None:
    assert wizard("edit", "shop.py::Cart.total", "Mend it.", "--json", replies=("I cannot do that.",)) == 3
    row = json.loads(wizard.out)
    assert (row["diff"], row["written"], row["symbol"]) == ("", False, "Cart.total")


def test_bytes_of_another_encoding_line_ends_and_mode_survive(folder: Path, wizard: Wizard) -> None:
    file = folder / "old.py"
    file.write_bytes(b"\xef\xbb\xbfname = '\xe9'\r\n\r\n\r\ndef f(a):\r\n    return a - 1\r\n\r\n\r\nend = 1")
    file.chmod(0o640)
    assert wizard("edit", "old.py::f", "Add one.", "--write", replies=("\n    return a + 1\n```",)) == 0
    assert file.read_bytes() == b"\xef\xbb\xbfname = '\xe9'\r\n\r\n\r\ndef f(a):\r\n    return a + 1\r\n\r\n\r\nend = 1"
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_file_that_is_broken_elsewhere_can_still_be_edited(folder: Path, wizard: Wizard) -> None:
    (folder / "half.py").write_text("def f(:\n    pass\n\n\ndef g(a):\n    return a - 1\n")
    assert wizard("edit", "half.py::g", "Add one.", "--write", replies=("\n    return a + 1\n```",)) == 0
    assert (folder / "half.py").read_text() == "def f(:\n    pass\n\n\ndef g(a):\n    return a + 1\n"


REFUSED = [
    (("shop.py::Cart.totl", "x"), 1, "Try: Cart.total"),
    (("shpo.py", "x"), 1, "Try: shop.py"),
    (("Do not subtract.", "shop.py::Cart.total"), 1, 'Try: wizard-tui edit shop.py::Cart.total "Do not subtract."'),
    (("shop.py", "x", "--formatter", "no-such-formatter"), 2, "Try: install it, or name one that reads standard input"),
    (("two.py::total", "x"), 1, "more than one symbol. Try: A.total, B.total"),
    (("empty.py::f", "x"), 1, "nothing is defined there"),
    (("notes.unknown::f", "x"), 1, "language is not known"),
    (("binary.py", "x"), 1, "binary"),
    ((".", "x"), 1, "not a file"),
    (("shop.py", "  "), 2, "nothing to change"),
    (("shop.py", "x", "--format", "poem"), 2, "no edit format poem"),
    (("out.py", "x", "--write"), 1, "outside"),
    (("link/there.py", "x", "--write"), 1, "outside"),
    ((".git/hook.py", "x", "--write"), 1, "belongs to git"),
]


def test_what_cannot_be_done_is_one_sentence_before_a_model_is_asked(folder: Path, wizard: Wizard) -> None:
    there = folder.parent / "elsewhere"
    there.mkdir()
    for file in (there / "there.py", folder / ".git" / "hook.py", folder / "notes.unknown"):
        file.write_text("x = 1\n")
    (folder / "out.py").symlink_to(there / "there.py")
    (folder / "link").symlink_to(there)
    (folder / "empty.py").write_text("")
    (folder / "binary.py").write_bytes(bytes(range(256)))
    (folder / "two.py").write_text("class A:\n    def total(self): pass\n\n\nclass B:\n    def total(self): pass\n")
    for arguments, code, words in REFUSED:
        assert wizard("edit", *arguments) == code, arguments
        assert words in wizard.err, (arguments, wizard.err)
        assert len(wizard.err.strip().splitlines()) == 1
        assert wizard.out == ""
        assert wizard.engine.requests == []
    assert (there / "there.py").read_text() == "x = 1\n"


def test_the_model_may_say_which_symbol_of_a_long_file_is_meant(folder: Path, wizard: Wizard) -> None:
    (folder / "long.py").write_text(SHOP + "".join(f"\n\ndef part{n}():\n    return {n}\n" for n in range(30)))
    replies = ("Cart.total", REPLY)
    assert wizard("edit", "long.py", "The sum is one too small.", "--write", "--json", replies=replies) == 0
    row = json.loads(wizard.out)
    assert row["symbol"] == "Cart.total"
    assert "takes it to be about Cart.total" in row["notes"][0]
    choice = wizard.engine.requests[0].choices[0]
    assert {"Cart.total", "part7", "none of these"} <= set(choice.texts)
    assert (folder / "long.py").read_text().startswith(MENDED)


def test_a_formatter_runs_only_where_asked_and_what_it_writes_is_judged_too(folder: Path, wizard: Wizard) -> None:
    indent = f"{sys.executable} -c 'import sys; sys.stdout.write(sys.stdin.read().replace(chr(32)*4, chr(9)))'"
    assert wizard("edit", "shop.py::Cart.total", "Do not subtract.", "--write", "--formatter", indent) == 0
    assert (folder / "shop.py").read_text() == MENDED.replace("    ", "\t")
    wizard("undo")
    assert wizard("edit", "shop.py::Cart.total", "Do not subtract.", "--write") == 0
    assert (folder / "shop.py").read_text() == MENDED
    wizard("undo")
    for command, code, told in (
        (f"{sys.executable} -c 'print(\"def (\")'", 3, "breaks the syntax"),
        ("no-such-formatter", 2, "cannot run the formatter no-such-formatter"),
        (f"{sys.executable} -c 'raise SystemExit(\"not today\")'", 1, "not today"),
        (f"{sys.executable} -c ''", 1, "wrote nothing"),
        ("'", 2, "cannot read the formatter"),
    ):
        assert wizard("edit", "shop.py::Cart.total", "Do not subtract.", "--write", "--formatter", command) == code
        assert told in wizard.err
        assert (folder / "shop.py").read_text() == SHOP
