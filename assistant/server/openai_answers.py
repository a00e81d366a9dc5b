"""Replies in OpenAI's words: chat completions and completions, whole and as streamed chunks."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from assistant.engine.api import GenerationStats

_FINISH = {"end": "stop", "stop": "stop", "cancelled": "stop", "length": "length", "context_full": "length"}


@dataclass(frozen=True)
class Answer:
    """The frame of one answer: its id, its time, and the model that gave it."""

    model: str
    chat: bool
    id: str = field(default_factory=lambda: secrets.token_hex(12))
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, text: str, stats: GenerationStats) -> dict[str, Any]:
        """The document of a reply that is complete."""
        if self.chat:
            choice: dict[str, Any] = {"message": {"role": "assistant", "content": text, "refusal": None}}
        else:
            choice = {"text": text}
        choice |= {"index": 0, "logprobs": None, "finish_reason": _FINISH[stats.stop_reason]}
        kind = "chat.completion" if self.chat else "text_completion"
        return self._frame(kind, [choice]) | {"usage": usage(stats)}

    def opening(self) -> dict[str, Any] | None:
        """The first chunk of a stream, where there is one."""
        if not self.chat:
            return None
        return self._chunk({"delta": {"role": "assistant", "content": ""}, "finish_reason": None})

    def piece(self, text: str) -> dict[str, Any]:
        """A chunk of text."""
        part = {"delta": {"content": text}} if self.chat else {"text": text}
        return self._chunk(part | {"finish_reason": None})

    def closing(self, stats: GenerationStats) -> dict[str, Any]:
        """The chunk that says why the reply ends."""
        part: dict[str, Any] = {"delta": {}} if self.chat else {"text": ""}
        return self._chunk(part | {"finish_reason": _FINISH[stats.stop_reason]})

    def counted(self, stats: GenerationStats) -> dict[str, Any]:
        """The chunk with the usage, for those who asked for it."""
        return self._frame(self._chunk_kind, []) | {"usage": usage(stats)}

    @property
    def _chunk_kind(self) -> str:
        return "chat.completion.chunk" if self.chat else "text_completion"

    def _chunk(self, choice: dict[str, Any]) -> dict[str, Any]:
        return self._frame(self._chunk_kind, [{"index": 0, "logprobs": None} | choice])

    def _frame(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        prefix = "chatcmpl" if self.chat else "cmpl"
        return {
            "id": f"{prefix}-{self.id}",
            "object": kind,
            "created": self.created,
            "model": self.model,
            "choices": choices,
        }


def usage(stats: GenerationStats) -> dict[str, Any]:
    """Token counts as OpenAI writes them."""
    return {
        "prompt_tokens": stats.prompt_tokens,
        "completion_tokens": stats.completion_tokens,
        "total_tokens": stats.prompt_tokens + stats.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": stats.cached_tokens},
    }
