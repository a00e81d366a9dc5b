"""Names the interface in a task: "a function that doubles a number" becomes "a Python function double(n) that doubles a number".

Exams ask for a function by its name and parameters, and seeds rarely do, so a small model never learns to take them from the task.
The name is that of the answer's own function; the answer is cut to it, and its docstring says the task again, so that
a model that knows documented code goes on as it always did. No teacher is asked and nothing is run.
"""

from __future__ import annotations

import ast
import re
import warnings

from trainer.evolve.checking.code import code_of
from trainer.records import Seed

_LONGEST_TASK = 300
_LONGEST_CODE = 20_000
_NOUN = re.compile(
    r"\b(?:(?:an?|the)\s+)?(?:python\s?3?\s+)?(?:function|program|script|method|algorithm|code)\b(?:\s+in\s+python\b)?"
    r"(?:\s+(?:called|named)\s+[`'\"]?\w+(?:\([^)]*\))?[`'\"]?)?",
    re.I,
)
# What is given in the task itself ("fix this function") is not asked for by a name.
_GIVEN = re.compile(
    r"\b(?:given|following|this|existing|above)\s+(?:\w+\s+){0,2}(?:function|program|script|method|code)\b|\bbelow\b"
    r"|^(?:edit|fix|modify|rewrite|refactor|optimi[sz]e|debug|change|correct|improve|update|convert|analy[sz]e|explain)\b",
    re.I,
)
_JOINING = re.compile(r"^(?:that|which|to|for)\s+", re.I)


def with_interface(seed: Seed) -> Seed | None:
    """The seed with its function named; None where its answer is not one Python function that returns something."""
    task = seed.instruction.strip().split("\n", 1)[0].strip()
    found = _function(seed.response)
    if found is None or not task or len(task) > _LONGEST_TASK or _GIVEN.search(task):
        return None
    function, imports = found
    call = f"{function.name}({', '.join(argument.arg for argument in function.args.args)})"
    noun = _NOUN.search(task)
    if noun:
        told, wanted = f"{task[: noun.start()]}a Python function {call}{task[noun.end() :]}", task[noun.end() :]
    else:
        told, wanted = f"Write a Python function {call}. {task}", task
    _document(function, _JOINING.sub("", wanted.strip(" .,:")) or task)
    whole = ast.Module([*imports, function], [])
    return Seed(told[:1].upper() + told[1:], ast.unparse(ast.fix_missing_locations(whole)))


def _function(answer: str) -> tuple[ast.FunctionDef, list[ast.stmt]] | None:
    """The one function of an answer and its imports; calls of it that show how it is used are left away."""
    code = code_of(answer)
    if code is None or code.language not in ("", "python") or len(code.text) > _LONGEST_CODE:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            body = ast.parse(code.text.replace("\t", "    ")).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    functions = [node for node in body if isinstance(node, ast.FunctionDef)]
    imports: list[ast.stmt] = [node for node in body if isinstance(node, (ast.Import, ast.ImportFrom))]
    if len(functions) != 1 or any(isinstance(node, (ast.ClassDef, ast.AsyncFunctionDef)) for node in body):
        return None
    (function,) = functions
    others = [node for node in body if node is not function and node not in imports]
    return (function, imports) if _is_plain(function) and not _used(others, function) else None


def _is_plain(function: ast.FunctionDef) -> bool:
    """Whether a call with positional arguments says all there is to its interface, and it gives something back."""
    args = function.args
    if function.decorator_list or args.vararg or args.kwarg or args.kwonlyargs or args.posonlyargs:
        return False
    return any(isinstance(node, ast.Return) and node.value is not None for node in ast.walk(function))


def _used(others: list[ast.stmt], function: ast.FunctionDef) -> bool:
    """Whether the function needs a name that the rest of the answer binds."""
    bound = {
        node.id
        for other in others
        for node in ast.walk(other)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    own = {argument.arg for argument in function.args.args}
    loaded = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    stored = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return bool(bound & (loaded - own - stored))


def _document(function: ast.FunctionDef, wanted: str) -> None:
    """Put what is wanted into the docstring, in place of one that is there; drop annotations, which a call does not show."""
    if ast.get_docstring(function) is not None and len(function.body) > 1:
        del function.body[0]
    for argument in function.args.args:
        argument.annotation = None
    function.returns = None
    first = re.split(r"(?<=[.!?])\s", wanted)[0]
    says = first[:1].upper() + first[1:].rstrip(".") + "."
    function.body.insert(0, ast.Expr(ast.Constant(says)))
