"""Turns are applied whole, undone and redone, never over someone's work, and survive being killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assistant.editing.apply import ChangedOnDisk, apply_edits
from assistant.editing.edit import Edit
from assistant.editing.journal import Conflict, Journal
from assistant.editing.workspace import PathRefused, Workspace
from assistant.errors import AssistantError


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.py").write_text("a = 1\n")
    (root / "b.py").write_bytes(b"\xef\xbb\xbfb = 1\r\n\xff\r\n")
    return Journal(Workspace.at(root))


def _file(journal: Journal, name: str) -> Path:
    return journal.workspace.root / name


def _both(journal: Journal) -> list[Edit]:
    return [Edit("a.py", "a = 1\n", "a = 2\n"), Edit("b.py", "b = 1\r\n\udcff\r\n", "b = 2\r\n\udcff\r\n")]


def test_a_turn_changes_only_the_changed_bytes_and_undo_brings_them_back(journal: Journal) -> None:
    _file(journal, "a.py").chmod(0o751)
    apply_edits(journal, _both(journal), "both")
    assert _file(journal, "a.py").read_text() == "a = 2\n"
    assert _file(journal, "a.py").stat().st_mode & 0o777 == 0o751
    assert _file(journal, "b.py").read_bytes() == b"\xef\xbb\xbfb = 2\r\n\xff\r\n"
    again = Journal(journal.workspace)
    assert again.undo().title == "both"
    assert _file(journal, "a.py").read_text() == "a = 1\n"
    assert _file(journal, "b.py").read_bytes() == b"\xef\xbb\xbfb = 1\r\n\xff\r\n"
    again.redo()
    assert _file(journal, "a.py").read_text() == "a = 2\n"


def test_new_and_removed_files(journal: Journal) -> None:
    apply_edits(journal, [Edit("deep/new.py", None, "n\n"), Edit("a.py", "a = 1\n", None)], "move")
    assert _file(journal, "deep/new.py").read_text() == "n\n"
    assert not _file(journal, "a.py").exists()
    journal.undo()
    assert not _file(journal, "deep/new.py").exists()
    assert _file(journal, "a.py").read_text() == "a = 1\n"


def test_symlinks_keep_pointing_where_they_do(journal: Journal) -> None:
    _file(journal, "link.py").symlink_to("a.py")
    apply_edits(journal, [Edit("link.py", "a = 1\n", "a = 3\n")], "through the link")
    assert _file(journal, "link.py").is_symlink()
    assert _file(journal, "a.py").read_text() == "a = 3\n"


def test_what_a_person_changed_since_is_never_overwritten(journal: Journal) -> None:
    apply_edits(journal, _both(journal), "both")
    _file(journal, "a.py").write_text("mine\n")
    with pytest.raises(Conflict, match=r"changed since: a\.py"):
        journal.undo()
    assert _file(journal, "a.py").read_text() == "mine\n"
    assert _file(journal, "b.py").read_bytes().startswith(b"\xef\xbb\xbfb = 2"), "none of the turn was undone"


def test_a_file_that_changed_since_it_was_read_is_offered_as_a_merge(journal: Journal) -> None:
    file = _file(journal, "long.py")
    read = "".join(f"line {n}\n" for n in range(9))
    mine, wanted = read.replace("line 1\n", "mine\n"), read.replace("line 7\n", "changed\n")
    file.write_text(mine)
    with pytest.raises(ChangedOnDisk) as caught:
        apply_edits(journal, [Edit("long.py", read, wanted)], "late")
    (merge,) = caught.value.merges
    assert merge.clean and merge.edit.after == mine.replace("line 7\n", "changed\n")
    assert file.read_text() == mine, "an offer writes nothing"
    apply_edits(journal, [merge.edit], "merged")
    assert file.read_text() == mine.replace("line 7\n", "changed\n")
    with pytest.raises(ChangedOnDisk) as caught:
        apply_edits(journal, [Edit("long.py", read, read.replace("line 1\n", "theirs\n"))], "conflicting")
    assert not caught.value.merges[0].clean


def test_one_refused_path_stops_the_whole_turn(journal: Journal) -> None:
    with pytest.raises(PathRefused):
        apply_edits(journal, [Edit("a.py", "a = 1\n", "a = 2\n"), Edit("../evil", None, "x")], "bad")
    assert _file(journal, "a.py").read_text() == "a = 1\n"
    assert journal.turns() == []


def test_a_failing_file_takes_the_written_ones_back(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Journal._put

    def put(self: Journal, path: str, old: str | None, new: str | None) -> None:
        if path == "b.py":
            raise AssistantError("the disk is full")
        real(self, path, old, new)

    monkeypatch.setattr(Journal, "_put", put)
    with pytest.raises(AssistantError, match="full"):
        apply_edits(journal, _both(journal), "both")
    assert _file(journal, "a.py").read_text() == "a = 1\n"
    with pytest.raises(AssistantError, match="nothing to undo"):
        journal.undo()


def test_characters_without_bytes_are_refused_before_anything_is_written(journal: Journal) -> None:
    with pytest.raises(AssistantError, match="no character"):
        apply_edits(journal, [Edit("a.py", "a = 1\n", "a = '\ud800'\n")], "surrogate")
    assert _file(journal, "a.py").read_text() == "a = 1\n"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"number": 1, "changes": [{}]}'])
def test_a_damaged_record_is_named_with_what_helps(content: str, journal: Journal) -> None:
    apply_edits(journal, _both(journal), "both")
    (record,) = (Path(os.environ["WIZARD_HOME"]) / "state" / "journal").glob("*/turn-*.json")
    record.write_text(content)
    with pytest.raises(AssistantError, match=r"it is damaged. Try: mv"):
        journal.undo()
    assert _file(journal, "a.py").read_text() == "a = 2\n"


def test_a_new_turn_ends_the_redo_list(journal: Journal) -> None:
    apply_edits(journal, [Edit("a.py", "a = 1\n", "a = 2\n")], "first")
    journal.undo()
    apply_edits(journal, [Edit("a.py", "a = 1\n", "a = 5\n")], "second")
    with pytest.raises(AssistantError, match="nothing to redo"):
        journal.redo()


_LOOP = """
import sys
from pathlib import Path
from assistant.editing.apply import apply_edits
from assistant.editing.edit import Edit
from assistant.editing.journal import Journal
from assistant.editing.workspace import Workspace

