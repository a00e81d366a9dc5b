"""A project's own tests: which command runs them, and a run of it in the sandbox, told as it goes.

The command is the one that the settings name, else what the project's files say; nothing here is a model's idea. It
runs on a copy of the project, with a proposed change in it if there is one, and the project itself is never written.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import AssistantError, UsageError
from assistant.sandbox.api import Command, Limits, Result
from assistant.sandbox.sandbox import Sandbox

_KEPT = (".venv", "venv", "node_modules", "target")
_LEFT_OUT = (".git", ".hg", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache")
_SECONDS = 600
_MIB = 1 << 20
_VERSIONS = (".venv", "venv")


@dataclass(frozen=True)
class TestCommand:
    """What runs the tests of a project, and where that was found ("pyproject.toml", "settings")."""

    __test__ = False

    argv: tuple[str, ...]
    found_in: str
    read_only: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The command as a person types it."""
        return shlex.join((Path(self.argv[0]).name, *self.argv[1:]))


@dataclass(frozen=True)
class TestsBegun:
    """The tests are being started: the command as a person types it, and where it was found."""

    __test__ = False

    command: str
    found_in: str


@dataclass(frozen=True)
class TestOutput:
    """A piece of what the tests write, untrusted."""

    __test__ = False

    text: str


@dataclass(frozen=True)
class TestsEnded:
    """How the tests ended: `passed`, a word on why if not, all that they wrote (untrusted), and how long it took."""

    __test__ = False

    passed: bool
    why: str
    output: str
    seconds: float


TestStep = TestsBegun | TestOutput | TestsEnded
"""A run yields TestsBegun, TestOutput…, and last exactly one TestsEnded."""


def find_command(folder: Path, configured: str = "") -> TestCommand:
    """The command that runs the tests of the project in `folder`.

    Raises:
        AssistantError: none is configured, and the files name none.
        UsageError: the configured one cannot be read.
    """
    if configured.strip():
        try:
            argv = tuple(shlex.split(configured))
        except ValueError as error:
            raise UsageError("the setting test_command cannot be read", str(error).lower()) from None
        return _ready(folder, argv, "settings")
    for where, find in _FINDERS:
        argv = find(folder)
        if argv:
            return _ready(folder, argv, where)
    raise AssistantError(
        "no test command was found",
        "there is no pytest, package.json, Cargo.toml, go.mod or Makefile with tests here",
        'test_command = "pytest -q" in the settings',
    )


async def run_tests(
    folder: Path, configured: str = "", changes: Sequence[tuple[str, str]] = ()
) -> AsyncIterator[TestStep]:
    """Find the test command and run it on a copy of `folder` in which each file of `changes` has its new text.

    Closing the iterator ends them.

    Raises:
        AssistantError: there is no test command.
        SandboxMissing: nothing on this machine can hold them in; nothing was run.
    """
    command = await asyncio.to_thread(find_command, folder, configured)
    yield TestsBegun(command.text, command.found_in)
    loop = asyncio.get_running_loop()
    news: asyncio.Queue[str | None] = asyncio.Queue()

    def told(text: str) -> None:
        loop.call_soon_threadsafe(news.put_nowait, text)

    work = Command(
        command.argv,
        str(folder),
        changes=tuple(changes),
        read_only=command.read_only,
        left_out=_LEFT_OUT,
        kept=_KEPT,
        environment=(("PYTHONDONTWRITEBYTECODE", "1"), ("CI", "1"), ("NO_COLOR", "1")),
        limits=Limits(seconds=_SECONDS, memory=4096 * _MIB, disk=2048 * _MIB, processes=256, output=8 * _MIB),
    )
    sandbox = Sandbox(parallel=1)
    ending: asyncio.Future[Result] | None = None
    try:
        ending = asyncio.wrap_future(await asyncio.to_thread(sandbox.submit, work, told))
        ending.add_done_callback(lambda _: news.put_nowait(None))
        while (text := await news.get()) is not None:
            yield TestOutput(text)
        yield _ended(ending.result())
    finally:
        if ending is not None:
            ending.cancel()
        await asyncio.shield(asyncio.to_thread(sandbox.close))


