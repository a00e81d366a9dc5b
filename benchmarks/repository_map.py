"""The repository map against aider's RepoMap: the same tree, the same token count, cold and warm, in turn.

    python -m benchmarks.repository_map AIDER_PYTHON [TREE]

AIDER_PYTHON is the interpreter of an environment with aider-chat; without it (`python -m benchmarks`) AIDER_PYTHON of the
environment is taken, or our own side is measured alone. TREE is a folder of Python, by default 100,000 lines of the
standard library; it is copied first and not touched. Each measurement is a process of its own that times the map
alone, without imports.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import interleaved, median_ratio, verdict

ROUNDS = 3
BUDGET = 1024
LINES = 105_000
_LEFT_OUT = {"site-packages", "test", "tests", "idlelib", "lib2to3", "tkinter", "turtledemo", "ensurepip"}

AIDER = """
import json, pathlib, sys, time
from aider.repomap import RepoMap

class Model:
    def token_count(self, text):
        return len(text) // 4

class IO:
    def read_text(self, name, silent=False):
        return pathlib.Path(name).read_text(encoding="utf-8", errors="replace")
    def tool_output(self, *a, **k): pass
    tool_warning = tool_error = tool_output

root = pathlib.Path(sys.argv[1])
files = sorted(str(path) for path in root.rglob("*.py"))
started = time.perf_counter()
text = RepoMap(map_tokens=int(sys.argv[2]), root=str(root), main_model=Model(), io=IO()).get_repo_map([], files)
print(json.dumps([time.perf_counter() - started, len(text or "") // 4]))
"""

OURS = """
import json, pathlib, sys, time
from assistant.context.repository_map import repository_map

if __name__ == "__main__":
    started = time.perf_counter()
    fitted = repository_map(pathlib.Path(sys.argv[1]), int(sys.argv[2]), lambda text: len(text) // 4)
    print(json.dumps([time.perf_counter() - started, fitted.tokens]))
"""


def main(arguments: Sequence[str] = ()) -> None:
    aider_python = arguments[0] if arguments else os.environ.get("AIDER_PYTHON", "")
    source = Path(arguments[1] if len(arguments) > 1 else ast.__file__)
    with tempfile.TemporaryDirectory() as place:
        tree = Path(place, "tree")
        files, lines = _copy(source.parent if source.is_file() else source, tree, len(arguments) > 1)
        print(f"{lines:,} lines in {files:,} files, maps of {BUDGET} tokens")
        _compare(tree, Path(place), aider_python)


def _copy(source: Path, tree: Path, whole: bool) -> tuple[int, int]:
    """Copy the Python files of a folder, by default as many as make 100,000 lines; how many files and lines these are."""
    files = lines = 0
    for path in sorted(source.rglob("*.py")):
        inside = path.relative_to(source)
        count = path.read_bytes().count(b"\n")
        if not whole and (lines + count > LINES or _LEFT_OUT & set(inside.parts)):
            continue
        (tree / inside).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, tree / inside)
        files, lines = files + 1, lines + count
    return files, lines


def _compare(tree: Path, place: Path, aider_python: str) -> None:
    script = place / "ours.py"
    script.write_text(OURS)
    environment = {**os.environ, "WIZARD_HOME": str(place / "home"), "PYTHONPATH": str(Path(__file__).parents[1])}
    tokens: dict[str, int] = {}

    def ours() -> float:
        return _timed("ours", [sys.executable, str(script)], tree, environment, tokens)

    def aider() -> float:
        return _timed("aider", [aider_python, "-c", AIDER], tree, dict(os.environ), tokens)

    def ours_cold() -> float:
        shutil.rmtree(place / "home", ignore_errors=True)
        return ours()

    def aider_cold() -> float:
        for cache in tree.glob(".aider.tags.cache*"):
            shutil.rmtree(cache)
        return aider()

    cold = interleaved(ROUNDS, {"ours": ours_cold} | ({"aider": aider_cold} if aider_python else {}))
    warm = interleaved(ROUNDS, {"ours": ours} | ({"aider": aider} if aider_python else {}))
    for state, figures in (("cold", cold), ("warm", warm)):
        print(f"{state}: " + ", ".join(f"{side} {statistics.median(times):.3f} s" for side, times in figures.items()))
    print("tokens: " + ", ".join(f"{side} {count}" for side, count in tokens.items()) + f" of {BUDGET}")
    if aider_python:
        verdict("cold, ours / aider", median_ratio(cold["ours"], cold["aider"]), 1 / 3, at_most=True)
    else:
        print("aider was not measured: python -m benchmarks.repository_map AIDER_PYTHON")
    verdict("warm, seconds", statistics.median(warm["ours"]), 0.3, at_most=True)


def _timed(side: str, command: list[str], tree: Path, environment: dict[str, str], tokens: dict[str, int]) -> float:
    done = subprocess.run(
        [*command, str(tree), str(BUDGET)], env=environment, check=True, capture_output=True, text=True, cwd=tree.parent
    )
    seconds, tokens[side] = json.loads(done.stdout.strip().splitlines()[-1])
    return float(seconds)


if __name__ == "__main__":
    main(sys.argv[1:])