journal = Journal(Workspace.at(Path(sys.argv[1])))
texts = [chr(97 + n) * 4000 + "\\n" for n in range(2)]
print("ready", flush=True)
while True:
    apply_edits(journal, [Edit(name, texts[0], texts[1]) for name in ("x", "y")], "there")
    journal.undo()
"""


@pytest.mark.slow
def test_killed_at_random_points_every_file_is_old_or_new_and_all_agree(tmp_path: Path) -> None:
    old, new = "a" * 4000 + "\n", "b" * 4000 + "\n"
    for name in ("x", "y"):
        (tmp_path / name).write_text(old)
    chance = random.Random(7)
    for _ in range(100):
        child = subprocess.Popen([sys.executable, "-c", _LOOP, str(tmp_path)], stdout=subprocess.PIPE, env=os.environ)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(chance.uniform(0, 0.03))
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert {(tmp_path / name).read_text() for name in ("x", "y")} <= {old, new}
        journal = Journal(Workspace.at(tmp_path))
        assert len({(tmp_path / name).read_text() for name in ("x", "y")}) == 1, "a turn was half applied"
        if (tmp_path / "x").read_text() == new:
            journal.undo()
        assert (tmp_path / "y").read_text() == old
    assert {p.name for p in tmp_path.iterdir()} == {"x", "y"}, "staging files were left behind"
