"""Tests by reference, as EvalPlus has them: many inputs, each answered by the reference solution and by the candidate.

`tests` builds the judge's source. The reference runs there, on the trusted side; inputs that break the task's contract,
and those whose answers have hundreds of thousands of parts, are left out; answers are compared as EvalPlus compares
them, with each output's own tolerance.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from trainer.evaluate.benchmarks.shapes import parsed

_JUDGE = """
import copy as _copy, math as _math, signal as _signal, time as _time

class _TooSlow(BaseException):
    pass

_armed = False

def _too_slow(*_):
    # A signal that comes when the reference has just ended is nobody's fault.
    if _armed:
        raise _TooSlow

_signal.signal(_signal.SIGVTALRM, _too_slow)

def _same(got, expected, atol):
    if isinstance(expected, float) and isinstance(got, (int, float)) and not isinstance(got, bool):
        if _math.isnan(expected) or _math.isinf(expected):
            return got == expected or (_math.isnan(expected) and _math.isnan(got))
        return got == expected or abs(got - expected) <= max(atol, 1e-6) + 1e-7 * abs(expected)
    if isinstance(expected, (list, tuple)) and isinstance(got, (list, tuple)):
        return len(got) == len(expected) and all(_same(g, e, atol) for g, e in zip(got, expected))
    if isinstance(expected, dict) and isinstance(got, dict):
        return got.keys() == expected.keys() and all(_same(got[k], e, atol) for k, e in expected.items())
    return bool(got == expected)

def _is_large(value, most=200_000):
    # An answer of millions of parts (all choices of 5 out of 77) is soon computed, but never comes across in time.
    waiting = [value]
    while waiting and most:
        one, most = waiting.pop(), most - 1
        if isinstance(one, (list, tuple, set, frozenset)):
            waiting.extend(one)
        elif isinstance(one, dict):
            waiting.extend(one.values())
    return bool(waiting)

def _judge(reference, candidate, contract, inputs, atol, oracle):
    global _armed
    tried, spent, expected = 0, 0.0, None
    for arguments in inputs:
        if spent > 3.0 and tried:
            break
        expected = None
        begun = _time.process_time()
        # Inputs that the reference itself rejects, or needs long for, say nothing about a candidate.
        _signal.setitimer(_signal.ITIMER_VIRTUAL, 0.25)
        try:
            _armed = True
            if contract is not None:
                contract(*_copy.deepcopy(arguments))
            expected = reference(*_copy.deepcopy(arguments))
        except (Exception, _TooSlow):
            continue
        finally:
            _armed = False
            _signal.setitimer(_signal.ITIMER_VIRTUAL, 0)
            spent += _time.process_time() - begun
        if _is_large(expected):
            continue
        tried += 1
        got = candidate(*_copy.deepcopy(arguments))
        if not oracle(arguments, got, expected, atol):
            raise AssertionError(f"{arguments!r}: expected {expected!r}, got {got!r}"[:900])
    if not tried:
        raise RuntimeError("the benchmark has no input that its own contract allows")
"""

_ORACLES = {
    "same": "lambda arguments, got, expected, atol: _same(got, expected, atol)",
    "root": "lambda arguments, got, expected, atol: got == expected or abs(poly(arguments[0], got)) <= max(atol, 1e-4)",
    "set": "lambda arguments, got, expected, atol: set(got) == set(expected)",
    "truth": "lambda arguments, got, expected, atol: (got is None) == (expected is None) if not isinstance(expected, bool) else bool(got) == expected",
}


def tests(
    entry_point: str, reference: str, contract: str, inputs: Sequence[Sequence[Any]], atol: float, oracle: str = "same"
) -> str:
    """The judge's source. `reference` is the whole reference program, `contract` the statements that inputs must pass."""
    checked = _contract(reference, contract, entry_point)
    return "\n".join(
        (
            reference,
            f"_reference = {entry_point}",
            checked or "_contract = None",
            _JUDGE,
            "from math import inf, nan",
            f"_inputs = {list(map(list, inputs))!r}",
            f"_judge(_reference, ask({entry_point!r}), _contract, _inputs, {float(atol)!r}, {_ORACLES[oracle]})",
            "",
        )
    )


def _contract(reference: str, contract: str, entry_point: str) -> str:
    """A function with the entry point's parameters and the contract as its body; empty where there is no contract."""
    if not contract.strip():
        return ""
    try:
        tree, body = parsed(reference), parsed("if True:\n" + _indented(contract))
    except SyntaxError:
        return ""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == entry_point and isinstance(body.body[0], ast.If):
            function = ast.FunctionDef("_contract", node.args, body.body[0].body, [], None, lineno=1)
            _without_annotations(function.args)
            return ast.unparse(ast.fix_missing_locations(function))
    return ""


def _without_annotations(arguments: ast.arguments) -> None:
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        argument.annotation = None


def _indented(text: str) -> str:
    import textwrap

    return textwrap.indent(textwrap.dedent(text.replace("\r\n", "\n")), "    ")
