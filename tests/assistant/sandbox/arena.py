"""Runs the hostile programs behind one backend, as whoever starts it, and prints what was seen inside and outside.

Standard library only, so that an unprivileged user can run it with the system's Python:
`python arena.py ROOT '{"backend": "landlock", "without": [], "names": [], "parallel": 2}'`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import socket
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from assistant.sandbox.api import Limits, Program, SandboxMissing, Trial
from assistant.sandbox.sandbox import Sandbox

HOSTILE = Path(__file__).parent / "hostile"
JUDGE = 'add = ask("add")\nassert add(1, 2) == 3\nassert add(40, 2) == 42\nassert abs(add(2, 2) - 4) < 1e-6\n'


def headers(text: str) -> dict[str, str]:
    lines = [line[2:] for line in text.splitlines() if line.startswith("# ")]
    return dict(line.split(": ", 1) for line in lines[1:] if ": " in line)


def work_of(text: str, facts: dict):
    head = headers(text)
    chosen = {name: int(value) for name, value in (part.split("=") for part in head.get("limits", "").split())}
    limits = Limits(**{"seconds": 10.0, "output": 1 << 20, **chosen})
    if head["kind"] == "trial":
        return Trial(text, JUDGE, limits)
    return Program(f"FACTS = {facts!r}\n{text}", limits=limits)


def main(options: dict) -> dict:
    os.environ["WIZARD_CANARY"] = "WIZARD_CANARY"
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        Path(folder).chmod(0o777)
        canary = Path(folder) / "canary"
        canary.write_text("ESCAPED secret")
        canary.chmod(0o666)
        os.utime(canary, (0, 0))
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        path, abstract = f"{folder}/socket", f"\0wizard-{os.getpid()}"
        doors = {"tcp": server}
        for name, address in (("path", path), ("abstract", abstract)):
            doors[name] = stack.enter_context(socket.socket(socket.AF_UNIX))
            doors[name].bind(address)
            doors[name].listen()
        Path(path).chmod(0o666)
        letters = doors["letters"] = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        letters.bind(f"{folder}/letters")
        Path(f"{folder}/letters").chmod(0o666)
        sandbox = stack.enter_context(
            Sandbox(options["parallel"], backends=[options["backend"]], without=options["without"])
        )
        try:
            backend = sandbox.backend
        except SandboxMissing as missing:
            return {"missing": missing.sentence()}
        facts = {"canary": str(canary), "port": server.getsockname()[1], "socket": path, "abstract": abstract}
        facts["datagrams"] = f"{folder}/letters"
        facts["launcher"] = sandbox._process.pid
        names = options["names"] or sorted(path.stem for path in HOSTILE.glob("*.py"))
        works = [work_of((HOSTILE / f"{name}.py").read_text(), facts) for name in names]
        results = {names[index]: dataclasses.asdict(result) for index, result in sandbox.run_many(works)}
        calm = sandbox.run(Program("print('calm')"))
        return {"backend": backend, "results": results, "outside": outside(canary, doors), "calm": calm.stdout}


def outside(canary: Path, doors: dict) -> dict:
    time.sleep(0.2)
    knocked = []
    for name, door in doors.items():
        door.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            door.recv(1) if name == "letters" else door.accept()
            knocked.append(name)
    daemons = []
    for entry in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            if entry.read_text().strip() == "wizarddaemon":
                daemons.append(int(entry.parent.name))
    changed = canary.read_text() != "ESCAPED secret" or (canary.parent / "canary.written").exists()
    about = canary.stat()
    changed = changed or about.st_mode & 0o777 != 0o666 or about.st_mtime != 0 or bool(os.listxattr(canary))
    for pid in daemons:
        with contextlib.suppress(OSError):
            os.kill(pid, 9)
    return {"canary_changed": changed, "knocked": knocked, "daemons": len(daemons), "leftovers": leftovers()}


def leftovers() -> list[str]:
    return [
        str(path) for path in Path(tempfile.gettempdir()).glob("wizard-run-*") if path.stat().st_uid == os.geteuid()
    ]


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[2]))))
