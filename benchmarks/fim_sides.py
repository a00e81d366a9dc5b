"""Both sides of completion at the cursor, each asked as its editor asks: wizard-tui's Completer, and llama.vim's requests.

What they say and how long they take is noted here; when they are asked, and what of it is compared, `fim` says.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from assistant.completion.api import Completer, Habits, Suggestion
from assistant.engine.api import Chunk, GenerationRequest, GenerationStats, Prefill, TextChunk
from assistant.engine.client import EngineClient
from benchmarks.bare import threads_seconds
from benchmarks.fim_places import Gap
from benchmarks.llama_server import Peer

# What llama.vim asks for by default.
_LINES_BEFORE, _LINES_AFTER = 256, 64
_VIM: dict[str, Any] = {
    "n_predict": 128,
    "stop": [],
    "top_k": 40,
    "top_p": 0.90,
    "samplers": ["top_k", "top_p", "infill"],
    "stream": False,
    "cache_prompt": True,
    "t_max_prompt_ms": 500,
    "t_max_predict_ms": 250,
    "input_extra": [],
}


@dataclass
class Figures:
    """What one side did at each place."""

    seconds: list[float] = field(default_factory=list)
    """From the key to the first line, or to the knowledge that there is none."""
    processor: list[float] = field(default_factory=list)
    """Seconds that all threads had of the processor in that time; for ours those of the app too."""
    read: list[int] = field(default_factory=list)
    written: list[int] = field(default_factory=list)
    offered: list[bool] = field(default_factory=list)
    """Whether there was a line at all."""
    right: int = 0

    def note(self, seconds: float, processor: float, tokens: tuple[int, int], line: str, wanted: str) -> None:
        """Take one answer; its first line is right if it is the one that was taken away."""
        self.seconds.append(seconds)
        self.processor.append(processor)
        self.read.append(tokens[0])
        self.written.append(tokens[1])
        self.offered.append(bool(line.strip()))
        self.right += line.rstrip() == wanted


class CountingEngine(EngineClient):
    """An engine that notes how many tokens the last request read and wrote."""

    def __init__(self) -> None:
        super().__init__(remember=False)
        self.read = self.written = 0

    async def generate(self, request: GenerationRequest) -> AsyncIterator[Chunk]:
        """As its parent."""
        self.read = self.written = 0
        async for chunk in super().generate(request):
            match chunk:
                case Prefill():
                    self.read = chunk.total - chunk.cached
                case TextChunk():
                    self.written = chunk.tokens
                case GenerationStats():
                    self.written = chunk.completion_tokens
            yield chunk


class Ours:
    """wizard-tui: one Completer, as the editor panel drives it; the next suggestion is not prepared between places."""

    def __init__(self, engine: CountingEngine) -> None:
        self._engine = engine
        self._completer = Completer(engine, Habits(prepare_next=False, ring=0))

    async def rest(self, gap: Gap, seconds: float) -> None:
        """The cursor has come to the place before its last key, and rests there."""
        self._completer.prefetch(gap.before_key(), gap.cursor - 1, "file.py")
        await asyncio.sleep(seconds)

    async def key(self, gap: Gap, figures: Figures) -> None:
        """The last key of a place; time runs through the edit and its tree to the first line."""
        engine = self._engine
        shown: list[tuple[float, float]] = []

        def note() -> tuple[float, float]:
            return time.perf_counter(), time.process_time() + threads_seconds(engine.worker_pid or 0)

        def grows(_: Suggestion) -> None:
            shown.append(note())

        before = gap.before_key()
        engine.read = engine.written = 0
        started, had = note()
        document = before.edit(gap.cursor - 1, gap.cursor - 1, gap.key)
        found = await self._completer.suggest(document, gap.cursor, "file.py", grows, debounce=0)
        shown.append(note())
        # A line that was taken back again was none.
        at, busy = shown[0] if found is not None else shown[-1]
        line = found.text.split("\n")[0] if found is not None else ""
        figures.note(at - started, busy - had, (engine.read, engine.written), line, gap.wanted)

    async def close(self) -> None:
        """End what runs; the engine stays."""
        await self._completer.close()


class Vim:
    """llama.vim: it asks at keys in insert mode, at once, and remembers what it was told for the keys that follow."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._told = ("", 0, "")

    def key(self, gap: Gap, figures: Figures) -> None:
        """The last key of a place; time runs to the whole answer, since it is not streamed."""
        text, cursor, content = self._told
        is_next = (text, cursor) == (gap.before_key().text, gap.cursor - 1)
        started, had = time.perf_counter(), threads_seconds(self._peer.pid)
        if is_next and content.startswith(gap.key):
            content, tokens = content[1:], (0, 0)
        else:
            content, tokens = self._ask(gap)
        seconds, busy = time.perf_counter() - started, threads_seconds(self._peer.pid) - had
        self._told = (gap.text, gap.cursor, content)
        figures.note(seconds, busy, tokens, content.split("\n")[0], gap.wanted)

    def _ask(self, gap: Gap) -> tuple[str, tuple[int, int]]:
        before, after = gap.text[: gap.cursor].split("\n"), gap.text[gap.cursor :].split("\n")
        body = _VIM | {
            "input_prefix": "".join(line + "\n" for line in before[:-1][-_LINES_BEFORE:]),
            "prompt": before[-1],
            "input_suffix": "\n".join(after[: _LINES_AFTER + 1]) + "\n",
            "n_indent": len(before[-1]) - len(before[-1].lstrip()),
        }
        connection = self._peer.connection
        connection.request("POST", "/infill", json.dumps(body), {"Content-Type": "application/json"})
        answer = json.load(connection.getresponse())
        # As with llama.vim's curl, each request has a connection of its own.
        connection.close()
        return answer["content"], (answer["timings"]["prompt_n"], answer["timings"]["predicted_n"])
