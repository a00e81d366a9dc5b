"""What one side sends, the other side reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine import protocol
from assistant.engine.api import (
    ChatMessage,
    ChatPrompt,
    EngineError,
    GenerationRequest,
    GenerationStats,
    InfillPrompt,
    ManyReply,
    ModelRefused,
    Prefill,
    PromptTooLong,
    Sampling,
    TextChunk,
    TextPrompt,
    TokenPrompt,
)

_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_PROMPTS = st.one_of(
    st.builds(TextPrompt, _TEXT, st.booleans()),
    st.builds(InfillPrompt, _TEXT, _TEXT),
    st.builds(TokenPrompt, st.lists(st.integers(0, 2**31 - 1)).map(tuple)),
    st.builds(
        ChatPrompt,
        st.lists(st.builds(ChatMessage, st.sampled_from(("system", "user", "assistant")), _TEXT)).map(tuple),
        _TEXT,
    ),
)


def _across(frame: protocol.Frame) -> protocol.Frame:
    data = protocol.pack(frame)
    length = protocol.frame_length(data[: protocol.HEADER_BYTES])
    assert length == len(data) - protocol.HEADER_BYTES
    return protocol.unpack(data[protocol.HEADER_BYTES :])


@given(_PROMPTS, st.lists(_TEXT).map(tuple), st.builds(Sampling, seed=st.none() | st.integers()), _TEXT)
def test_request_arrives_as_it_was(prompt: object, stop: tuple[str, ...], sampling: Sampling, old_text: str) -> None:
    request = GenerationRequest(prompt, 7, sampling, stop, old_text)  # type: ignore[arg-type]
    assert protocol.request_from_frame(_across(protocol.request_to_frame(request))) == request


@pytest.mark.parametrize(
    "chunk", [Prefill(1, 2, 0), TextChunk("é\n", 3, 0, 5, 2), GenerationStats("end", 1, 2, 3, 0.1, 0.2, 0.3)]
)
def test_chunk_arrives_as_it_was(chunk: object) -> None:
    frame = protocol.chunk_to_frame(chunk)  # type: ignore[arg-type]
    assert protocol.chunk_from_frame(_across(frame | {"id": 1})) == chunk


@pytest.mark.parametrize(
    "error", [PromptTooLong(9, 8), ModelRefused("what", "why", "hint"), EngineError("what"), ValueError("a bug")]
)
def test_error_arrives_as_a_sentence_of_its_kind(error: Exception) -> None:
    got = protocol.error_from_frame(_across(protocol.error_to_frame(error)))
    assert type(got) is (type(error) if isinstance(error, EngineError) else EngineError)
    assert str(error) in str(got)


def test_reply_of_many_arrives_with_its_accounts_or_its_error() -> None:
    for reply in (ManyReply(3, "text", GenerationStats("stop", 1, 2, 3, 0.0, 0.0, 0.0)), ManyReply(4, "", None)):
        assert protocol.many_reply_from_frame(_across(protocol.many_reply_to_frame(reply))) == reply
    refused = protocol.many_reply_from_frame(protocol.many_reply_to_frame(ManyReply(1, "", None, PromptTooLong(9, 8))))
    assert isinstance(refused.error, PromptTooLong)


def test_text_with_half_characters_is_sent_without_them() -> None:
    assert _across({"text": "a\ud800b"}) == {"text": "a?b"}


def test_bytes_that_are_no_frame_are_refused() -> None:
    with pytest.raises(ValueError, match="bytes"):
        protocol.frame_length(b"\xff\xff\xff\xff")
    with pytest.raises(ValueError, match="object"):
        protocol.unpack(b"[1]")
