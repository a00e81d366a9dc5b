"""When work rests: on the battery as the system tells of it, and while someone types."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from assistant.ground import paths
from assistant.learning.rest import QUIET_SECONDS, Watch, on_battery, someone_types


def supply(power: Path, name: str, **words: str) -> None:
    (power / name).mkdir(parents=True, exist_ok=True)
    for key, word in words.items():
        (power / name / key).write_text(f"{word}\n")


def test_a_machine_without_a_battery_is_on_the_mains(tmp_path: Path) -> None:
    assert not on_battery(tmp_path / "nothing")
    supply(tmp_path, "AC", type="Mains", online="0")
    assert not on_battery(tmp_path)


def test_a_discharging_battery_counts_where_nothing_is_plugged_in(tmp_path: Path) -> None:
    supply(tmp_path, "BAT0", type="Battery", status="Discharging")
    supply(tmp_path, "AC", type="Mains", online="0")
    assert on_battery(tmp_path)
    supply(tmp_path, "AC", type="Mains", online="1")
    assert not on_battery(tmp_path)


@pytest.mark.parametrize("status", ["Charging", "Full", "Not charging", "Unknown", ""])
def test_a_battery_that_does_not_discharge_is_none(tmp_path: Path, status: str) -> None:
    supply(tmp_path, "BAT0", type="Battery", status=status)
    assert not on_battery(tmp_path)


def test_the_battery_of_a_mouse_is_not_the_machine_s(tmp_path: Path) -> None:
    supply(tmp_path, "hidpp_battery_0", type="Battery", scope="Device", status="Discharging")
    assert not on_battery(tmp_path)


def test_a_plug_by_usb_counts(tmp_path: Path) -> None:
    supply(tmp_path, "BAT0", type="Battery", status="Discharging")
    supply(tmp_path, "ucsi", type="USB", online="1")
    assert not on_battery(tmp_path)


def test_what_cannot_be_read_is_no_battery(tmp_path: Path) -> None:
    supply(tmp_path, "BAT0", type="Battery")
    (tmp_path / "BAT0" / "status").write_bytes(b"\xff\xfe")
    assert not on_battery(tmp_path)


def test_the_watch_sees_the_plug_being_pulled_and_put_back(tmp_path: Path) -> None:
    watch = Watch(tmp_path, every=0)
    supply(tmp_path, "BAT0", type="Battery", status="Charging")
    assert watch.reason() == ""
    supply(tmp_path, "BAT0", status="Discharging")
    assert watch.reason() == "the machine runs on its battery"
    assert Watch(tmp_path, on_battery_too=True).reason() == ""
    supply(tmp_path, "BAT0", status="Charging")
    assert watch.reason() == ""


def test_work_rests_while_someone_types_and_goes_on_when_it_is_quiet(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    assert watch.reason() == ""
    someone_types()
    assert watch.reason() == "you are typing"
    long_ago = time.time() - QUIET_SECONDS - 1
    os.utime(paths.typing_mark(), (long_ago, long_ago))
    assert watch.reason() == ""


def test_a_clock_that_was_set_back_stops_nothing(tmp_path: Path) -> None:
    someone_types()
    later = time.time() + 3600
    os.utime(paths.typing_mark(), (later, later))
    assert Watch(tmp_path).reason() == ""
