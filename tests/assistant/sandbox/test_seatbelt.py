"""Seatbelt cannot be run here: its profile is read as text, and its lane is tried without a wall, which the self-test sees."""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path
from typing import Any

import pytest

from assistant.sandbox import self_test
from assistant.sandbox.api import Limits
from assistant.sandbox.backends import Settings, Unusable
from assistant.sandbox.places import place, remove
from assistant.sandbox.running import Running
from assistant.sandbox.seatbelt import ColdLane, Seatbelt, profile


class WallLess(Seatbelt):
    wall = False


def ended(job: dict[str, Any], **limits: Any) -> dict[str, Any]:
    """What comes of a job in a lane without a wall."""
    settings = Settings(without=frozenset({"privileges"}))
    job = {
        "id": 0,
        "stdin": "",
        "files": [],
        **job,
        "limits": dataclasses.asdict(Limits(**{"seconds": 20.0, **limits})),
    }
    lane = ColdLane(WallLess(), settings)
    places, folders = place(WallLess(), settings, job, 0, 2 if job["kind"] == "trial" else 1)
    try:
        lane.wait_until_ready()
        return self_test._finish(lane, Running(lane, job, 0, places))
    finally:
        lane.close()
        remove(folders)


def test_profile_denies_all_but_what_it_names() -> None:
    text = profile(["/opt/python"], ["/private/tmp/run"])
    assert text.splitlines()[:2] == ["(version 1)", "(deny default)"]
    assert text.count("(") == text.count(")")
    allowed = [line for line in text.splitlines() if line.startswith("(allow")]
    written = [line for line in allowed if "file-write" in line]
    assert [line for line in written if "/dev/" not in line] == [
        f'(allow file-read* file-write* (subpath "{os.path.realpath("/private/tmp/run")}"))'
    ]
    assert not [line for line in allowed if re.search(r"network|mach|iokit|ipc|file-write\*\)|default", line)]
    assert '(subpath "/opt/python")' in text
    assert '(subpath "/")' not in text


@pytest.mark.parametrize("path", ['/a")(allow default)("', "/a\\", "/a b"])
def test_no_path_writes_a_rule_of_its_own(path: str, tmp_path: Path) -> None:
    text = profile([], [path])
    outside = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)
    assert "allow default" not in outside
    assert outside.count('"') == 2 * outside.count('""')
    with pytest.raises(Unusable):
        profile([], ["/a\n(allow default)"])


def test_it_is_for_macos_only() -> None:
    with pytest.raises(Unusable, match="only on macOS"):
        Seatbelt().command(Settings(), "/")


def test_self_test_refuses_it_where_there_is_no_wall() -> None:
    seen = self_test.examine(WallLess(), Settings())
    assert not seen.usable
    # Root may start processes without end, of which the watchdog sees the number or the memory first.
    assert "read a file outside" in seen.why_not or seen.why_not.rstrip(": ").endswith(("processes", "memory"))


def test_its_lane_judges_and_runs_and_ends_what_runs_too_long() -> None:
    trial = {"kind": "trial", "judge": "assert ask('f')(2) == 4"}
    right, wrong = (ended({**trial, "source": f"def f(x): return x * {factor}"}) for factor in (2, 3))
    assert (right["state"], wrong["state"], wrong["reason"]) == ("passed", "failed", "wrong answer")
    told = ended({"kind": "program", "source": "import sys; print(sys.stdin.read()); sys.exit(3)", "stdin": "héllo"})
    assert (told["state"], told["exit_code"], told["stdout"]) == ("failed", 3, "héllo\n")
    assert ended({"kind": "program", "source": "while True: pass"}, seconds=0.3)["state"] == "timeout"
