"""An engine without a model: replays replies, records what it was asked, and crashes or stalls where told to."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from assistant.engine.api import (
    ChatMessage,
    ChatPrompt,
    Chunk,
    EngineCrashed,
    GenerationRequest,
    GenerationStats,
    InfillPrompt,
    LoadedModel,
    ModelSpec,
    Prefill,
    Prompt,
    PromptTooLong,
    StopReason,
    TextChunk,
    TextPrompt,
)

_MADE_UP_FOR = 0.05
"""Seconds."""
_PIECE = re.compile(r"\s*\S{1,6}|\s+")


@dataclass
class ScriptedEngine:
    """Answers each request by the next of `replies` (the last one again and again), a word at a time.

    Args:
        replies: what to say.
        context_size: in tokens; a token is a piece of up to six characters.
        seconds_per_token: one comes this often.
        crash_after: end like a dead worker after this many tokens of a reply; once, unless `crash_always`.
        load_error: raised by `load`.
    """

    replies: Sequence[str] = ("Hello.",)
    context_size: int = 8192
    seconds_per_token: float = 0.0
    seconds_to_load: float = 0.0
    crash_after: int | None = None
    crash_always: bool = False
    crash_why: str = "its process was killed"
    load_error: Exception | None = None
    requests: list[GenerationRequest] = field(default_factory=list)
    read_ahead: list[GenerationRequest] = field(default_factory=list)
    specs: list[ModelSpec] = field(default_factory=list)
    rewound: dict[int, int] = field(default_factory=dict)
    cancelled: int = 0
    closed: bool = False
    loaded: LoadedModel | None = None
    name: str = "Scripted 1B"

    async def load(self, spec: ModelSpec) -> LoadedModel:
        """Pretend to load `spec`."""
        self.specs.append(spec)
        await asyncio.sleep(self.seconds_to_load)
        if self.load_error is not None:
            raise self.load_error
        self.loaded = LoadedModel(
            path=spec.path,
            name=self.name,
            architecture="llama",
            parameters=1_000_000_000,
            bytes=600_000_000,
            context_size=self.context_size,
            trained_context_size=self.context_size,
            vocabulary_size=32_000,
            threads=2,
            gpu_layers=0,
            layers=24,
            device="CPU, 2 threads",
            chat_format="model's own template",
            infill=False,
            load_seconds=self.seconds_to_load,
        )
        return self.loaded

    async def generate(self, request: GenerationRequest) -> AsyncIterator[Chunk]:
        """Replay the next reply; a prompt that is only to be read ahead takes none."""
        prompt_tokens = await self.count_tokens(request.prompt)
        if request.max_tokens == 0:
            self.read_ahead.append(request)
            yield GenerationStats("length", prompt_tokens, 0, 0, 0.0, 0.0, 0.0)
            return
        self.requests.append(request)
        if prompt_tokens > self.context_size:
            raise PromptTooLong(prompt_tokens, self.context_size)
        reply = self.replies[min(len(self.requests), len(self.replies)) - 1]
        yield Prefill(prompt_tokens // 2, prompt_tokens, 0)
        yield Prefill(prompt_tokens, prompt_tokens, 0)
        done = 0
        stop: StopReason = "end"
        due = time.monotonic()
        try:
            said, waiting = "", _PIECE.findall(reply)
            while waiting:
                if (place := self.rewound.pop(id(request), None)) is not None:
                    taken_back, said = len(said) - place, said[:place]
                    waiting = _PIECE.findall(reply[place:])
                    yield TextChunk("", done, taken_back)
                piece = waiting.pop(0)
                said += piece
                # By the clock, so that waiting for a turn does not add up; what a long stall cost is not made up for.
                due = max(due, time.monotonic() - _MADE_UP_FOR) + self.seconds_per_token
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                if self.crash_after is not None and done >= self.crash_after:
                    self.crash_after = self.crash_after if self.crash_always else None
                    self.loaded = None
                    raise EngineCrashed("the model stopped in the middle of its reply", self.crash_why)
                if done >= request.max_tokens:
                    stop = "length"
                    break
                done += 1
                yield TextChunk(piece, done)
        except (GeneratorExit, asyncio.CancelledError):
            self.cancelled += 1
            raise
        yield GenerationStats(
            stop_reason=stop,
            prompt_tokens=prompt_tokens,
            cached_tokens=prompt_tokens // 2,
            completion_tokens=done,
            prefill_seconds=0.5,
            decode_seconds=done / 50 if done else 0.0,
            time_to_first_token=0.5,
        )

    def rewind(self, request: GenerationRequest, characters: int, keep_blanks: bool = True) -> None:
        """Say the rest of the reply once more from there."""
        self.rewound[id(request)] = characters

    async def tokenize(self, text: str, special: bool = False) -> Sequence[int]:
        """One id for each piece."""
        return [hash(piece) % 32_000 for piece in _PIECE.findall(text)]

    async def count_tokens(self, prompt: Prompt) -> int:
        """Pieces of all text, and four for each message's frame."""
        match prompt:
            case ChatPrompt(messages=messages):
                return sum(len(_PIECE.findall(m.content)) + 4 for m in messages)
            case TextPrompt(text=text):
                return len(_PIECE.findall(text))
            case InfillPrompt(prefix=prefix, suffix=suffix):
                return len(_PIECE.findall(prefix + suffix)) + 3
            case _:
                return len(prompt.tokens)

    async def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True

    def last_messages(self) -> tuple[ChatMessage, ...]:
        """The messages of the newest request."""
        prompt = self.requests[-1].prompt
        assert isinstance(prompt, ChatPrompt)
        return prompt.messages
