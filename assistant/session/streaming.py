"""Takes chunks from the engine as fast as they come and hands them on in time steps, until the user stops it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from dataclasses import replace
from typing import TypeVar

from assistant.engine.api import Chunk, Engine, GenerationRequest, Prefill, TextChunk

TIME_STEP = 0.05
"""Seconds between two batches; a reply slower than that is handed on piece by piece."""

T = TypeVar("T")


class Stopped(Exception):
    """The user ended the turn."""


async def unless_stopped(work: Awaitable[T], stop: asyncio.Event) -> T:
    """Wait for `work` or for `stop`, whichever comes first; `work` goes on unheard when stopped.

    Raises:
        Stopped: `stop` was set first.
    """
    task = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Stopped
        return task.result()
    finally:
        stopping.cancel()


async def batches(engine: Engine, request: GenerationRequest, stop: asyncio.Event) -> AsyncGenerator[list[Chunk], None]:
    """The reply to `request` in batches, texts of one batch joined; at least TIME_STEP passes between two.

    Raises:
        Stopped: `stop` was set; the engine was told to end the reply.
        EngineError: from the engine, after what came before it was yielded.
    """
    chunks: list[Chunk] = []
    news = asyncio.Event()
    pump = asyncio.create_task(_pump(engine, request, chunks, news))
    pump.add_done_callback(lambda _: news.set())
    try:
        while True:
            await unless_stopped(news.wait(), stop)
            news.clear()
            ended = pump.done()
            batch, chunks[:] = _joined(chunks), []
            if batch:
                yield batch
            if ended:
                pump.result()
                return
            await _pause(stop)
    finally:
        pump.cancel()
        await asyncio.gather(pump, return_exceptions=True)


async def _pump(engine: Engine, request: GenerationRequest, chunks: list[Chunk], news: asyncio.Event) -> None:
    async for chunk in engine.generate(request):
        chunks.append(chunk)
        news.set()


async def _pause(stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), TIME_STEP)
    except TimeoutError:
        return


def _joined(chunks: list[Chunk]) -> list[Chunk]:
    """Neighbouring texts as one, and of neighbouring prefill reports the last."""
    joined: list[Chunk] = []
    for chunk in chunks:
        last = joined[-1] if joined else None
        if isinstance(chunk, TextChunk) and isinstance(last, TextChunk):
            joined[-1] = replace(chunk, text=last.text + chunk.text)
        elif isinstance(chunk, Prefill) and isinstance(last, Prefill):
            joined[-1] = chunk
        else:
            joined.append(chunk)
    return joined
