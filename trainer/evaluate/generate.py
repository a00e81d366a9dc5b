"""Asks a model for the completions that are still missing and writes each down as it comes.

What a sample's request looks like depends on its problem and number alone, so a run that was broken off goes on to
the same result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.engine.api import GenerationRequest, Sampling
from assistant.ground.progress import Progress
from trainer.evaluate.execute import Sample
from trainer.evaluate.extract import completion_of
from trainer.evaluate.problem import Benchmark, Problem
from trainer.evaluate.prompts import STYLES
from trainer.evaluate.samples import Journal
from trainer.generators.generator import Generator


@dataclass(frozen=True)
class Decoding:
    """How completions are drawn; `temperature` 0 is greedy."""

    samples: int = 1
    temperature: float = 0.0
    top_p: float = 0.95
    max_tokens: int = 512
    seed: int = 0
    style: str = "completion"


def generate(
    generator: Generator,
    benchmark: Benchmark,
    problems: Sequence[Problem],
    decoding: Decoding,
    journal: Journal,
    progress: Progress,
) -> list[Sample]:
    """All samples of `problems`, from the journal and, where it lacks them, from the model.

    Raises:
        TrainerError: the model is gone for good; what it wrote before stays in the journal.
    """
    done = {(row["task_id"], row["sample"]) for row in journal.rows}
    wanted = [(problem, number) for problem in problems for number in range(decoding.samples)]
    missing = [(problem, number) for problem, number in wanted if (problem.id, number) not in done]
    title = f"{benchmark.title}: writing"
    progress.update(title, len(wanted) - len(missing), len(wanted), "completions")
    requests = (request(benchmark, problem, number, decoding) for problem, number in missing)
    replies = generator.generate(requests)
    for count, ((problem, number), reply) in enumerate(zip(missing, replies, strict=True), 1):
        journal.add([_row(benchmark, problem, number, reply.text, reply.stop_reason, decoding)])
        progress.update(title, len(wanted) - len(missing) + count, len(wanted), "completions")
    return list(samples_of(journal, problems))


def samples_of(journal: Journal, problems: Sequence[Problem]) -> Iterator[Sample]:
    """The journal's samples of these problems, in the problems' order."""
    rows: dict[str, list[Sample]] = {problem.id: [] for problem in problems}
    for row in journal.rows:
        if row["task_id"] in rows:
            rows[row["task_id"]].append(Sample(row["task_id"], row["sample"], row["completion"]))
    for samples in rows.values():
        yield from sorted(samples, key=lambda sample: sample.number)


def request(benchmark: Benchmark, problem: Problem, number: int, decoding: Decoding) -> GenerationRequest:
    """What the model is asked for one sample."""
    style = STYLES[decoding.style]
    greedy = decoding.temperature == 0
    sampling = Sampling(
        temperature=decoding.temperature,
        top_k=0,
        top_p=1.0 if greedy else decoding.top_p,
        min_p=0.0,
        seed=_seed(decoding.seed, problem.id, number),
    )
    stops = style.stops if style.chatty or problem.suffix else benchmark.stops
    return GenerationRequest(style.prompt(problem), decoding.max_tokens, sampling, stops)


def _row(
    benchmark: Benchmark, problem: Problem, number: int, text: str, stop_reason: str, decoding: Decoding
) -> dict[str, Any]:
    style = STYLES[decoding.style]
    answer = text.replace("\t", "    ") if style.tabs else text
    completion = completion_of(answer, problem, style.chatty, benchmark.first_lines)
    return {
        "task_id": problem.id,
        "sample": number,
        "completion": completion,
        "reply": text,
        "stop_reason": stop_reason,
    }


def _seed(seed: int, problem: str, number: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{problem}/{number}".encode()).digest()[:4], "big") & 0x7FFFFFFF
