"""Where a symbol's text begins, and how much of it can be written for the model: fence aside, all up to the first line of code.

What the wish may be about is left to the model: a wish for another parameter has it write the signature. This reads
tasks; what comes back is read in `whole_symbol`.
"""

from __future__ import annotations

import re

from assistant.editing.task import EditTask
from assistant.syntax.document import Span
from assistant.syntax.symbols import Symbol

# A wish that is about the header leaves the header to the model; any other gets it written, which is half the work.
ABOUT_HEADER = re.compile(
    r"\b(arguments?|parameters?|params?|signature|renam\w*|typ(e|ed|ing)|hints?|annotat\w*|return(s|ing)? type|async\w*"
    r"|decorat\w*|defaults?|keywords?|doc ?(string|comment)s?|optional\w*|public|private|static|generic\w*)\b",
    re.I,
)
# A wish that is about the words in front of the code leaves these to the model too.
_ABOUT_WORDS = re.compile(
    r"\b(doc\w*|describ\w*|descript\w*|explain\w*|comment\w*|typos?|spell\w*|word\w*|text)\b", re.I
)


def line_start(task: EditTask, symbol: Symbol) -> int:
    """Where the symbol's first line begins, if only blanks stand before it there; else its own start."""
    start = task.document.line_span(symbol.start_line).start
    return start if not task.text[start : symbol.span.start].strip() else symbol.span.start


def symbol_code(task: EditTask, symbol: Symbol) -> str:
    """The symbol's lines as they stand, indentation included."""
    return task.text[line_start(task, symbol) : symbol.span.end]


def header_of(task: EditTask, symbol: Symbol) -> str:
    """What comes before the body: decorators, comments and signature, up to where the body's first line begins."""
    if symbol.body is None:
        return ""
    start = line_start(task, symbol)
    head = task.text[start : symbol.body.start]
    blank_after = head.rfind("\n") + 1
    head = head[:blank_after] if not head[blank_after:].strip() and blank_after else head
    return head + _doc_string(task, symbol.body, start + len(head)) if head.endswith("\n") else head


def _doc_string(task: EditTask, body: Span, start: int) -> str:
    """The lines of the text that a body begins with (Python's doc string), if code follows and the wish is not about it."""
    first = task.document.node_at(Span(body.start, body.start + 1))
    while first is not None and first.type != "expression_statement":
        first = first.parent
    if first is None or first.named_child_count != 1 or _ABOUT_WORDS.search(task.instruction):
        return ""
    span = task.document.span_of(first)
    line_end = task.text.find("\n", span.end) + 1
    is_text = first.named_children[0].type == "string" and span.start == body.start
    alone = is_text and not task.text[span.end : line_end].strip() and 0 < line_end < body.end
    code = task.text[line_end : body.end].lstrip()
    # Blank lines after it are begun as well, so that they are there whatever the model makes of them.
    end = task.text.rfind("\n", 0, body.end - len(code)) + 1
    return task.text[start:end] if alone and code else ""


def begun_for(task: EditTask, symbol: Symbol) -> str:
    """The start of the reply's code that is written for the model."""
    head = header_of(task, symbol)
    if head and not ABOUT_HEADER.search(task.instruction):
        return head
    start = line_start(task, symbol)
    return task.text[start : symbol.definition.start] if not ABOUT_HEADER.search(task.instruction) else ""
