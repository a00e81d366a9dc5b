"""Where a worker works: its user, its scratch folder, its share of processes, and the copy of a project.

Behind namespaces the scratch folder is memory of the worker's own; behind Landlock it is a real folder that is made
here and removed afterwards.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Any

from assistant.sandbox import watch
from assistant.sandbox.backends import Settings
from assistant.sandbox.seatbelt import Backend


def place(
    backend: Backend, settings: Settings, job: dict[str, Any], number: int, count: int
) -> tuple[list[dict[str, Any]], list[str]]:
    """User, folder and number of processes of each worker, and the folders to be removed afterwards."""
    root = os.geteuid() == 0 and "privileges" not in settings.without
    places, folders = [], []
    for index in range(count):
        uid = 20_000 + (os.getpid() % 9) * 4_000 + (number + index) % 4_000 if root else 0
        processes = job["limits"]["processes"] + (8 if backend.mode == "namespaces" else 2)
        spot: dict[str, Any] = {"uid": uid, "processes": processes}
        if backend.mode != "namespaces":
            folder = tempfile.mkdtemp(prefix="wizard-run-")
            folders.append(folder)
            if root:
                os.chown(folder, uid, uid)
            else:
                spot["processes"] += watch.processes_of_user(os.geteuid())
            spot["folder"] = _copied(settings, job, folder, uid) if settings.project else folder
        elif settings.project:
            spot["project"] = {
                "source": settings.project,
                "left_out": job["left_out"],
                "kept": job["kept"],
            }
            spot["folder"] = settings.project
        places.append(spot)
    return places, folders


def _copied(settings: Settings, job: dict[str, Any], folder: str, uid: int) -> str:
    copy = Path(folder) / "project"
    left_out = shutil.ignore_patterns(*job["left_out"])
    shutil.copytree(settings.project, copy, symlinks=True, ignore=left_out, ignore_dangling_symlinks=True)
    for name in job["kept"]:
        if (Path(settings.project) / name).is_dir():
            (copy / name).symlink_to(Path(settings.project) / name)
    if uid:
        for path in (copy, *copy.rglob("*")):
            os.chown(path, uid, uid, follow_symlinks=False)
    return str(copy)


def remove(folders: list[str]) -> None:
    """Remove scratch folders, whatever modes were set in them and however deep they are."""
    for folder in folders:
        with contextlib.suppress(OSError):
            _remove(Path(folder))


def _remove(top: Path) -> None:
    """Folders within folders are brought up to the top one by one, so that no path and no recursion becomes long."""
    waiting, number, mark = [top], 0, secrets.token_hex(8)
    while waiting:
        folder = waiting.pop()
        with contextlib.suppress(OSError):
            folder.chmod(0o700)
            for entry in list(os.scandir(folder)):
                if not entry.is_dir(follow_symlinks=False):
                    Path(entry.path).unlink()
                    continue
                Path(entry.path).chmod(0o700)
                number += 1
                waiting.append(Path(entry.path).rename(top / f"{mark}-{number}"))
            if folder != top:
                folder.rmdir()
    top.rmdir()
