"""How the app and the worker talk: frames of JSON over two pipes, each after its length in four bytes.

Both sides use these functions and no other form; a frame that is not understood ends the worker, never the app.
Requests carry an `id` that the answers repeat; an answer has a `kind`: "progress", "text", "done", "rewound" (exactly
one for each rewind), "reply" (one of many), "answer" or "error".
"""

from __future__ import annotations

import dataclasses
import json
import struct
from collections.abc import Mapping
from typing import Any

from assistant.engine.api import (
    ChatMessage,
    ChatPrompt,
    Choice,
    Chunk,
    EngineError,
    GenerationRequest,
    GenerationStats,
    InfillPrompt,
    ManyReply,
    ModelRefused,
    ModelSpec,
    Prefill,
    Prompt,
    PromptTooLong,
    Sampling,
    TextChunk,
    TextPrompt,
    TokenPrompt,
)

Frame = dict[str, Any]
LARGEST_FRAME = 1 << 28
_LENGTH = struct.Struct("<I")
HEADER_BYTES = _LENGTH.size

_PROMPTS: dict[str, type[Prompt]] = {
    "chat": ChatPrompt,
    "text": TextPrompt,
    "infill": InfillPrompt,
    "tokens": TokenPrompt,
}
_PROMPT_NAMES: dict[type[Prompt], str] = {kind: name for name, kind in _PROMPTS.items()}
_CHUNKS: dict[str, type[Chunk]] = {
    "progress": Prefill,
    "text": TextChunk,
    "rewound": TextChunk,
    "done": GenerationStats,
}


def pack(frame: Mapping[str, Any]) -> bytes:
    """The bytes of one frame. Lone surrogates in texts become question marks: no tokenizer knows them."""
    data = json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return _LENGTH.pack(len(data)) + data


def frame_length(header: bytes) -> int:
    """Bytes of the frame that follows `header`.

    Raises:
        ValueError: no frame is that long, so this is not our protocol.
    """
    length = int(_LENGTH.unpack(header)[0])
    if length > LARGEST_FRAME:
        raise ValueError(f"a frame of {length} bytes")
    return length


def unpack(data: bytes) -> Frame:
    """The frame in `data` (without its length)."""
    frame = json.loads(data)
    if not isinstance(frame, dict):
        raise ValueError("a frame is an object")
    return frame


def prompt_to_frame(prompt: Prompt) -> Frame:
    """`prompt` as plain data."""
    return {"form": _PROMPT_NAMES[type(prompt)], **dataclasses.asdict(prompt)}


def prompt_from_frame(data: Frame) -> Prompt:
    """The prompt that `prompt_to_frame` took apart."""
    fields = dict(data)
    kind = _PROMPTS[fields.pop("form")]
    if kind is ChatPrompt:
        messages = tuple(ChatMessage(**message) for message in fields["messages"])
        return ChatPrompt(messages, fields["reply_start"])
    if kind is TokenPrompt:
        return TokenPrompt(tuple(fields["tokens"]))
    return kind(**fields)


def request_to_frame(request: GenerationRequest) -> Frame:
    """`request` as plain data."""
    rest = {field.name: getattr(request, field.name) for field in dataclasses.fields(request)}
    return rest | {
        "prompt": prompt_to_frame(request.prompt),
        "sampling": dataclasses.asdict(request.sampling),
        "choices": [dataclasses.asdict(choice) for choice in request.choices],
    }


def request_from_frame(data: Frame) -> GenerationRequest:
    """The request that `request_to_frame` took apart."""
    return GenerationRequest(
        **data
        | {
            "prompt": prompt_from_frame(data["prompt"]),
            "sampling": Sampling(**data["sampling"]),
            "stop": tuple(data["stop"]),
            "choices": tuple(Choice(c["after"], tuple(c["texts"]), c["end"]) for c in data["choices"]),
        }
    )


def spec_from_frame(data: Frame) -> ModelSpec:
    """A model spec from plain data (`dataclasses.asdict` is the way there)."""
    adapters = tuple((str(path), float(weight)) for path, weight in data["adapters"])
    return ModelSpec(**data | {"adapters": adapters})


def chunk_to_frame(chunk: Chunk) -> Frame:
    """`chunk` as plain data, its kind included."""
    kind = next(name for name, type_ in _CHUNKS.items() if type_ is type(chunk))
    return {"kind": kind, **vars(chunk)}


def chunk_from_frame(frame: Frame) -> Chunk | None:
    """The chunk in an answer, or None when the answer is of another kind."""
    kind = _CHUNKS.get(frame["kind"])
    if kind is None:
        return None
    return kind(**{key: value for key, value in frame.items() if key not in ("kind", "id")})


def rewound_to_frame(chunk: TextChunk) -> Frame:
    """The answer to a rewind; `chunk` has no text, and says how many tokens stand (-1: there is no such reply)."""
    return {**chunk_to_frame(chunk), "kind": "rewound"}


def many_reply_to_frame(reply: ManyReply) -> Frame:
    """One of many replies as plain data."""
    stats = vars(reply.stats) if reply.stats is not None else None
    error = error_to_frame(reply.error) if reply.error is not None else None
    return {"kind": "reply", "index": reply.index, "text": reply.text, "stats": stats, "error": error}


def many_reply_from_frame(frame: Frame) -> ManyReply:
    """The reply that `many_reply_to_frame` took apart."""
    stats = GenerationStats(**frame["stats"]) if frame["stats"] is not None else None
    error = error_from_frame(frame["error"]) if frame["error"] is not None else None
    return ManyReply(frame["index"], frame["text"], stats, error)


def error_to_frame(error: Exception) -> Frame:
    """An error for the other side: the sentence's parts, and which kind it was."""
    frame: Frame = {"kind": "error", "type": type(error).__name__}
    if isinstance(error, PromptTooLong):
        return frame | {"tokens": error.tokens, "context_size": error.context_size, "at_least": error.at_least}
    if isinstance(error, EngineError):
        return frame | {"what": error.what, "why": error.why, "hint": error.hint}
    return frame | {"type": "EngineError", "what": "the engine failed", "why": f"{type(error).__name__}: {error}"}


def error_from_frame(frame: Frame) -> EngineError:
    """The error that the other side met."""
    if frame["type"] == "PromptTooLong":
        return PromptTooLong(frame["tokens"], frame["context_size"], frame["at_least"])
    kind = ModelRefused if frame["type"] == "ModelRefused" else EngineError
    return kind(frame["what"], frame.get("why", ""), frame.get("hint", ""))
