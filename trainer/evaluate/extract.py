"""Finds the code in a model's answer: the functions that are needed and what they use, without chatter and fences.

Everything that Python would need is kept in its order: decorated functions, generators, helpers, imports under `try`,
both of two definitions, tuple assignments, loops that fill a table. What is left away: words, examples, tests, prints,
the `__main__` part, and definitions that nothing needs. One parse of the text and one of each damaged line range, so
the time grows with the length of the text and no faster.
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections import defaultdict
from collections.abc import Set

from trainer.evaluate.problem import Problem
from trainer.evaluate.statements import DEFINITIONS, Statement, names_in, statements

_FENCE = re.compile(r"^[ \t]{0,3}(```+|~~~+)[ \t]*([\w+#.-]*)[^\n]*$", re.M)
_PYTHON = frozenset({"", "python", "py", "python3", "python2", "pycon", "ipython", "code"})

_PROSE = frozenset({"markdown", "md", "text", "txt"})
_SETTINGS = frozenset({"sys", "random", "warnings", "decimal", "np", "numpy", "threading"})


def completion_of(answer: str, problem: Problem, chatty: bool, first_lines: int = 0) -> str:
    """What of `answer` goes after the problem's prompt.

    A chatty answer holds whole functions, which go below the prompt's unfinished one and replace it; any other answer
    is the continuation itself, cut where the function that it continues is over.
    """
    if problem.suffix:
        lines = answer.splitlines(keepends=True)
        return "".join(lines[:first_lines]) if first_lines else answer
    if not problem.entry_point:
        return _code_blocks(answer) if chatty else answer
    if not chatty:
        return continuation(problem.prompt, answer, problem.entry_point)
    # Tests in the candidate's own process may make objects of its classes, which its functions need not name.
    code = extract(answer, problem.entry_point, names_in(problem.tests) if problem.in_process else set())
    if problem.prompt and not _defines(code, problem.entry_point) and answer.strip("\n")[:1] in (" ", "\t"):
        return continuation(problem.prompt, answer.strip("\n") + "\n", problem.entry_point)
    return _below(problem.prompt, code) if code else ""


def _below(prompt: str, code: str) -> str:
    """`code` as a completion: below the prompt's unfinished function, which gets a body where it has none."""
    for filling in ("\n", "    pass\n\n", "        pass\n\n"):
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            ast.parse(prompt + filling)
            return filling + code
    return "\n" + code


def extract(answer: str, entry_point: str = "", also: Set[str] = frozenset()) -> str:
    """The code of `answer` that defines `entry_point` and all that it uses; all code when no entry point is given.

    Of the names in `also` those that `answer` defines are needed, too.
    Where the entry point's definition is damaged the code is handed over as it is: it will be told as a syntax error,
    not as an empty answer.
    """
    text = _code_blocks(answer)
    items = [item for item in statements(text) if not _is_main(item)]
    if not entry_point:
        return _joined(items)
    if any(entry_point in item.binds for item in items):
        defined = {name for item in items if item.kind in DEFINITIONS for name in item.binds}
        return _joined(_needed(items, [entry_point, *sorted(also & defined)]))
    if text is not answer or re.search(rf"^\s*(async )?def\s+{re.escape(entry_point)}\b", text, re.M):
        return text if text.strip() else ""
    return ""


def continuation(prompt: str, answer: str, entry_point: str) -> str:
    """`answer` as far as the prompt's function and its helpers reach: nothing after it that is no code it needs."""
    if not prompt.strip():
        code = extract(answer, entry_point)
        return code or answer
    first, rest = _first_outdent(answer)
    tail = extract(rest, entry_point) if rest.strip() else ""
    used = names_in(prompt + first)
    kept = tail if tail and (_defines(tail, entry_point) or _bound(tail) & used) else ""
    if rest.strip() and not kept:
        kept = _helpers(rest, used)
    return first + kept


