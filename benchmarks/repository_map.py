"""The repository map against aider's RepoMap: the same tree, the same token count, cold and warm, in turn.

    python -m benchmarks.repository_map TREE AIDER_PYTHON

TREE is a folder of some 100,000 lines of Python; it is copied first and not touched. AIDER_PYTHON is the interpreter of
an environment with aider-chat. Each measurement is a process of its own that times the map alone, without imports.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import interleaved, median_ratio, verdict

ROUNDS = 3
BUDGET = 1024

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


def main() -> None:
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    with tempfile.TemporaryDirectory() as place:
        tree = Path(place, "tree")
        shutil.copytree(sys.argv[1], tree, ignore=lambda _, names: [n for n in names if not _wanted(n)])
        lines = sum(path.read_bytes().count(b"\n") for path in tree.rglob("*.py"))
        print(f"{lines:,} lines in {sum(1 for _ in tree.rglob('*.py')):,} files, maps of {BUDGET} tokens")
        _compare(tree, Path(place), sys.argv[2])


def _wanted(name: str) -> bool:
    return name.endswith(".py") or "." not in name


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

    cold = interleaved(ROUNDS, {"ours": ours_cold, "aider": aider_cold})
    warm = interleaved(ROUNDS, {"ours": ours, "aider": aider})
    for state, figures in (("cold", cold), ("warm", warm)):
        medians = {side: statistics.median(times) for side, times in figures.items()}
        print(f"{state}: ours {medians['ours']:.3f} s, aider {medians['aider']:.3f} s")
    print(f"tokens: ours {tokens['ours']}, aider {tokens['aider']} of {BUDGET}")
    verdict("cold, ours / aider", median_ratio(cold["ours"], cold["aider"]), 1 / 3, at_most=True)
    verdict("warm, seconds", statistics.median(warm["ours"]), 0.3, at_most=True)


def _timed(side: str, command: list[str], tree: Path, environment: dict[str, str], tokens: dict[str, int]) -> float:
    done = subprocess.run(
        [*command, str(tree), str(BUDGET)], env=environment, check=True, capture_output=True, text=True, cwd=tree
    )
    seconds, tokens[side] = json.loads(done.stdout.strip().splitlines()[-1])
    return float(seconds)


if __name__ == "__main__":
    main()
