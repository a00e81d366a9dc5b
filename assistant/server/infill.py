"""llama.cpp's /infill: the gap at a cursor, as llama.vim and llama.vscode ask for it.

Snippets from elsewhere stand before the prefix; what does not fit is cut at line ends far from the cursor. The reply
ends early where the client says that it has waited long enough, or where a line leaves the cursor's block.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from assistant.config import Config
from assistant.engine.api import Engine, GenerationRequest, GenerationStats, InfillPrompt, LoadedModel
from assistant.server.guard import Refusal
from assistant.server.wishes import InfillWish

# Of what fits: this share for the text before the cursor, the rest for the text after it.
_BEFORE_SHARE = 0.75
# Tokens for the layout's own marks.
MARGIN = 16
_DEFAULT_TOKENS = 128
_SNIPPET = "\n\n--- snippet ---\n\n"
_SNIPPETS_SHARE = 0.5


async def infill_request(wish: InfillWish, engine: Engine, loaded: LoadedModel, config: Config) -> GenerationRequest:
    """The generation that a client asks for, cut to the model's context.

    Raises:
        Refusal: the model does not fill in the middle, or the reply alone would fill the context.
    """
    if not loaded.infill:
        raise Refusal(400, f"{loaded.name} does not fill in the middle; a model with FIM does", "not_supported_error")
    tokens = wish.n_predict if wish.n_predict >= 0 else _DEFAULT_TOKENS
    room = loaded.context_size - max(tokens, 1) - MARGIN
    if room < 2 * MARGIN:
        raise Refusal(400, f"n_predict is too large for a context of {loaded.context_size:,} tokens")
    prompt = await fit(engine, InfillPrompt(wish.input_prefix + wish.prompt, wish.input_suffix), room)
    prompt = await _with_snippets(wish, engine, prompt, room)
    # The settings' penalty for repeated words is for prose; code repeats itself rightly.
    penalty = 1.0 if wish.repeat_penalty is None else wish.repeat_penalty
    sampling = wish.model_copy(update={"repeat_penalty": penalty}).sampling(config)
    return GenerationRequest(prompt, max(tokens, 1), sampling, wish.stops())


async def fit(engine: Engine, prompt: InfillPrompt, room: int) -> InfillPrompt:
    """The prompt, cut at line ends far from the cursor until it takes `room` tokens at most."""
    before, after = prompt.prefix, prompt.suffix
    while (count := await engine.count_tokens(InfillPrompt(before, after))) > room and before + after:
        keep = int((len(before) + len(after)) * room / count * 0.95)
        keep_after = min(len(after), max(int(keep * (1 - _BEFORE_SHARE)), keep - len(before)))
        keep_before = min(len(before), keep - keep_after)
        before, after = _tail(before, keep_before), _head(after, keep_after)
    return InfillPrompt(before, after)


async def _with_snippets(wish: InfillWish, engine: Engine, prompt: InfillPrompt, room: int) -> InfillPrompt:
    """The prompt with as many snippets before it as half of the free room holds, the last ones first."""
    free = (room - await engine.count_tokens(prompt)) * _SNIPPETS_SHARE
    chosen = ""
    for snippet in reversed(wish.input_extra):
        text = f"{_SNIPPET}{snippet.text}"
        free -= len(await engine.tokenize(text))
        if free < 0:
            break
        chosen = text + chosen
    return InfillPrompt(chosen + "\n" + prompt.prefix, prompt.suffix) if chosen else prompt


def ending(wish: InfillWish) -> Callable[[str], str | None]:
    """Says, given the reply so far, with what text it ends now; None while it goes on."""
    started = 0.0

    def end(text: str) -> str | None:
        nonlocal started
        started = started or time.monotonic()
        if wish.n_indent:
            at = _leaves_block(text, wish.n_indent)
            if at is not None:
                return text[:at]
        late = (time.monotonic() - started) * 1000 > wish.t_max_predict_ms > 0
        return text if late and "\n" in text else None

    return end


def answer(text: str, stats: GenerationStats, loaded: LoadedModel, model: str, stopped: bool = True) -> dict[str, Any]:
    """A whole reply, or the last piece of a streamed one, as llama.cpp writes it."""
    read = stats.prompt_tokens - stats.cached_tokens
    return {
        "content": text,
        "stop": stopped,
        "model": model,
        "tokens_predicted": stats.completion_tokens,
        "tokens_evaluated": stats.prompt_tokens,
        "tokens_cached": stats.prompt_tokens + stats.completion_tokens,
        "truncated": stats.stop_reason == "context_full",
        "stop_type": {"length": "limit", "context_full": "limit", "stop": "word"}.get(stats.stop_reason, "eos"),
        "generation_settings": {"n_ctx": loaded.context_size},
        "timings": {
            "cache_n": stats.cached_tokens,
            "prompt_n": read,
            "prompt_ms": stats.prefill_seconds * 1000,
            "prompt_per_second": read / stats.prefill_seconds if stats.prefill_seconds else 0.0,
            "predicted_n": stats.completion_tokens,
            "predicted_ms": stats.decode_seconds * 1000,
            "predicted_per_second": stats.completion_tokens / stats.decode_seconds if stats.decode_seconds else 0.0,
        },
    }


def _leaves_block(text: str, indent: int) -> int | None:
    """Where the first line after the first one begins that stands less far in than `indent`."""
    at = text.find("\n") + 1
    while at:
        end = text.find("\n", at)
        line = text[at:] if end < 0 else text[at:end]
        if line.strip() and len(line) - len(line.lstrip(" \t")) < indent:
            return at
        at = end + 1
    return None


def _tail(text: str, size: int) -> str:
    if len(text) <= size:
        return text
    cut = text[len(text) - size :]
    return cut[cut.find("\n") + 1 :] if "\n" in cut else cut


def _head(text: str, size: int) -> str:
    if len(text) <= size:
        return text
    cut = text[:size]
    return cut[: cut.rfind("\n") + 1] if "\n" in cut else cut