def _first_outdent(answer: str) -> tuple[str, str]:
    """The answer up to the first line that leaves the function's body, and the rest."""
    lines = answer.splitlines(keepends=True)
    quote = ""
    for index, line in enumerate(lines):
        if not quote and line.strip() and not line[0].isspace() and index and line[0] not in ")]}#":
            return "".join(lines[:index]), "".join(lines[index:])
        for mark in re.findall(r'"""|' + r"'''", line):
            quote = mark if not quote else "" if quote == mark else quote
    return answer, ""


def _helpers(rest: str, used: set[str]) -> str:
    """What of the text behind a function is needed by it."""
    items = [item for item in statements(rest) if not _is_main(item)]
    return _joined(_needed(items, sorted(used & {name for item in items for name in item.binds})))


def _code_blocks(answer: str) -> str:
    """The text within Python fences, or the whole answer where there are none."""
    answer = answer.removeprefix("\ufeff")
    blocks: list[tuple[str, str]] = []
    opened: tuple[int, str, str] | None = None
    for match in _FENCE.finditer(answer):
        mark, language = match[1], match[2].lower()
        if opened is None:
            opened = (match.end() + 1, mark, language)
        elif mark.startswith(opened[1]) and not language:
            blocks.append((opened[2], answer[opened[0] : match.start()]))
            opened = None
    if opened is not None:
        blocks.append((opened[2], answer[opened[0] :]))
    python = [text for language, text in blocks if language in _PYTHON]
    if not python:
        written = [text for language, text in blocks if language in _PROSE and _FENCE.search(text)]
        return _code_blocks(written[0]) if written else _without_prompts(answer)
    # Prose before an unopened fence ("code … ```"): then the fence closed what began with the answer.
    if len(blocks) == 1 and opened is not None and not python[0].strip():
        return answer[: answer.rfind("```")]
    return "\n".join(_dedented(_without_prompts(text)) for text in python)


def _without_prompts(text: str) -> str:
    """A console session without its >>> marks and its output."""
    if not text.lstrip().startswith(">>>"):
        return text
    lines = [line[4:] for line in text.splitlines() if line.startswith((">>> ", "... "))]
    return "\n".join(lines) + "\n"


def _dedented(text: str) -> str:
    lines = text.splitlines(keepends=True)
    first = next((line for line in lines if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip())]
    if not indent:
        return text
    return "".join(line.removeprefix(indent) for line in lines)


def _joined(items: list[Statement]) -> str:
    return "\n".join(item.text for item in items) + "\n" if items else ""


def _needed(plain: list[Statement], wanted: list[str]) -> list[Statement]:
    """The statements reachable from the `wanted` names, in their order."""
    makers: dict[str, list[int]] = defaultdict(list)
    imported = {
        name for item in plain if item.kind.endswith(("import_statement", "from_statement")) for name in item.binds
    }
    for index, item in enumerate(plain):
        # What decorates with a module's function changes nothing of the module.
        changes = item.changes - imported if item.kind == "decorated_definition" else item.changes
        for name in item.binds | changes:
            makers[name].append(index)
    kept: set[int] = {index for index, item in enumerate(plain) if _always(item)}
    reached: set[str] = set()
    waiting = list(wanted) + [name for index in kept for name in plain[index].uses]
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        for index in makers.get(name, ()):
            if index not in kept:
                kept.add(index)
                waiting += plain[index].uses
    return [plain[index] for index in sorted(kept)]


def _always(item: Statement) -> bool:
    """What changes how everything runs: imports from the future or of everything, and settings of modules."""
    if item.kind == "future_import_statement" or (item.kind == "import_from_statement" and "*" in item.binds):
        return True
    return (
        item.kind == "expression_statement"
        and re.match(r"(\w+)\.set\w*\(|(\w+)\.seed\(", item.text) is not None
        and (item.text.split(".")[0] in _SETTINGS)
    )


def _is_main(item: Statement) -> bool:
    return item.kind == "if_statement" and "__name__" in item.text.split(":", 1)[0]


def _bound(code: str) -> set[str]:
    return {name for item in statements(code) for name in item.binds}


def _defines(code: str, name: str) -> bool:
    return name in _bound(code)
