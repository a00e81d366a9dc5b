"""One reply on the command line: the engine is started, the text streams out, and what it took is kept for --json.

Used by `ask` and `complete`. Text goes through the sanitizer whether or not a terminal reads it; the JSON form holds
the model's own text, escaped by JSON.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from assistant.engine.api import (
    Chunk,
    Engine,
    GenerationRequest,
    GenerationStats,
    LoadedModel,
    ModelSpec,
    Prefill,
    PromptTooLong,
    TextChunk,
)
from assistant.errors import Cancelled
from assistant.ground.terminal import say
from assistant.ground.visible import VisibleStream

# Shorter prompts are read before anyone wonders.
_PROMPT_WORTH_A_WORD = 400


@dataclass(frozen=True)
class Built:
    """A request, and what the person is told beside its reply (what was left out to make it fit)."""

    request: GenerationRequest
    note: str = ""


BuildRequest = Callable[[Engine, LoadedModel, int], Awaitable[Built]]
"""Makes the request for an engine, its model, and the number of tokens that it may take with its reply."""


@dataclass(frozen=True)
class Reply:
    """What came back; `stats` is what the engine counted, or our own count where the reply was cancelled."""

    text: str
    model: str
    stats: GenerationStats
    note: str = ""


def run_reply(spec: ModelSpec, name: str, build: BuildRequest, as_json: bool) -> None:
    """Load the model, make the request, and print its reply.

    Raises:
        Cancelled: the person stopped it; what there was so far has been printed.
    """
    # What asyncio has to remark on child processes is not for the person who asked a question.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    show = _Screen(quiet=as_json)
    _tell(asyncio.run(_generate(spec, name, build, show)), show, as_json, end_line=True)


def print_reply(reply: Reply, as_json: bool) -> None:
    """Print a reply that is there already, as `run_reply` does, but with no line end of ours where a program reads.

    Raises:
        Cancelled: the person stopped it.
    """
    show = _Screen(quiet=as_json)
    show.text(reply.text)
    _tell(reply, show, as_json, end_line=sys.stdout.isatty())


def _tell(reply: Reply, show: _Screen, as_json: bool, end_line: bool) -> None:
    if as_json:
        print(json.dumps(_document(reply)))
    else:
        show.finish(end_line)
    if reply.note:
        say(reply.note)
    if reply.stats.stop_reason == "cancelled":
        raise Cancelled("cancelled")
    if reply.stats.stop_reason == "length":
        say(f"(cut at {reply.stats.completion_tokens:,} tokens; --max-tokens takes more)")
    if reply.stats.stop_reason == "context_full":
        say("(cut: the model's context is full; fewer or smaller files leave more room)")


async def _generate(spec: ModelSpec, name: str, build: BuildRequest, show: _Screen) -> Reply:
    from assistant.engine.client import EngineClient

    engine: Engine = EngineClient()
    try:
        loaded = await engine.load(spec)
        built = await build(engine, loaded, loaded.context_size)
        try:
            return await _stream(engine, name, built, show)
        except PromptTooLong as error:
            # The engine may keep a part of the context for itself; a prompt that can be cut is cut to what it gives.
            cut = await build(engine, loaded, error.context_size)
            if cut.request == built.request:
                raise
            return await _stream(engine, name, cut, show)
    finally:
        show.clear_prefill()
        await engine.close()


async def _stream(engine: Engine, name: str, built: Built, show: _Screen) -> Reply:
    pieces: list[str] = []
    stats = _none_yet()
    try:
        async for chunk in engine.generate(built.request):
            stats = _take(chunk, pieces, stats, show)
    except asyncio.CancelledError:
        # Ctrl-C: what has been said stands, and the exit code tells that it is not all.
        pass
    return Reply("".join(pieces), name, stats, built.note)


def _take(chunk: Chunk, pieces: list[str], stats: GenerationStats, show: _Screen) -> GenerationStats:
    if isinstance(chunk, Prefill):
        show.prefill(chunk)
        return _counted(stats, prompt_tokens=chunk.total, cached_tokens=chunk.cached)
    if isinstance(chunk, TextChunk):
        pieces.append(chunk.text)
        show.text(chunk.text)
        return _counted(stats, completion_tokens=chunk.tokens)
    return chunk


def _none_yet() -> GenerationStats:
    return GenerationStats("cancelled", 0, 0, 0, 0.0, 0.0, 0.0)


def _counted(stats: GenerationStats, **counts: int) -> GenerationStats:
    return dataclasses.replace(stats, **counts)  # type: ignore[arg-type]  # the three counts are int fields


def _document(reply: Reply) -> dict[str, object]:
    """The JSON document that scripts rely on."""
    stats = reply.stats
    return {
        "text": reply.text,
        "model": reply.model,
        "stop_reason": stats.stop_reason,
        "prompt_tokens": stats.prompt_tokens,
        "cached_tokens": stats.cached_tokens,
        "completion_tokens": stats.completion_tokens,
        "prefill_seconds": stats.prefill_seconds,
        "decode_seconds": stats.decode_seconds,
        "time_to_first_token": stats.time_to_first_token,
        "drafted_tokens": stats.drafted_tokens,
        "accepted_tokens": stats.accepted_tokens,
    }


class _Screen:
    """Where the reply is shown: stdout for its text, stderr for how far the prompt has been read."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._visible = VisibleStream()
        self._last = ""
        self._drawn = 0
        self._draws = sys.stderr.isatty()

    def text(self, text: str) -> None:
        self.clear_prefill()
        if not self._quiet:
            self._write(self._visible.feed(text))

    def finish(self, end_line: bool) -> None:
        self._write(self._visible.flush())
        if end_line and self._last != "\n":
            self._write("\n")

    def prefill(self, chunk: Prefill) -> None:
        if self._draws and chunk.total >= _PROMPT_WORTH_A_WORD:
            line = f"reading the prompt: {chunk.done:,} of {chunk.total:,} tokens"
            sys.stderr.write("\r" + line.ljust(self._drawn))
            sys.stderr.flush()
            self._drawn = max(self._drawn, len(line))

    def clear_prefill(self) -> None:
        if self._drawn:
            sys.stderr.write("\r" + " " * self._drawn + "\r")
            sys.stderr.flush()
            self._drawn = 0

    def _write(self, text: str) -> None:
        if text:
            sys.stdout.write(text)
            sys.stdout.flush()
            self._last = text[-1]
