"""The backends, one row each, in the order in which they are tried: how each starts a nursery behind its wall.

A backend is used only where its self-test holds; this file does not judge that. Every wall shows the same few folders
(`visible_folders`), never `/`, never a home.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.sandbox import seccomp
from assistant.sandbox.inside import confine

SCRATCH = "/scratch"
HOUSE = Path(__file__).parents[2]
_START = "import sys; sys.path.insert(0, sys.argv[2]); from assistant.sandbox.inside.nursery import main; main()"

# An environment made from nothing: whatever else the user's holds stays outside.
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "HOME": SCRATCH,
    "TMPDIR": SCRATCH,
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MPLBACKEND": "Agg",
}


@dataclass(frozen=True)
class Settings:
    """What a launcher is told once: how much runs at once, and what the walls let be seen besides the interpreter."""

    libraries: tuple[str, ...] = ()
    """Files and folders of installed packages that the code may import (`libraries.find`)."""
    library_folders: tuple[str, ...] = ()
    """The folders they lie in, for `sys.path`."""
    read_only: tuple[str, ...] = ()
    project: str = ""
    without: frozenset[str] = field(default_factory=frozenset)
    """Layers switched off: for the tests that prove each of them necessary, and for --unsafe-no-sandbox."""


class Unusable(Exception):
    """The backend cannot work here; the text is the reason, for people."""


def visible_folders(settings: Settings) -> list[str]:
    """What code behind a wall may read: the system's libraries and tools, the interpreter, chosen packages."""
    stdlib = sysconfig.get_paths()["stdlib"]
    folders = ["/usr/lib", "/usr/lib64", "/usr/lib32", "/usr/bin", "/usr/local/lib", "/usr/share/zoneinfo"]
    folders += ["/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime"]
    folders += [str(Path(sys.base_prefix) / name) for name in ("bin", "lib")] if sys.base_prefix != "/usr" else []
    folders += [stdlib, *settings.read_only]
    kept: list[str] = []
    for folder in folders:
        if not Path(folder).exists() or any(Path(folder).is_relative_to(other) for other in kept):
            continue
        kept.append(folder)
    return kept


def hidden_folders(settings: Settings) -> list[str]:
    """Folders of installed packages within the visible ones: nothing in them is seen but what was chosen by name."""
    paths = sysconfig.get_paths(vars={"base": sys.base_prefix, "platbase": sys.base_prefix})
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    places = {paths["purelib"], paths["platlib"], "/usr/lib/python3/dist-packages"}
    places |= {f"/usr/local/lib/{version}/dist-packages", f"/usr/local/lib/{version}/site-packages"}
    kept = [Path(folder) for folder in settings.read_only]
    return sorted(p for p in places if Path(p).is_dir() and not any(Path(p).is_relative_to(k) for k in kept))


def _around(folder: str, hidden: list[str]) -> list[str]:
    """`folder` as the largest parts that hold nothing hidden."""
    if folder in hidden:
        return []
    if not any(Path(mask).is_relative_to(folder) for mask in hidden):
        return [folder]
    return [part for child in sorted(Path(folder).iterdir()) for part in _around(str(child), hidden)]


def house_files() -> list[str]:
    """The few files of this program that run inside."""
    inside = HOUSE / "assistant" / "sandbox" / "inside"
    packages = [HOUSE / "assistant" / "__init__.py", HOUSE / "assistant" / "sandbox" / "__init__.py"]
    return [str(path) for path in (*packages, inside)]


def interpreter() -> str:
    """The real interpreter, not a virtual environment's link to it."""
    return str(Path(sys.executable).resolve())


def setup(settings: Settings, mode: str, control: int) -> dict[str, Any]:
    """What the nursery is told on its command line."""
    visible, hidden = visible_folders(settings), hidden_folders(settings)
    if mode != "landlock":
        # What is not there need not be forbidden by path.
        visible, hidden = [], []
    filter_bytes = b"" if "seccomp" in settings.without else _filter(mode)
    return {
        "mode": mode,
        "control": control,
        "scratch": SCRATCH,
        "libraries": list(settings.library_folders),
        "seccomp": filter_bytes.hex(),
        "without": sorted(settings.without),
        "read": [part for folder in visible for part in _around(folder, hidden)]
        + [*settings.libraries, *house_files()],
        "listed": [*visible, *settings.library_folders],
        "devices": ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"],
    }


def _filter(mode: str) -> bytes:
    by_path = mode == "landlock"
    try:
        # As root each worker is a user of its own, who owns nothing outside.
        return seccomp.assemble(by_path=by_path, by_owner=by_path and os.geteuid() != 0)
    except OSError as error:
        raise Unusable(f"no system call filter ({error})") from error


def _python(setup_data: dict[str, Any]) -> list[str]:
    return [interpreter(), "-I", "-S", "-X", "utf8", "-c", _START, json.dumps(setup_data), str(HOUSE)]


