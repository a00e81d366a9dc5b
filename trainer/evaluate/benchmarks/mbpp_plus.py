"""MBPP+: the sanitized part of MBPP with many more inputs (evalplus), judged against the reference solutions."""

from __future__ import annotations

from typing import Any

from trainer.evaluate.benchmarks import mbpp, plus, shapes
from trainer.evaluate.problem import Benchmark, Problem

# Tasks whose text leaves the order of the answer open, or asks for any match object: EvalPlus compares them so, too.
_AS_SETS = frozenset(
    {
        "similar_elements",
        "find_char_long",
        "common_in_nested_lists",
        "extract_singly",
        "larg_nnum",
        "intersection_array",
        "find_dissimilar",
        "Diff",
    }
)
_AS_TRUTH = frozenset({"check_str", "text_match_three", "text_starta_endb"})


def read(files: list[list[dict[str, Any]]]) -> list[Problem]:
    """The rows as problems."""
    return [_problem(row) if "plus_input" in row else _hub_problem(row) for row in files[0]]


def _problem(row: dict[str, Any]) -> Problem:
    name, reference = row["entry_point"], row["canonical_solution"]
    assertions = str(row.get("assertion") or "")
    literal = shapes.called_with(assertions, name)
    examples = [
        [call[index] for call in literal if index < len(call)] for index in range(max(map(len, literal), default=0))
    ]
    inputs = [
        [
            shapes.shaped(value, examples[index] if index < len(examples) else [])
            for index, value in enumerate(arguments)
        ]
        for arguments in [*row["base_input"], *(row["plus_input"] or ())]
    ]
    oracle = "set" if name in _AS_SETS else "truth" if name in _AS_TRUTH else "same"
    text = str(row["prompt"]).strip().strip("'\"").strip()
    lines = [line for line in assertions.splitlines() if line.strip()]
    return Problem(
        id=str(row["task_id"]),
        prompt="",
        entry_point=name,
        tests=plus.tests(name, reference, row.get("contract", ""), inputs, row.get("atol") or 0, oracle),
        canonical=reference,
        statement=mbpp.statement(text, lines),
        lead=mbpp.lead(text, lines[:1]),
        seconds=15.0,
    )


def _hub_problem(row: dict[str, Any]) -> Problem:
    """A row as the hub has it: the tests are a program that calls the function by its name."""
    names = mbpp.functions_of(row["test_list"], row["code"])
    asked = "\n".join(f"{name} = ask({name!r})" for name in names)
    return Problem(
        id=str(row["task_id"]),
        prompt="",
        entry_point=names[0],
        tests=f"{asked}\n{row['test']}\n",
        canonical=row["code"],
        statement=mbpp.statement(row["prompt"], row["test_list"]),
        lead=mbpp.lead(row["prompt"], row["test_list"][:1]),
        seconds=15.0,
    )


BENCHMARK = Benchmark(
    name="mbpp+",
    title="MBPP+",
    files=("mbppplus/MbppPlus.jsonl.gz",),
    read=read,
    hub=("evalplus/mbppplus", None, "test"),
    stops=mbpp.STOPS,
    published="mbpp_plus",
)
