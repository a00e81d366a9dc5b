"""`wizard-train evaluate` as a person runs it: reports, resuming, shards, comparison, refusals."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.engine.api import ChatPrompt, GenerationRequest, TextPrompt
from trainer.errors import TrainerError
from trainer.evaluate import run as run_module
from trainer.evaluate.execute import Outcome
from trainer.evaluate.generate import Decoding
from trainer.evaluate.run import Settings, _joined, join, run
from trainer.evaluate.words import COLUMNS, page, published
from trainer.generators.generator import Reply

ROWS = [
    {"task_id": f"T/{n}", "prompt": f"def f{n}(x):\n", "test": f"assert f{n}(2) == {n + 2}", "entry_point": f"f{n}"}
    for n in range(6)
]
RIGHT = {row["task_id"]: f"    return x + {n}\n" for n, row in enumerate(ROWS)}


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def completions(folder: Path, answers: dict[str, list[str]]) -> Path:
    path = folder / "samples.jsonl"
    rows = [{"task_id": task, "completion": text} for task, texts in answers.items() for text in texts]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def evaluate(*arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "trainer.cli", "evaluate", *map(str, arguments), "--progress", "none"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=Path(__file__).parents[3])
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_report_has_the_fields_that_scripts_rely_on(tmp_path: Path, bench: Path) -> None:
    answers = {task: [text, "    return None\n"] for task, text in RIGHT.items()}
    answers["T/0"] = ["", "    while True: pass\n"]
    answers["T/1"] = ["    return (\n", "    raise KeyError(x)\n"]
    out = tmp_path / "report.json"
    done = evaluate(
        "--completions", completions(tmp_path, answers), "--benchmark", bench, "-o", out, "--seconds", 1, "--json"
    )
    document = json.loads(out.read_text())
    assert json.loads(done.stdout) == document
    assert {
        "model",
        "benchmark",
        "problems",
        "samples_per_problem",
        "pass_at",
        "seconds",
        "outcomes",
    } <= document.keys()
    assert (document["problems"], document["samples_per_problem"]) == (6, 2)
    assert document["pass_at"] == {"1": pytest.approx(4 / 6 / 2)}
    low, high = document["intervals"]["1"]
    assert low <= document["pass_at"]["1"] <= high
    reasons = [(row["problem"], row["sample"], row["reason"]) for row in document["outcomes"]][:4]
    assert reasons == [("T/0", 0, "empty"), ("T/0", 1, "time-out"), ("T/1", 0, "syntax"), ("T/1", 1, "exception")]
    assert document["settings"]["unsafe_no_sandbox"] is False
    assert out.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert "| time-out | 1 |" in out.with_suffix(".md").read_text()


def test_running_without_a_sandbox_is_recorded(tmp_path: Path, bench: Path) -> None:
    path = completions(tmp_path, {task: [text] for task, text in RIGHT.items()})
    out = tmp_path / "report.json"
    evaluate("--completions", path, "--benchmark", bench, "-o", out, "--unsafe-no-sandbox")
    document = json.loads(out.read_text())
    assert document["settings"]["unsafe_no_sandbox"] is True
    assert document["settings"]["sandbox"] == "none (unsafe)"
    assert "--unsafe-no-sandbox" in out.with_suffix(".md").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "nothing to evaluate"),
        (["model.gguf", "--completions", "x"], 2, "exclude each other"),
        (["nosuch.gguf"], 1, "cannot open the model nosuch.gguf"),
        (["--completions", "nosuch.jsonl"], 1, "cannot read nosuch.jsonl"),
        (["--completions", "pyproject.toml"], 1, "no JSON"),
        (["--completions", "x", "--benchmark", "humanevla"], 2, "did you mean humaneval"),
        (["--completions", "x", "--benchmark", "humaneval,mbpp"], 2, "needs one benchmark"),
        (["starter", "--shard", "3/2"], 2, "cannot take shard 3/2"),
        (["starter", "--prompt", "haiku"], 2, "unknown prompt haiku"),
        (["--merge", "pyproject.toml"], 1, "it is no JSON"),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(
    tmp_path: Path, shared: Path, arguments: list[str], code: int, words: str
) -> None:
    out = tmp_path / "out" / "report.json"
    out.parent.mkdir()
    done = evaluate(*arguments, "-o", out, "--data", shared / "data", code=code)
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert list(out.parent.iterdir()) == []


def test_shards_merge_to_the_report_of_the_whole(tmp_path: Path, bench: Path) -> None:
    answers = {task: [text if task != "T/3" else "    return 0\n"] for task, text in RIGHT.items()}
    path = completions(tmp_path, answers)
    whole = run(Settings(tmp_path / "whole.json", (str(bench),), completions=path, progress="none"))
    for number in (1, 2, 3):
        run(Settings(tmp_path / f"{number}.json", (str(bench),), completions=path, shard=(number, 3), progress="none"))
    parts = [tmp_path / f"{number}.json" for number in (2, 1, 3)]
    merged = join(tmp_path / "merged.json", parts, None)
    assert merged["pass_at"] == whole["pass_at"] == {"1": pytest.approx(5 / 6)}
    strip = [[(row["problem"], row["state"]) for row in report["outcomes"]] for report in (merged, whole)]
    assert strip[0] == strip[1]
    with pytest.raises(TrainerError, match="more than one of them"):
        join(tmp_path / "again.json", [*parts, parts[0]], None)


def test_two_reports_are_compared_problem_by_problem(tmp_path: Path, bench: Path) -> None:
    good = completions(tmp_path, {task: [text] for task, text in RIGHT.items()})
    run(Settings(tmp_path / "good.json", (str(bench),), completions=good, progress="none"))
    poor = completions(tmp_path, {task: ["    return 2\n"] for task in RIGHT})
    settings = Settings(tmp_path / "poor.json", (str(bench),), completions=poor, progress="none")
    document = run(replace(settings, compare=tmp_path / "good.json"))
    assert "0 problem(s) solved here only, 5 there only" in document["compared"]
    assert "0.0625" in document["compared"]


def test_a_report_of_several_benchmarks_is_compared_by_the_one_that_both_have(tmp_path: Path, bench: Path) -> None:
    good = completions(tmp_path, {task: [text] for task, text in RIGHT.items()})
    settings = Settings(tmp_path / "good.json", (str(bench),), completions=good, progress="none")
    one = run(settings)
    (tmp_path / "both.json").write_text(json.dumps(_joined([{**one, "benchmark": "other", "outcomes": []}, one])))
    again = run(replace(settings, compare=tmp_path / "both.json"))
    assert "0 problem(s) solved here only, 0 there only" in again["compared"]
    (tmp_path / "other.json").write_text(json.dumps({**one, "benchmark": "other"}))
    with pytest.raises(TrainerError, match="it is about other"):
        run(replace(settings, compare=tmp_path / "other.json"))
    (tmp_path / "none.json").write_text('{"reports": [3], "outcomes": []}')
    with pytest.raises(TrainerError, match="it is no report"):
        run(replace(settings, compare=tmp_path / "none.json"))


@pytest.mark.parametrize(
    "change",
    [
        {"outcomes": "abc"},
        {"outcomes": [7]},
        {"outcomes": [{"problem": ["T/0"]}]},
        {"settings": [1]},
        {"timing": {"judge": "long"}},
        {"left_out": [{}]},
        {"missing": 5},
    ],
)
def test_what_only_looks_like_a_report_is_refused_in_a_sentence(change: dict[str, Any], tmp_path: Path) -> None:
    whole = {"model": "m", "benchmark": "b", "outcomes": [], "settings": {}, "timing": {}, "left_out": []}
    (tmp_path / "foreign.json").write_text(json.dumps(whole | change))
    with pytest.raises(TrainerError, match=rf"it is no report \({next(iter(change))}"):
        join(tmp_path / "out.json", [tmp_path / "foreign.json"] * 2, None)
    assert not (tmp_path / "out.json").exists()


class Scripted:
    """A generator that answers rightly, remembers what it was asked, and can break off."""

    name, appetite, concurrent = "scripted", 4, False

    def __init__(self, breaks_after: int = 10**9) -> None:
        self.asked: list[GenerationRequest] = []
        self._left = breaks_after

    def generate(self, requests: Iterable[GenerationRequest]) -> Iterator[Reply]:
        for request in requests:
            if self._left == 0:
                raise TrainerError("the server is gone")
            self._left -= 1
            self.asked.append(request)
            words = (
                request.prompt.text if isinstance(request.prompt, TextPrompt) else request.prompt.messages[0].content
            )
            number = words.split("def f")[1][0]
            body = f"    return x + {number}\n"
            reply = f"```python\ndef f{number}(x):\n{body}```" if isinstance(request.prompt, ChatPrompt) else body
            yield Reply(reply, "end", 5)

    def close(self) -> None:
        pass


def scripted(monkeypatch: pytest.MonkeyPatch, generator: Scripted) -> Scripted:
    monkeypatch.setattr(run_module, "open_generator", lambda *_: generator)
    return generator


@pytest.mark.parametrize("style", ["completion", "wizardcoder", "chat"])
def test_each_prompt_style_gets_its_code_through(
    style: str, tmp_path: Path, bench: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = scripted(monkeypatch, Scripted())
    decoding = Decoding(samples=2, temperature=0.5, style=style)
    settings = Settings(tmp_path / "r.json", (str(bench),), model="none", decoding=decoding, progress="none")
    assert run(settings)["pass_at"] == {"1": 1.0}
    seeds = [request.sampling.seed for request in generator.asked]
    assert len(seeds) == len(set(seeds)) == 12, "samples of one problem must differ"


def test_a_broken_off_run_goes_on_to_the_same_report(
    tmp_path: Path, bench: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(tmp_path / "r.json", (str(bench),), model="none", progress="none")
    first = scripted(monkeypatch, Scripted(breaks_after=4))
    with pytest.raises(TrainerError, match="the server is gone"):
        run(settings)
    journal = tmp_path / "r.samples.jsonl"
    journal.write_bytes(journal.read_bytes()[:-7])
    second = scripted(monkeypatch, Scripted())
    resumed = run(settings)
    assert len(first.asked) == 4
    assert len(second.asked) == 3, "the damaged row and the two that were missing"
    scripted(monkeypatch, Scripted())
    fresh = run(replace(settings, out=tmp_path / "fresh.json"))
    assert [row["state"] for row in resumed["outcomes"]] == [row["state"] for row in fresh["outcomes"]]
    third = scripted(monkeypatch, Scripted())
    assert run(settings)["pass_at"] == resumed["pass_at"]
    assert third.asked == [], "nothing is asked twice"


def test_other_settings_do_not_go_on_with_old_completions(
    tmp_path: Path, bench: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(monkeypatch, Scripted())
    settings = Settings(tmp_path / "r.json", (str(bench),), model="none", progress="none")
    run(settings)
    with pytest.raises(TrainerError, match="begun with another temperature"):
        run(replace(settings, decoding=Decoding(temperature=0.7)))


def test_judging_survives_kill_9(tmp_path: Path, bench: Path) -> None:
    answers = {task: ["    import time; time.sleep(0.2)\n" + text] * 12 for task, text in RIGHT.items()}
    path, out = completions(tmp_path, answers), tmp_path / "r.json"
    command = [sys.executable, "-m", "trainer.cli", "evaluate", "--completions", str(path), "--benchmark", str(bench)]
    command += ["-o", str(out), "--progress", "none", "--parallel", "2"]
    running = subprocess.Popen(command, cwd=Path(__file__).parents[3])
    journal, deadline = tmp_path / "r.outcomes.jsonl", time.monotonic() + 60
    while time.monotonic() < deadline and not (journal.exists() and journal.read_bytes().count(b"\n") > 10):
        time.sleep(0.1)
    running.kill()
    running.wait()
    before = journal.read_bytes()
    assert before.count(b"\n") > 10
    assert not out.exists()
    evaluate(*command[4:])
    assert journal.read_bytes().startswith(before[: before.rfind(b"\n") + 1])
    document = json.loads(out.read_text())
    assert document["pass_at"] == {"1": 1.0, "5": 1.0, "10": 1.0}
    assert len(document["outcomes"]) == 72


def test_a_sandbox_error_is_neither_pass_nor_fail_and_ends_badly(
    tmp_path: Path, bench: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(problems: Any, samples: Any, sandbox: Any, seconds: float) -> Iterator[Outcome]:
        for index, sample in enumerate(samples):
            state = "sandbox_error" if index == 0 else "passed"
            yield Outcome(sample.problem, sample.number, state, "" if index else state, "", 0.1)

    monkeypatch.setattr(run_module, "judge", broken)
    path = completions(tmp_path, {task: [text] for task, text in RIGHT.items()})
    settings = Settings(tmp_path / "r.json", (str(bench),), completions=path, progress="none")
    with pytest.raises(TrainerError, match="1 sample\\(s\\) could not be judged"):
        run(settings)
    document = json.loads((tmp_path / "r.json").read_text())
    assert document["pass_at"] == {"1": 1.0}
    assert (document["sandbox_errors"], document["missing"]) == (1, ["T/0"])
    monkeypatch.undo()
    assert run(settings)["sandbox_errors"] == 0, "run again, it is judged again"


def test_published_figures_have_sources_and_stand_beside_the_report() -> None:
    rows = published()
    figures = [row[name] for row in rows for name in COLUMNS if row[name]]
    assert all(0 < figure["percent"] < 100 and figure["source"] for figure in figures)
    names = " ".join(row["name"] for row in rows)
    wanted_names = "StarCoder CodeGen CodeGeeX CodeT5+ InstructCodeT5+ GPTeacher Instruct-Codegen-16B Claude Bard PaLM LaMDA GPT-3.5 GPT-4 WizardCoder"
    for wanted in wanted_names.split(" "):
        assert wanted in names
    report = {
        "model": "x|y\x1b[2J",
        "benchmark": "humaneval",
        "problems": 1,
        "samples_per_problem": 1,
        "pass_at": {"1": 0.5},
        "intervals": {"1": [0.0, 1.0]},
        "reasons": {},
        "sandbox_errors": 0,
        "judged_in_process": 0,
        "settings": {},
        "timing": {},
        "seconds": 1.0,
        "left_out": [],
        "missing": [],
        "outcomes": [],
    }
    text = page([report])
    assert "| **x\\|y" in text
    assert "\x1b" not in text
    assert "| WizardCoder-15B | 57.3 |" in text
