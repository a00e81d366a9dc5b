"""The model writes one symbol anew, from a start that we make for it: the fence and the symbol's own header.

Only the symbol's characters are ever replaced, so nothing outside it can change. The reply is read forgivingly: several
readings are tried (a continuation, a fresh block, a bare body; re-indented; with the old rest where the reply broke
off), and the first that parses where it stands, and still is that symbol, is taken.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.editing.formats.reply import fenced_blocks, up_to_fence, without_fence_lines
from assistant.editing.formats.symbol_start import ABOUT_HEADER, begun_for, header_of, line_start, symbol_code
from assistant.editing.locate import common_indent, indent_of, indent_unit, reindented
from assistant.editing.task import EditTask, Reading, Reply, ReplyUnusable, fence, request_text
from assistant.editing.watch import Watch
from assistant.engine.api import ChatMessage, ChatPrompt
from assistant.ground.texts import text_of
from assistant.syntax.document import Document, Span
from assistant.syntax.faults import new_faults
from assistant.syntax.symbols import Symbol, outline

BROKE_OFF = "The reply broke off; the rest of the symbol was kept as it was."


@dataclass(frozen=True)
class _Candidate:
    code: str
    notes: tuple[str, ...] = ()


class WholeSymbol:
    """The edit format for one symbol."""

    name = "whole-symbol"

    def prompt(self, task: EditTask) -> ChatPrompt:
        """The symbol and the wish; the reply is begun with the fence and, where it stays, the header."""
        symbol = _symbol(task)
        system = ChatMessage("system", text_of("prompts", "edit_symbol.md"))
        user = ChatMessage("user", request_text(task, symbol_code(task, symbol)))
        # A start that ends in a line end cuts a token in two that models know as one (the line end and the blanks after it), and they stop there.
        begun = begun_for(task, symbol).rstrip()
        return ChatPrompt((system, user), reply_start=fence(task) + begun)

    def stop(self, task: EditTask) -> tuple[str, ...]:
        """The closing fence."""
        return ("\n```",)

    def read(self, task: EditTask, reply: Reply) -> Reading:
        """The file with the symbol as the reply has it."""
        symbol = _symbol(task)
        if not up_to_fence(reply.text).strip() and not any(block.code.strip() for block in fenced_blocks(reply.text)):
            raise ReplyUnusable("the reply holds no code")
        likeliest: Reading | None = None
        for candidate in _candidates(task, symbol, reply):
            fitted = _fit(task, symbol, candidate.code)
            if fitted is None:
                continue
            text, faults = fitted
            reading = Reading(text, candidate.notes)
            if not faults:
                return reading
            likeliest = likeliest or reading
        if likeliest is None:
            raise ReplyUnusable(f"the reply holds no {symbol.qualified_name}")
        return likeliest

    def complete(self, task: EditTask, text: str) -> bool:
        """Whether the symbol ends before the end of `text`, or with its last line."""
        symbol = _symbol(task)
        code = begun_for(task, symbol).rstrip() + text
        lines = [line for line in code.split("\n") if line.strip()]
        indent = common_indent(symbol_code(task, symbol).split("\n"))
        if len(lines) < 2 or not lines[-1].startswith(indent) or lines[-1][len(indent) :][:1] in (" ", "\t", ""):
            return False
        fitted = _fit(task, symbol, code.rstrip("\n"))
        if fitted is None or fitted[1]:
            return False
        kept = len(fitted[0]) - (len(task.text) - len(symbol.span))
        ends_block = lines[-1].strip().rstrip(";") in ("}", "end", "end;", "})", "fi", "done", "esac")
        return ends_block or kept < len(code.rstrip()) - len(indent) - len(lines[-1]) // 2

    def watch(self, task: EditTask) -> Watch:
        """The reply continues what was begun, in the place of the symbol."""
        symbol = _symbol(task)
        return Watch(task, Span(line_start(task, symbol), symbol.span.end), begun_for(task, symbol).rstrip())


def _symbol(task: EditTask) -> Symbol:
    if task.symbol is None:
        raise ValueError("the whole-symbol format needs a symbol")
    return task.symbol


def _candidates(task: EditTask, symbol: Symbol, reply: Reply) -> Iterator[_Candidate]:
    """Readings of the reply, the likeliest first; the repaired ones first where it broke off, else last."""
    plain = list(dict.fromkeys(code for code in _plain_candidates(task, symbol, reply.text) if code.strip()))
    old = symbol_code(task, symbol)
    indent = common_indent(old.split("\n"))
    repaired = [
        _Candidate(code, (BROKE_OFF,)) for code in (_with_old_rest(old, code, indent) for code in plain) if code
    ]
    if _broke_off(reply, old):
        yield from repaired
    for code in plain:
        yield _Candidate(code)
        lines = code.strip("\n").split("\n")
        yield _Candidate("\n".join(reindented(lines, common_indent(lines), indent, indent_unit(task.text.split("\n")))))
    if reply.stop_reason == "end" and "```" not in reply.text and "~~~" not in reply.text:
        yield from repaired


def _broke_off(reply: Reply, old: str) -> bool:
    """Whether the reply ends in the middle of something: by its stop reason, or with half of an old line."""
    if reply.stop_reason in ("length", "context_full", "cancelled"):
        return True
    last = reply.text.rsplit("\n", 1)[-1]
    if reply.stop_reason == "stop" or "```" in last or "~~~" in last:
        return False
    if not last.strip():
        return bool(last)
    return any(line.startswith(last) and line != last for line in old.split("\n")) and last not in old.split("\n")


def _plain_candidates(task: EditTask, symbol: Symbol, text: str) -> Iterator[str]:
    """The reply as a continuation of what was begun, as a fresh block, as a bare body, as the lines from its header on."""
    header, begun = header_of(task, symbol), begun_for(task, symbol)
    spaced = text.startswith("\n") or (text[:1].isspace() and not begun.endswith("\n"))
    start = begun.rstrip() if spaced else begun
    blocks = fenced_blocks(text)
    names_it = re.compile(rf"(?<!\w){re.escape(symbol.name)}(?!\w)")
    continued = up_to_fence(text)
    restarted = [block.code for block in blocks if names_it.search(block.code)]
    for code in [continued, *restarted]:
        if header.endswith("\n") and code.lstrip().startswith(header.strip()):
            # The header was said again, and the body may stand at the margin below it.
            yield header + _body_under(task, symbol, code.lstrip().removeprefix(header.strip()))
    if continued.strip() or not restarted:
        # A body right under its header has one right indentation, so it is brought there before anything else.
        yield (
            start + continued
            if begun != header or not header.endswith("\n")
            else header + _body_under(task, symbol, continued)
        )
        yield start + continued
    yield from restarted
    yield from (header + _body_under(task, symbol, block.code.removeprefix(header)) for block in blocks)
    bare = without_fence_lines(text)
    opening = header.strip().split("\n")[-1].split("(")[0].strip() or symbol.name
    at = next((m.start() for m in re.finditer(r"^.*$", bare, re.M) if m[0].strip().startswith(opening)), None)
    if at is not None:
        yield bare[at:]
    yield start + bare


def _body_under(task: EditTask, symbol: Symbol, code: str) -> str:
    """`code` as the body of the symbol, whatever it was indented by (its first line often lost its blanks)."""
    header = header_of(task, symbol)
    if not header.endswith("\n"):
        return code
    lines = code.strip("\n").split("\n")
    rest = common_indent(lines[1:])
    if not indent_of(lines[0]) and rest:
        lines[0] = rest + lines[0]
    wanted = indent_of(symbol_code(task, symbol)[len(header) :].split("\n", 1)[0])
    return "\n".join(reindented(lines, indent_of(lines[0]), wanted, indent_unit(task.text.split("\n"))))


def _with_old_rest(old: str, code: str, indent: str) -> str | None:
    """A reply that broke off, continued by the old lines that follow the last one that both have."""
    unit = indent_unit(old.split("\n"))
    lines = code.rstrip().split("\n")
    if common_indent(lines) != indent:
        lines = reindented(lines, common_indent(lines), indent, unit)
    old_lines = old.split("\n")
    keys = [line.strip() for line in lines]
    blocks = difflib.SequenceMatcher(None, keys, [line.strip() for line in old_lines], autojunk=False)
    shared = [b for b in blocks.get_matching_blocks() if any(keys[b.a : b.a + b.size])]
    if not shared:
        return None
    last = shared[-1]
    at = last.b + last.size
    *complete, _ = lines[last.a + last.size :] or [""]
    for line in complete:
        # A line that was changed takes the place of its old form; one that was added takes none.
        if at < len(old_lines) and difflib.SequenceMatcher(None, line.strip(), old_lines[at].strip()).ratio() > 0.6:
            at += 1
    return "\n".join(lines[: last.a + last.size] + complete + old_lines[at:])


def _fit(task: EditTask, symbol: Symbol, code: str) -> tuple[str, int] | None:
    """The file with `code` in the symbol's place, cut where the symbol ends, and the number of new faults.

    None where the code is not that symbol, or would add or remove others around it.
    """
    start = line_start(task, symbol)
    code = code.strip("\n").rstrip()
    before = task.document
    placed = before.edit(start, symbol.span.end, code)
    same = next((s for s in outline(placed) if s.span.start >= start and s.depth == symbol.depth), None)
    if same is None or same.kind != symbol.kind or same.span.start > start + len(code):
        return None
    if same.name != symbol.name and not ABOUT_HEADER.search(task.instruction):
        return None
    if placed.text[start : same.span.start].strip():
        # Words before the definition are chatter, not code.
        placed = before.edit(
            start, symbol.span.end, _indent_of(code, same.span.start - start) + code[same.span.start - start :]
        )
        return _cut(task, placed, start, symbol)
    return _cut(task, placed, start, symbol)


def _indent_of(code: str, at: int) -> str:
    line = code[code.rfind("\n", 0, at) + 1 : at]
    return line if not line.strip() else ""


def _cut(task: EditTask, placed: Document, start: int, symbol: Symbol) -> tuple[str, int] | None:
    """What follows the symbol within the replaced stretch is dropped; everything outside must be as before."""
    same = next((s for s in outline(placed) if s.span.start >= start and s.depth == symbol.depth), None)
    if same is None:
        return None
    rest = len(task.text) - symbol.span.end
    stretch_end = len(placed.text) - rest
    end = min(same.span.end, stretch_end)
    if same.span.end > stretch_end:
        cut = placed
    else:
        cut = placed.edit(end, stretch_end, "")
    faults = len(new_faults(task.document, cut))
    if _others(outline(cut), same.qualified_name) != _others(outline(task.document), symbol.qualified_name):
        faults += 1
    return cut.text, faults


def _others(symbols: tuple[Symbol, ...], name: str) -> list[str]:
    """Names of the symbols that are neither `name` nor within it."""
    return [
        s.qualified_name for s in symbols if s.qualified_name != name and not s.qualified_name.startswith(f"{name}.")
    ]
