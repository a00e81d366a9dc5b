"""Locks keep processes apart, and go with their process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from assistant.errors import AssistantError
from assistant.ground.locking import alone, in_turn

_HOLDS = """
import sys
from pathlib import Path
from assistant.ground.locking import in_turn
with in_turn(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_told_and_one_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    file, taken = tmp_path / "lock", AssistantError("it is taken")
    child = subprocess.Popen(
        [sys.executable, "-c", _HOLDS, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin is not None and child.stdout is not None
    try:
        assert child.stdout.readline() == "held\n"
        with pytest.raises(AssistantError, match="it is taken"), alone(file, taken):
            pass
    finally:
        child.kill()
        child.wait()
        child.stdin.close()
        child.stdout.close()
    with alone(file, taken):
        pass
    with in_turn(file):
        pass


def test_an_error_within_is_passed_on_and_lets_the_lock_go(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(KeyError), alone(tmp_path / "lock", AssistantError("it is taken")):
            raise KeyError("ours")
    with pytest.raises(OSError, match="No such file"), alone(tmp_path / "none" / "lock", AssistantError("it is taken")):
        pass
