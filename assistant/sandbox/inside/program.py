"""The worker that runs a whole program: Python source as a script, or a command on a copy of a project."""

from __future__ import annotations

import contextlib
import linecache
import os
import shutil
import sys
import threading
import traceback
import types
from pathlib import Path
from typing import Any


def run(order: dict[str, Any], fds: dict[str, int]) -> int:
    """Run `order["source"]` as `__main__`, with `order["files"]` beside it; the exit code."""
    source = order["source"]
    _write_files(order["files"])
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    sys.argv = ["program.py"]
    sys.path.insert(0, str(Path.cwd()))
    linecache.cache["program.py"] = (len(source), None, source.splitlines(True), "program.py")
    code = 0
    try:
        exec(compile(source, "program.py", "exec", dont_inherit=True), module.__dict__)
    except SystemExit as end:
        if end.code is not None and not isinstance(end.code, int):
            print(end.code, file=sys.stderr)  # noqa: T201 - what Python does with sys.exit("text")  # noqa: T201 - what Python does with sys.exit("text")
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:
        trace = error.__traceback__
        error.__traceback__ = trace.tb_next if trace is not None else None
        traceback.print_exception(error)
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    return code


def execute(order: dict[str, Any], fds: dict[str, int]) -> int:
    """Become the command `order["argv"]`."""
    _write_files(order["files"])
    environment = dict(os.environ) | order["environment"]
    try:
        os.execvpe(order["argv"][0], order["argv"], environment)
    except OSError as error:
        os.write(2, f"{order['argv'][0]}: {error.strerror}\n".encode())
        return 127


def copy_project(project: dict[str, Any], scratch: str) -> None:
    """Copy the project into the scratch folder and show the copy where the project was."""
    from assistant.sandbox.inside import confine

    copy = f"{scratch}/project"
    shutil.copytree(
        project["source"], copy, symlinks=True, ignore=_ignore(project["left_out"]), ignore_dangling_symlinks=True
    )
    for path in (Path(copy), *Path(copy).rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(0o777 if mode & 0o100 else 0o666)
    for name in project["kept"]:
        if Path(project["source"], name).is_dir():
            Path(copy, name).mkdir(exist_ok=True)
            confine.bind_over(f"{project['source']}/{name}", f"{copy}/{name}")
    confine.bind_over(copy, project["source"])


def flush() -> None:
    """What a program that ends normally does with its output."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


def _ignore(names: list[str]) -> Any:
    def ignored(folder: str, entries: list[str]) -> set[str]:
        return {name for name in entries if name in names or not _plain(f"{folder}/{name}")}

    return ignored


def _plain(path: str) -> bool:
    """Whether it is a file, a folder or a link: sockets and pipes are not copied."""
    entry = Path(path)
    return entry.is_symlink() or entry.is_dir() or entry.is_file()


def _write_files(files: list[list[str]]) -> None:
    for name, content in files:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