def _ended(result: Result) -> TestsEnded:
    why = "" if result.passed else result.reason or result.state
    if result.state == "sandbox_error":
        why = f"the sandbox failed: {result.detail}"
    return TestsEnded(result.passed, why, result.stdout + result.stderr, result.seconds)


def _ready(folder: Path, argv: tuple[str, ...], found_in: str) -> TestCommand:
    """The command with its program as a path, and what the sandbox must show for it to start."""
    program = argv[0]
    found = shutil.which(program) if "/" not in program else str(folder / program)
    if not found:
        raise AssistantError(f"cannot run {program}", "there is no such program here", "test_command in the settings")
    seen = {str(folder / name) for name in _KEPT if (folder / name).is_dir()}
    home = Path(found).parent.parent
    seen |= {str(place) for place in (home, Path(os.path.realpath(found)).parent.parent) if _is_tool_folder(place)}
    if (home / "pyvenv.cfg").is_file():
        seen.add(str(Path(os.path.realpath(found)).parent.parent))
    return TestCommand((found, *argv[1:]), found_in, tuple(sorted(seen)))


def _is_tool_folder(place: Path) -> bool:
    """Whether a folder may be shown whole: an installation of its own, not the system, a home or a project."""
    mixed = (Path("/"), Path("/usr"), Path.home(), Path.home() / ".local")
    return place not in mixed and (place / "bin").is_dir()


def _python(folder: Path) -> tuple[str, ...]:
    texts = {name: _read(folder / name) for name in ("pyproject.toml", "setup.cfg", "tox.ini", "pytest.ini")}
    names_pytest = any(re.search(r"\bpytest\b", text) for text in texts.values()) or (folder / "pytest.ini").is_file()
    has_tests = any(folder.glob("test_*.py")) or any(folder.glob("tests/**/test_*.py")) or any(folder.glob("*_test.py"))
    if not (names_pytest or has_tests):
        return ()
    for name in _VERSIONS:
        if (python := folder / name / "bin" / "python").exists():
            return (str(python), "-m", "pytest", "-q")
    if environment := os.environ.get("VIRTUAL_ENV"):
        return (str(Path(environment) / "bin" / "python"), "-m", "pytest", "-q")
    if runner := shutil.which("pytest"):
        return (runner, "-q")
    if (Path(sys.prefix) / "bin" / "pytest").is_file():
        return (sys.executable, "-m", "pytest", "-q")
    return ("python3", "-m", "unittest")


def _javascript(folder: Path) -> tuple[str, ...]:
    try:
        scripts = json.loads(_read(folder / "package.json") or "{}")["scripts"]
        wanted = str(scripts["test"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ()
    return () if "no test specified" in wanted else ("npm", "test", "--silent")


def _rust(folder: Path) -> tuple[str, ...]:
    return ("cargo", "test", "--offline", "--quiet") if (folder / "Cargo.toml").is_file() else ()


def _go(folder: Path) -> tuple[str, ...]:
    return ("go", "test", "./...") if (folder / "go.mod").is_file() else ()


def _make(folder: Path) -> tuple[str, ...]:
    target = next((t for t in ("test", "check") if re.search(rf"(?m)^{t}\s*:(?!=)", _read(folder / "Makefile"))), "")
    return ("make", target) if target else ()


_FINDERS: tuple[tuple[str, Callable[[Path], tuple[str, ...]]], ...] = (
    ("the Python files", _python),
    ("package.json", _javascript),
    ("Cargo.toml", _rust),
    ("go.mod", _go),
    ("Makefile", _make),
)


def _read(file: Path) -> str:
    """The beginning of a plain file, which is what it takes to know it; "" where there is none (a pipe would never end)."""
    try:
        if not file.is_file():
            return ""
        with file.open("rb") as stream:
            return stream.read(_MIB).decode("utf-8", "replace")
    except OSError:
        return ""
