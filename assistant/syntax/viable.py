"""Whether code that is still being written can become sound: a part that no continuation can mend is told as soon as its line ends.

It errs on one side only: what is called hopeless is, while some hopeless parts are noticed late or not at all (then the
whole is judged when it is there). Python's own parser says whether it only misses the rest; of languages with braces,
those that are open are closed for a try. Other languages are not judged.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

import tree_sitter

from assistant.syntax.document import Document, Span
from assistant.syntax.faults import faults

_BRACES = frozenset(("javascript", "typescript", "tsx", "go", "rust", "java", "c", "cpp", "csharp", "php", "css"))
_CLOSERS = {"(": ")", "[": "]", "{": "}", "${": "}", "#{": "}"}
_QUOTES = ("`", '"', "'", "/", "<")
_ENDS = (";", "{", "}")
_ALLOW_INCOMPLETE_INPUT = 0x4000
"""A flag of `compile`, known to the standard library's `codeop` only: the end of the text is no error, it is awaited."""
_LARGEST = 400_000


def can_judge(document: Document, span: Span) -> bool:
    """Whether the code at `span` is sound now and in a language that can be judged."""
    if document.language is None or len(document.text) > _LARGEST:
        return False
    if document.language.name == "python":
        return _python_state(document.text[span.start : span.end]) == "sound"
    return document.language.name in _BRACES and not faults(document)


def is_hopeless(document: Document, span: Span, code: str) -> bool:
    """Whether `code`, whole lines that begin to take the place of `span`, cannot be continued to be sound."""
    if document.language is None or not code.strip():
        return False
    if document.language.name == "python":
        return _python_state(code) == "broken"
    if not code.rstrip().endswith(_ENDS):
        return False
    begun = document.edit(span.start, span.end, code)
    end = span.start + len(code.rstrip())
    closers = _closers(begun, span.start, end)
    if closers is None:
        return False
    closed = begun.edit(end, end, f"\n{closers}\n")
    inside = (fault.span for fault in faults(closed) if span.start <= fault.span.start)
    # A fault that reaches to the end of what there is may still be mended by what follows.
    return any(fault.end < end and not _holds_open(closed, fault, end) for fault in inside)


def is_statement_end(document: Document, code: str) -> bool:
    """Whether `code` ends where a statement or the head of a block does, so that another one may follow."""
    if document.language is not None and document.language.name == "python":
        return _python_state(code) == "sound" or code.rstrip().endswith(":")
    return code.rstrip().endswith(_ENDS)


def _python_state(code: str) -> str:
    """`sound`, `unfinished` or `broken`."""
    code = code.strip("\n")
    head = "if 1:\n" if code[:1] in (" ", "\t") else ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(f"{head}{code}\n", "reply", "exec", ast.PyCF_ONLY_AST | _ALLOW_INCOMPLETE_INPUT)
    except SyntaxError as error:
        return "unfinished" if error.msg == "incomplete input" else "broken"
    except (ValueError, RecursionError, MemoryError):
        return "unfinished"
    return "sound"


def _closers(document: Document, start: int, end: int) -> str | None:
    """What closes the brackets that are open at `end`; None where that cannot be told."""
    wanted: list[str] = []
    for leaf in _leaves(document, start, end):
        if leaf.type in _CLOSERS:
            wanted.append(_CLOSERS[leaf.type])
        elif leaf.type in (")", "]", "}") and (not wanted or wanted.pop() != leaf.type):
            return None
        elif leaf.parent is not None and leaf.parent.is_error and leaf.type[:1] in _QUOTES:
            # A text or comment that is still open: what looks like code behind it may be none.
            return None
    return "".join(reversed(wanted))


def _leaves(document: Document, start: int, end: int) -> Iterator[tree_sitter.Node]:
    if document.tree is None:
        return
    first, last = document.byte_of(start), document.byte_of(end)
    cursor = document.tree.walk()
    while True:
        node = cursor.node
        assert node is not None
        if node.start_byte < last and node.end_byte > first and cursor.goto_first_child():
            continue
        if not node.child_count and first <= node.start_byte < last and not node.is_missing:
            yield node
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


def _holds_open(document: Document, fault: Span, end: int) -> bool:
    """Whether a bracket that opens within a fault is not closed within it."""
    return _closers(document, fault.start, min(fault.end, end)) != ""
