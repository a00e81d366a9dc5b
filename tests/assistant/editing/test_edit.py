"""Edits, hunks and diffs: any subset applies, and `patch` agrees with the diff."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.editing.edit import Edit, Hunk, Rejection, hunks, with_changes

LINES = st.lists(st.sampled_from(["a", "b", "", "  c", "\tü", "é́", "x\r", "\x0c", "\u2028z"]), max_size=12)
TEXTS = st.builds(lambda lines, end: "\n".join(lines) + end, LINES, st.sampled_from(["", "\n"]))


@given(TEXTS, TEXTS)
def test_all_hunks_make_the_whole_edit_and_none_make_no_change(before: str, after: str) -> None:
    edit = Edit("f", before, after)
    assert with_changes(edit, hunks(edit)).after == after
    assert with_changes(edit, ()).after == before


@given(TEXTS, TEXTS, st.data())
def test_any_subset_of_hunks_applies_and_keeps_the_other_lines(before: str, after: str, data: st.DataObject) -> None:
    edit = Edit("f", before, after)
    known = hunks(edit)
    chosen = [hunk for hunk in known if data.draw(st.booleans())]
    part = with_changes(edit, chosen)
    if before != after:
        rest = Edit("f", part.after, after)
        assert with_changes(rest, hunks(rest)).after == after
    assert sum(len(h.new) - len(h.old) for h in chosen) == len(_lines(part.after)) - len(_lines(before))


def _lines(text: str | None) -> list[str]:
    lines = (text or "").split("\n")
    return lines if lines[-1] else lines[:-1]


def test_a_foreign_hunk_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        with_changes(Edit("f", "a\n", "b\n"), [Hunk(7, ("q\n",), ("r\n",))])


@given(TEXTS.filter(bool), TEXTS.filter(bool))
def test_patch_takes_the_diff(tmp_path_factory: pytest.TempPathFactory, before: str, after: str) -> None:
    folder = tmp_path_factory.mktemp("patch")
    file = folder / "f.txt"
    file.write_bytes(before.encode())
    diff = Edit("f.txt", before, after).unified_diff()
    if diff:
        run = ["patch", "-p1", "--binary", "--quiet", "-d", str(folder)]
        subprocess.run(run, input=diff.encode(), check=True, stdout=subprocess.DEVNULL)
    assert file.read_bytes() == after.encode()


def test_new_and_removed_files_are_named_as_patch_expects() -> None:
    assert Edit("f", None, "a\n").unified_diff().startswith("--- /dev/null\n+++ b/f\n")
    assert Edit("f", "a\n", None).unified_diff().startswith("--- a/f\n+++ /dev/null\n")


def test_a_rejection_tells_the_model_what_and_why() -> None:
    text = Rejection("f.py", Hunk(4, ("x\n",), ("y\n",)), "keep x").for_model()
    assert "f.py" in text and "line 5" in text and "keep x" in text and text.endswith("y")


def test_every_text_file_can_hold_a_diff(tmp_path: Path) -> None:
    assert Edit("f", "a", "a").unified_diff() == ""


def test_a_hunk_that_was_rewritten_is_written_as_rewritten() -> None:
    edit = Edit("f", "a\nb\nc\nd\n", "A\nb\nC\nd\n")
    first, second = hunks(edit)
    assert with_changes(edit, [replace(second, new=("see\n", "sea\n")), first]).after == "A\nb\nsee\nsea\nd\n"
    with pytest.raises(ValueError, match="does not fit"):
        with_changes(edit, [first, Hunk(0, ("a\n", "b\n"), ("x\n",))])
    with pytest.raises(ValueError, match="does not fit"):
        with_changes(edit, [Hunk(1, ("q\n",), ("x\n",))])
