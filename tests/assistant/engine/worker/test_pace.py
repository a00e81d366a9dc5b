"""The number of threads follows what the machine has to give."""

from __future__ import annotations

import os

import pytest

from assistant.engine.worker import pace
from assistant.engine.worker.pace import Pace, idle_seconds, unused_cores


class _Machine:
    """A clock, the processor time that the threads get, and the idle time of the cores, all by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.used, self.idle = 1.0, 0.0, 0.0
        monkeypatch.setattr(pace.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(pace.time, "process_time", lambda: self.used)
        monkeypatch.setattr(pace, "idle_seconds", lambda cpus: self.idle)
        self.unused = 0
        monkeypatch.setattr(pace, "unused_cores", lambda: self.unused)
        monkeypatch.setattr(pace.time, "sleep", self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def pass_time(self, pace_: Pace, used: float, idle: float) -> None:
        """A second of steps in which all threads together had `used` and the cores were idle for `idle`."""
        for _ in range(10):
            self.now += 0.1
            self.used += used / 10
            self.idle += idle / 10
            pace_.note_step()


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> _Machine:
    return _Machine(monkeypatch)


def test_quiet_machine_keeps_all_threads(machine: _Machine) -> None:
    said: list[int] = []
    pace_ = Pace(4, said.append)
    machine.pass_time(pace_, used=4, idle=0)
    assert (pace_.threads, said) == (4, [])


def test_starved_threads_step_back_and_come_again_when_cores_are_free(machine: _Machine) -> None:
    said: list[int] = []
    pace_ = Pace(4, said.append)
    machine.pass_time(pace_, used=3, idle=0)
    assert pace_.threads == 3
    machine.pass_time(pace_, used=3, idle=0)
    assert pace_.threads == 3
    machine.pass_time(pace_, used=3, idle=1)
    assert pace_.threads == 4
    assert said == [3, 4]


def test_at_least_one_thread_is_left(machine: _Machine) -> None:
    pace_ = Pace(2, lambda count: None)
    machine.pass_time(pace_, used=0.1, idle=0)
    assert pace_.threads == 1
    machine.pass_time(pace_, used=0.1, idle=0)
    assert pace_.threads == 1


def test_waiting_for_a_device_is_not_starving(machine: _Machine) -> None:
    pace_ = Pace(4, lambda count: None)
    machine.pass_time(pace_, used=0.5, idle=3.5)
    assert pace_.threads == 4


@pytest.mark.parametrize(("idle", "threads"), [(4.0, 4), (3.1, 3), (0.0, 1)])
def test_after_a_pause_there_are_as_many_threads_as_cores_were_idle(
    machine: _Machine, idle: float, threads: int
) -> None:
    pace_ = Pace(4, lambda count: None)
    machine.pass_time(pace_, used=2, idle=0)
    pace_.rest()
    machine.now, machine.idle = machine.now + 1, machine.idle + idle
    pace_.resume()
    assert pace_.threads == threads


def test_only_the_last_look_counts_in_a_long_pause(machine: _Machine) -> None:
    pace_ = Pace(2, lambda count: None)
    machine.now += 60
    pace_.look()
    assert pace_.threads == 1
    machine.now, machine.idle = machine.now + 1, machine.idle + 2
    pace_.resume()
    assert pace_.threads == 2


def test_cores_that_are_free_by_now_are_used_at_once(machine: _Machine) -> None:
    pace_ = Pace(2, lambda count: None)
    machine.now += 1
    pace_.look()
    assert pace_.threads == 1
    machine.now, machine.unused = machine.now + 1, 2
    pace_.resume()
    assert pace_.threads == 2


def test_a_program_that_runs_for_a_moment_takes_no_thread_away(
    machine: _Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter((1, 0, 2))
    monkeypatch.setattr(pace, "unused_cores", lambda: next(looks))
    pace_ = Pace(2, lambda count: None)
    machine.now += 1
    pace_.look()
    machine.now += 1
    pace_.resume()
    assert pace_.threads == 2


def test_threads_that_spin_on_after_their_work_take_no_thread_away_and_others_are_not_waited_for(
    machine: _Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for busy_for, threads in ((0.004, 2), (1.0, 1)):
        pace_ = Pace(2, lambda count: None)
        machine.now += 1
        began = machine.now
        monkeypatch.setattr(pace, "unused_cores", lambda until=began + busy_for: 2 if machine.now >= until else 1)
        pace_.resume()
        assert pace_.threads == threads
        assert machine.now - began < 0.01


def test_own_work_in_a_pause_takes_no_core_away(machine: _Machine) -> None:
    pace_ = Pace(2, lambda count: None)
    machine.now, machine.used, machine.idle = machine.now + 1, machine.used + 2, 0
    pace_.resume()
    assert pace_.threads == 2


def test_a_moment_between_two_replies_changes_nothing(machine: _Machine) -> None:
    pace_ = Pace(2, lambda count: None)
    machine.now += 0.05
    pace_.resume()
    assert pace_.threads == 2


def test_where_the_system_does_not_tell_idle_time_threads_stay(
    machine: _Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "idle_seconds", lambda cpus: None)
    pace_ = Pace(4, lambda count: None)
    machine.pass_time(pace_, used=1, idle=0)
    assert pace_.threads == 4


def test_this_machine_tells_how_many_cores_are_unused() -> None:
    assert 0 <= unused_cores() <= (os.cpu_count() or 1)


def test_idle_time_of_this_machine_grows() -> None:
    first = idle_seconds({0})
    assert first is None or first >= 0