@dataclass(frozen=True)
class Bubblewrap:
    """Namespaces by bubblewrap. Started by root it makes no user namespace; its workers become another user each."""

    as_root: bool

    @property
    def name(self) -> str:
        """How reports call it."""
        return "bubblewrap as root" if self.as_root else "bubblewrap"

    mode = "namespaces"

    def command(self, settings: Settings, control: int, status: int) -> list[str]:
        """The nursery's command line.

        Raises:
            Unusable: no bwrap, or this is the wrong user for it.
        """
        program = shutil.which("bwrap", path="/usr/local/bin:/usr/bin:/bin")
        if program is None:
            raise Unusable("bwrap is not installed")
        if self.as_root != (os.geteuid() == 0):
            raise Unusable("only for root" if self.as_root else "as root its workers would stay root outside")
        setup_data = setup(settings, self.mode, control)
        options = [program, "--json-status-fd", str(status), *self._namespaces(settings), *_mounts(settings)]
        return [*options, "--chdir", "/", "--", *_python(setup_data)]

    def _namespaces(self, settings: Settings) -> list[str]:
        without = settings.without
        options = ["--die-with-parent", "--new-session", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
        options += [] if "processes" in without else ["--unshare-pid"]
        options += [] if "network" in without else ["--unshare-net"]
        # What a keeper needs to give each worker its own processes and mounts; workers keep none of them.
        needed = ["SYS_ADMIN", "SETPCAP"]
        if self.as_root:
            needed += ["SETUID", "SETGID", "KILL"] + (["DAC_READ_SEARCH"] if settings.project else [])
        else:
            options += ["--unshare-user", "--uid", "65534", "--gid", "65534"]
        if "privileges" not in without:
            options += ["--cap-drop", "ALL"]
        return options + [word for name in needed for word in ("--cap-add", f"CAP_{name}")]


def _mounts(settings: Settings) -> list[str]:
    if "files" in settings.without:
        return ["--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", SCRATCH]
    folders, hidden = visible_folders(settings), hidden_folders(settings)
    bound = [*folders, *settings.libraries, *house_files(), *([settings.project] if settings.project else [])]
    options = []
    # bwrap would make missing parents for their owner only, which is not the user that code runs as.
    for parent in sorted({str(parent) for path in bound for parent in Path(path).parents} - {"/"}):
        if not any(Path(parent).is_relative_to(other) for other in bound):
            options += ["--dir", parent]
    for folder in folders:
        masks = [mask for mask in hidden if Path(mask).is_relative_to(folder)]
        options += ["--ro-bind", folder, folder] + [word for mask in masks for word in ("--tmpfs", mask)]
    for path in bound[len(folders) :]:
        options += ["--ro-bind", path, path]
    for name in ("lib", "lib64", "lib32", "bin", "sbin"):
        link = Path("/") / name
        if link.is_symlink():
            options += ["--symlink", f"usr/{name}", f"/{name}"]
        elif link.exists():
            options += ["--ro-bind", str(link), str(link)]
    options += ["--proc", "/proc", "--dev", "/dev", "--dir", SCRATCH]
    if not any(Path(path).is_relative_to("/tmp") for path in bound):
        options += ["--symlink", SCRATCH[1:], "/tmp"]
    return [*options, "--remount-ro", "/dev", "--remount-ro", "/"]


@dataclass(frozen=True)
class Landlock:
    """Landlock, the same system call filter and resource limits; no namespaces, so it works inside most containers.

    It cannot hide that a file exists (stat), so names and sizes of files outside can be found out by who guesses them.
    """

    name = "landlock"
    mode = "landlock"
    needed = 6

    def command(self, settings: Settings, control: int, status: int) -> list[str]:
        """The nursery's command line.

        Raises:
            Unusable: the kernel's Landlock is too old, or an unprivileged user could not read the interpreter.
        """
        version = confine.landlock_version() if sys.platform == "linux" else 0
        if version < self.needed:
            raise Unusable(f"the kernel's Landlock ABI is {version}, {self.needed} is needed")
        if os.geteuid() == 0 and not _readable_by_all(Path(interpreter())):
            raise Unusable(
                f"{interpreter()} cannot be read by the unprivileged user that code runs as: "
                "start it as an ordinary user, or with a Python that lies outside of root's home"
            )
        return _python(setup(settings, self.mode, control))


@dataclass(frozen=True)
class Nothing:
    """No wall at all: --unsafe-no-sandbox. Limits on time, memory and output still hold."""

    name = "none (unsafe)"
    mode = "landlock"

    def command(self, settings: Settings, control: int, status: int) -> list[str]:
        """The nursery's command line."""
        return _python(setup(settings, self.mode, control))


Walled = Bubblewrap | Landlock | Nothing
"""What puts a wall around a nursery."""

BACKENDS: tuple[Walled, ...] = (Bubblewrap(as_root=False), Bubblewrap(as_root=True), Landlock())
UNSAFE = Nothing()
UNSAFE_WITHOUT = frozenset({"files", "network", "seccomp", "privileges", "processes"})


def _readable_by_all(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in path.parents) and bool(path.stat().st_mode & 0o004)
