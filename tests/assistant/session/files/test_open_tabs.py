"""What was open in a folder is there in the next run; a file of state that was tampered with counts as nothing."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.ground.paths import state_folder
from assistant.session.files.open_tabs import MOST, OpenTab, OpenTabs, keep_tabs, load_tabs

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def test_what_is_kept_is_read_again_for_that_folder_only(tmp_path: Path) -> None:
    kept = OpenTabs((OpenTab("a b.py", 3, 4), OpenTab("src/\udcff.py")), at=1)
    keep_tabs(tmp_path, kept)
    assert load_tabs(tmp_path) == kept
    assert load_tabs(tmp_path / "other") == OpenTabs()


def test_no_more_files_are_opened_than_a_person_looks_at(tmp_path: Path) -> None:
    keep_tabs(tmp_path, OpenTabs(tuple(OpenTab(f"{n}.py") for n in range(99)), at=98))
    assert len(load_tabs(tmp_path).tabs) == MOST
    assert load_tabs(tmp_path).at == 0


@given(JSON, JSON)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_stands_in_the_file_some_tabs_come_of_it(tmp_path: Path, tabs: object, at: object) -> None:
    keep_tabs(tmp_path, OpenTabs((OpenTab("a.py"),)))
    (file,) = state_folder("tabs").iterdir()
    for content in (json.dumps({"tabs": tabs, "at": at}), json.dumps(tabs), "[" * 100_000, "\0"):
        file.write_text(content)
        read = load_tabs(tmp_path)
        assert all(tab.row >= 0 and tab.column >= 0 for tab in read.tabs)
        assert 0 <= read.at <= len(read.tabs)
