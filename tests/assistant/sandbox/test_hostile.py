"""Every hostile program, behind every backend that this machine has, as root and not: each must be seen to fail.

Without any backend these tests fail: that a machine has no sandbox is a finding, not a reason to look away.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.assistant.sandbox.arenas import arenas, fight, usable

PROGRAMS = sorted(Path(__file__).with_name("hostile").glob("*.py"))
PLACES = arenas()
IDS = [f"{backend.replace(' ', '-')}-uid{uid}" for backend, uid, _ in PLACES]


def headers(path: Path) -> dict[str, str]:
    lines = [line[2:] for line in path.read_text().splitlines() if line.startswith("# ")]
    return dict(line.split(": ", 1) for line in lines[1:] if ": " in line)


def was_stopped(path: Path, result: dict) -> bool:
    """Whether what the program's header demands was observed."""
    head = headers(path)
    expected = dict(word.partition("/")[::2] for word in head["expect"].split())
    if "ESCAPED" in result["stdout"] or result["state"] not in expected:
        return False
    if expected[result["state"]] not in ("", result["reason"]):
        return False
    if result["state"] == "passed" and head.get("says") and head["says"] not in result["stdout"]:
        return False
    return result["reason"] == head["reason"] if "reason" in head else True


def test_a_backend_holds_on_this_machine() -> None:
    assert any(usable(*place) for place in PLACES), "no sandbox backend here: apt install bubblewrap libseccomp2"


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES, ids=IDS)
def test_every_hostile_program_is_stopped(place: tuple[str, int, str]) -> None:
    if not usable(*place):
        assert any(usable(*other) for other in PLACES), "no sandbox backend here: apt install bubblewrap libseccomp2"
        pytest.skip(f"{place[0]} does not hold on this machine")
    fought = fight(*place)
    loose = {
        path.stem: {key: fought["results"][path.stem][key] for key in ("state", "reason", "detail", "stdout")}
        for path in PROGRAMS
        if not was_stopped(path, fought["results"][path.stem])
    }
    assert not loose
    assert fought["outside"] == {"canary_changed": False, "knocked": [], "daemons": 0, "leftovers": []}
    assert fought["calm"] == "calm\n", "the sandbox must go on working after all that"
    assert len(PROGRAMS) >= 40
