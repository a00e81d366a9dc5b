"""Where the hostile programs are run: each backend as root and as nobody, as far as this machine has them."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
ARENA = Path(__file__).with_name("arena.py")
NOBODY = 65534


def interpreter_for(uid: int) -> str | None:
    """An interpreter that the user can run: ours, or the system's."""
    for candidate in (Path(sys.executable).resolve(), Path("/usr/bin/python3").resolve()):
        if not candidate.exists():
            continue
        if uid == os.geteuid() == 0 or all(f.stat().st_mode & 0o005 == 0o005 for f in (candidate, *candidate.parents)):
            return str(candidate)
    return None


def arenas() -> list[tuple[str, int, str]]:
    """(backend, user, interpreter) to be tried here."""
    wanted = [("bubblewrap as root", 0), ("landlock", 0)] if os.geteuid() == 0 else []
    wanted += [("bubblewrap", NOBODY if os.geteuid() == 0 else os.geteuid())]
    wanted += [("landlock", NOBODY if os.geteuid() == 0 else os.geteuid())]
    found = []
    for backend, uid in wanted:
        # As root Landlock's workers are another user, who must be able to read the interpreter.
        reader = NOBODY if backend == "landlock" else uid
        interpreter = interpreter_for(reader)
        readable = uid == os.geteuid() or all(f.stat().st_mode & 0o005 == 0o005 for f in (ROOT, *ROOT.parents))
        if interpreter is not None and readable:
            found.append((backend, uid, interpreter))
    return found


@functools.cache
def fight(backend: str, uid: int, interpreter: str, without: str = "", names: tuple[str, ...] = ()) -> dict[str, Any]:
    """What came of the programs; everything in one process, several at once."""
    options = {"backend": backend, "without": [without] if without else [], "names": list(names), "parallel": 8}
    other: dict[str, Any] = {"user": uid, "group": uid, "extra_groups": []} if uid != os.geteuid() else {}
    done = subprocess.run(
        [interpreter, "-B", str(ARENA), str(ROOT), json.dumps(options)],
        capture_output=True,
        text=True,
        timeout=200,
        cwd="/",
        env={"PATH": "/usr/bin:/bin"},
        **other,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def usable(backend: str, uid: int, interpreter: str) -> bool:
    return "missing" not in fight(backend, uid, interpreter, names=("read_file_outside",))
