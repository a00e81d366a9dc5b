"""MBPP: 500 small functions described in a sentence, each with three assertions (google-research)."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence
from typing import Any

from trainer.evaluate.benchmarks.shapes import parsed
from trainer.evaluate.problem import Benchmark, Problem

STOPS = ("\ndef main(", "\nclass Test", '\n"""', "\nassert ", "\nprint(", "\nif __name__", "\n```", "\n# Test")


def read(files: list[list[dict[str, Any]]]) -> list[Problem]:
    """The rows as problems."""
    return [_problem(row) for row in files[0]]


def statement(text: str, assertions: Sequence[str]) -> str:
    """The task in words, with the assertions that say what the function is called."""
    return "\n".join((text.strip(), "Test examples:", *assertions))


def lead(text: str, assertions: Sequence[str]) -> str:
    """What a base model continues: the text and the assertions as a docstring."""
    body = "\n".join((text.strip(), *assertions))
    return f'"""\n{body}\n"""\n'


def functions_of(assertions: Sequence[str], code: str) -> list[str]:
    """The functions that the assertions call and `code` defines, the entry point first."""
    try:
        defined = {node.name for node in parsed(code).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    except SyntaxError:
        defined = set()
    called: dict[str, None] = {}
    for assertion in assertions:
        for node in ast.walk(parsed(assertion)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                called[node.func.id] = None
    return (
        [name for name in called if name in defined] or [n for n in called if not hasattr(builtins, n)] or ["solution"]
    )


def _problem(row: dict[str, Any]) -> Problem:
    code = row["code"].replace("\r\n", "\n")
    setup = str(row.get("test_setup_code") or "").replace("\r\n", "\n")
    assertions = [str(line).replace("\r\n", "\n") for line in row["test_list"]]
    functions = functions_of(assertions, code)
    head = "\n".join(["import math, re, sys, collections", *row.get("test_imports", ())])
    asked = "\n".join(f"{name} = ask({name!r})" for name in functions)
    # Objects made by the candidate's own classes cannot cross to the judge; one task builds its inputs of them.
    in_process = bool(setup.strip())
    body = "\n".join(assertions)
    return Problem(
        id=str(row["task_id"]),
        prompt="",
        entry_point=functions[0],
        tests=f"{setup}\n{body}\n" if in_process else f"{head}\n{asked}\n{body}\n",
        canonical=code,
        statement=statement(row.get("text") or row.get("prompt") or "", assertions),
        lead=lead(row.get("text") or row.get("prompt") or "", assertions),
        # One task's own solution computes for more than two seconds.
        seconds=10.0,
        in_process=in_process,
    )


BENCHMARK = Benchmark(
    name="mbpp",
    title="MBPP",
    files=("mbpp/mbpp.test.jsonl.gz",),
    read=read,
    hub=("google-research-datasets/mbpp", "full", "test"),
    stops=STOPS,
    published="mbpp",
)
