"""Asks a model for a change until it may land: a change that newly breaks the syntax is asked for again, with the fault.

A line that no continuation could mend is written anew as soon as it is there. Tries are bounded, and each is less
predictable than the one before. What is still broken then comes back marked, for a
person to look at; writing it is nobody's default. This asks and judges; it writes nothing.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from assistant.editing.choosing import SMALL_FILE, choose_symbol, close, worth_choosing
from assistant.editing.edit import Edit
from assistant.editing.formats.search_replace import SearchReplace
from assistant.editing.formats.unified_diff import UnifiedDiff
from assistant.editing.formats.whole_file import WholeFile
from assistant.editing.formats.whole_symbol import WholeSymbol
from assistant.editing.gate import Verdict, judge
from assistant.editing.task import EditFormat, EditTask, Reading, Reply, ReplyUnusable
from assistant.editing.watch import Watch
from assistant.engine.api import (
    Chunk,
    Engine,
    GenerationRequest,
    GenerationStats,
    Prefill,
    Sampling,
    StopReason,
    TextChunk,
)
from assistant.errors import NothingProduced
from assistant.syntax.document import Document
from assistant.syntax.symbols import outline

FORMATS: dict[str, EditFormat] = {
    form.name: form for form in (WholeSymbol(), SearchReplace(), WholeFile(), UnifiedDiff())
}
_TEMPERATURES = (0.0, 0.4, 0.7, 0.9)


@dataclass(frozen=True)
class Attempt:
    """A try that did not do: its number from 1, and why."""

    number: int
    why: str


@dataclass(frozen=True)
class Proposal:
    """The change a model proposes. With `faults` it must not be written unasked."""

    edit: Edit
    verdict: Verdict
    attempts: int
    completion_tokens: int
    notes: tuple[str, ...] = ()
    rewinds: int = 0
    """How often a reply was taken back to its last clean statement while it was written."""
    symbol: str = ""
    """The qualified name of the symbol that was asked for, or that the model chose; "" for the file."""


def format_for(task: EditTask) -> EditFormat:
    """The format that suits a task: the symbol where one is known, small files whole, large ones in pieces.

    A symbol that holds a fence (a section with an example in it) would end the reply at that fence.
    """
    symbol = task.symbol
    if symbol is not None and "```" not in task.text[symbol.span.start : symbol.span.end]:
        return FORMATS["whole-symbol"]
    return FORMATS["whole-file" if task.text.count("\n") < SMALL_FILE else "search-replace"]


def symbol_meant(document: Document, instruction: str) -> str:
    """The qualified name of the one symbol that an instruction names; nothing where it names none or several."""
    symbols = [symbol for symbol in outline(document) if symbol.kind in ("function", "method", "class", "test", "type")]
    words = set(re.findall(r"[\w.]+", instruction))
    named = [s for s in symbols if s.qualified_name in words or (s.name in words and len(s.name) > 2)]
    deepest = [s for s in named if not any(s is not other and s.span.contains(other.span) for other in named)]
    if len(deepest) == 1:
        return deepest[0].qualified_name
    return ""


async def propose(
    engine: Engine, task: EditTask, form: EditFormat | None = None, attempts: int = 3, seed: int | None = None
) -> AsyncGenerator[Prefill | TextChunk | Attempt | Proposal, None]:
    """Yield how far the prompt is read, the reply as it streams, each try that did not do, and last the Proposal.

    Raises:
        NothingProduced: no try gave a change that could be read.
        EngineError: from the engine.
    """
    chosen: tuple[str, ...] = ()
    if form is None and worth_choosing(task):
        name = ""
        async with contextlib.aclosing(choose_symbol(engine, task)) as choosing:
            async for said in choosing:
                if isinstance(said, Prefill):
                    yield said
                else:
                    name = said
        task = dataclasses.replace(task, symbol_name=name or task.symbol_name)
        chosen = (f"The model takes it to be about {name}.",) if name else ()
    form = form or format_for(task)
    best: Proposal | None = None
    tokens = rewinds = 0
    now = task
    for number in range(1, attempts + 1):
        request = await _request(engine, now, form, number, seed)
        text = ""
        stop_reason: StopReason = "end"
        watch = form.watch(now)
        async with contextlib.aclosing(_until_complete(engine, request, form, now, watch)) as chunks:
            async for chunk in chunks:
                if isinstance(chunk, TextChunk):
                    text = text[: len(text) - chunk.taken_back] + chunk.text
                    yield chunk
                elif isinstance(chunk, Prefill):
                    yield chunk
                else:
                    tokens += chunk.completion_tokens
                    stop_reason = chunk.stop_reason
        rewinds += watch.rewinds if watch else 0
        outcome = _read(form, now, Reply(text, stop_reason))
        if isinstance(outcome, Reading):
            edit = Edit(task.path, task.text, outcome.text)
            verdict = judge(task, outcome.text)
            proposal = Proposal(edit, verdict, number, tokens, (*chosen, *outcome.notes), rewinds, task.symbol_name)
            if verdict.sound:
                yield proposal
                return
            if best is None or len(verdict.faults) < len(best.verdict.faults):
                best = proposal
            why = verdict.sentence()
        else:
            why = outcome
        yield Attempt(number, why)
        now = dataclasses.replace(task, complaint=why)
    if best is None:
        raise NothingProduced(f"no usable change for {task.path} in {attempts} tries", why, "a clearer or smaller wish")
    yield dataclasses.replace(best, attempts=attempts, completion_tokens=tokens, rewinds=rewinds)


def _read(form: EditFormat, task: EditTask, reply: Reply) -> Reading | str:
    try:
        reading = form.read(task, reply)
    except ReplyUnusable as error:
        return error.sentence()
    return "it changes nothing" if reading.text == task.text else reading


async def _request(
    engine: Engine, task: EditTask, form: EditFormat, number: int, seed: int | None
) -> GenerationRequest:
    alone = task.symbol is not None and form.name != "whole-file"
    code = task.text[task.symbol.span.start : task.symbol.span.end] if task.symbol and alone else task.text
    size = len(await engine.tokenize(code))
    room = (size * 2 if alone else size * 5 // 4) + 256
    temperature = _TEMPERATURES[min(number, len(_TEMPERATURES)) - 1]
    sampling = Sampling(temperature=temperature, repeat_penalty=1.0, seed=None if seed is None else seed + number)
    return GenerationRequest(form.prompt(task), max_tokens=room, sampling=sampling, stop=form.stop(task), old_text=code)


async def _until_complete(
    engine: Engine, request: GenerationRequest, form: EditFormat, task: EditTask, watch: Watch | None
) -> AsyncGenerator[Chunk, None]:
    """The engine's chunks, stopped as soon as the change is complete (what follows is chatter).

    What cannot become sound any more is taken back to the last clean statement and written anew from there.
    """
    text, tokens = "", 0
    taking_back = False
    stream = engine.generate(request)
    try:
        async for chunk in stream:
            if not isinstance(chunk, TextChunk):
                yield chunk
            else:
                # What was on its way before a rewind is answered is of the reply that goes.
                taking_back = taking_back and not (chunk.taken_back or not chunk.text)
                checked = text.count("\n")
                text, tokens = text[: len(text) - chunk.taken_back] + chunk.text, chunk.tokens
                yield chunk
                if taking_back or (text.count("\n") <= checked and not chunk.taken_back):
                    continue
                if form.complete(task, text[: text.rfind("\n") + 1]):
                    await close(stream)
                    yield _stopped(tokens, "stop")
                    return
                place = watch.look(text) if watch else None
                if place is not None:
                    taking_back = True
                    engine.rewind(request, place)
    finally:
        await close(stream)


def _stopped(tokens: int, reason: StopReason) -> GenerationStats:
    return GenerationStats(reason, 0, 0, tokens, 0.0, 0.0, 0.0)
