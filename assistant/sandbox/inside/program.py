"""The worker that runs a whole program: Python source as a script, or a command on a copy of a project."""

from __future__ import annotations

import linecache
import os
import sys
import traceback
import types
from typing import Any

# Other modules are imported where they are used: what is loaded here is part of every fork of the nursery's.


def run(order: dict[str, Any], fds: dict[str, int]) -> int:
    """Run `order["source"]` as `__main__`, with `order["files"]` beside it; the exit code."""
    source = order["source"]
    _write_files(order["files"])
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    sys.argv = ["program.py"]
    sys.path.insert(0, os.getcwd())
    linecache.cache["program.py"] = (len(source), None, source.splitlines(True), "program.py")
    code = 0
    try:
        exec(compile(source, "program.py", "exec", dont_inherit=True), module.__dict__)
    except SystemExit as end:
        if end.code is not None and not isinstance(end.code, int):
            print(end.code, file=sys.stderr)  # noqa: T201 - what Python does with sys.exit("text")
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:
        trace = error.__traceback__
        error.__traceback__ = trace.tb_next if trace is not None else None
        traceback.print_exception(error)
        code = 1
    # Who has threads has imported this; without the import there is nobody to wait for.
    if "threading" in sys.modules:
        import threading

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
    import shutil
    from pathlib import Path

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


def _ignore(names: list[str]) -> Any:
    def ignored(folder: str, entries: list[str]) -> set[str]:
        return {name for name in entries if name in names or not _plain(f"{folder}/{name}")}

    return ignored


def _plain(path: str) -> bool:
    """Whether it is a file, a folder or a link: sockets and pipes are not copied."""
    return os.path.islink(path) or os.path.isdir(path) or os.path.isfile(path)


def _write_files(files: list[list[str]]) -> None:
    for name, content in files:
        if folder := os.path.dirname(name):
            os.makedirs(folder, exist_ok=True)
        with open(name, "w", encoding="utf-8") as stream:
            stream.write(content)
