"""llama.cpp's /infill: the gap at a cursor, as llama.vim and llama.vscode ask for it.

Snippets from elsewhere stand before the prefix; what does not fit is cut at line ends far from the cursor. The reply
ends early where the client says that it has waited long enough, or where a line leaves the cursor's block.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from assistant.completion.fit import again, fit, without_touched
from assistant.config import Config
from assistant.engine.api import (
    Engine,
    GenerationRequest,
    GenerationStats,
    InfillPrompt,
    LoadedModel,
    TextPrompt,
    completion_size,
)
from assistant.server.guard import Refusal
from assistant.server.wishes import InfillWish

# Tokens for the layout's own marks.
_MARGIN = 16
_DEFAULT_TOKENS = 128
_SNIPPET = "\n\n--- snippet ---\n\n"
_SNIPPETS_SHARE = 0.5
_NOTHING = object()


@dataclass(frozen=True)
class Asked:
    """The generation that a client asks for; its reply begins with `held`, which the client has already.

    `held_tokens` are written for it on top of what the client asks for.
    """

    request: GenerationRequest
    held: str
    held_tokens: int


async def infill_request(wish: InfillWish, engine: Engine, loaded: LoadedModel, config: Config) -> Asked:
    """The generation that a client asks for, cut to the model's context.

    What stands left of the cursor on its line is the beginning of the middle, so that a key press costs one new token.

    Raises:
        Refusal: the model does not fill in the middle, its context is tiny, or more is asked for than one reply.
    """
    if not loaded.infill:
        raise Refusal(400, f"{loaded.name} does not fill in the middle; a model with FIM does", "not_supported_error")
    wish.refuse_unknown()
    tokens = wish.n_predict if wish.n_predict >= 0 else _DEFAULT_TOKENS
    # A grammar says what stands behind the cursor, so that nothing left of it can be written again.
    middle, touched = (wish.prompt, "") if wish.grammar else without_touched(wish.prompt)
    held = touched if tokens else ""
    held_tokens = len(await engine.tokenize(held)) if held else 0
    tokens += held_tokens
    limit = completion_size(loaded.context_size)
    # A client that sets no bound to the reply still wants its file read.
    room = limit - min(tokens, limit // 2) - _MARGIN
    if room < _MARGIN:
        raise Refusal(400, f"a context of {loaded.context_size:,} tokens is too small for this")
    # The end of a line that is too long for the context is enough of it.
    middle = middle[-room:]
    prompt = await fit(engine.count_tokens, InfillPrompt(wish.input_prefix, wish.input_suffix, middle), room)
    prompt = await _with_snippets(wish, engine, prompt, room)
    choices = (again(held),) if held else ()
    request = GenerationRequest(prompt, tokens, wish.sampling(config), wish.stops(), choices=choices)
    return Asked(request, held, held_tokens)


async def _with_snippets(wish: InfillWish, engine: Engine, prompt: InfillPrompt, room: int) -> InfillPrompt:
    """The prompt with as many snippets before it as half of the free room holds, the last ones first."""
    if not wish.input_extra:
        return prompt
    free = (room - await engine.count_tokens(prompt)) * _SNIPPETS_SHARE
    chosen = ""
    for snippet in reversed(wish.input_extra):
        text = f"{_SNIPPET}{snippet.text}"
        free -= await engine.count_tokens(TextPrompt(text))
        if free < 0:
            break
        chosen = text + chosen
    return replace(prompt, prefix=f"{chosen}\n{prompt.prefix}") if chosen else prompt


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


def answer(text: str, stats: GenerationStats, held_tokens: int, loaded: LoadedModel, model: str) -> dict[str, Any]:
    """A whole reply, or the last piece of a streamed one, as llama.cpp writes it; what was held counts as nothing."""
    read, written = stats.prompt_tokens - stats.cached_tokens, max(0, stats.completion_tokens - held_tokens)
    return {
        "content": text,
        "stop": True,
        "model": model,
        "index": 0,
        "tokens_predicted": written,
        "tokens_evaluated": stats.prompt_tokens,
        "tokens_cached": stats.prompt_tokens + stats.completion_tokens,
        "truncated": stats.stop_reason == "context_full",
        "stop_type": {"length": "limit", "context_full": "limit", "stop": "word"}.get(stats.stop_reason, "eos"),
        "generation_settings": {"n_ctx": loaded.context_size},
        "timings": {
            "cache_n": stats.cached_tokens,
            "prompt_n": read,
            "prompt_ms": stats.prefill_seconds * 1000,
            "prompt_per_token_ms": stats.prefill_seconds * 1000 / read if read else 0.0,
            "prompt_per_second": read / stats.prefill_seconds if stats.prefill_seconds else 0.0,
            "predicted_n": written,
            "predicted_ms": stats.decode_seconds * 1000,
            "predicted_per_token_ms": stats.decode_seconds * 1000 / written if written else 0.0,
            "predicted_per_second": written / stats.decode_seconds if stats.decode_seconds else 0.0,
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


def only(fields: list[str], document: dict[str, Any]) -> dict[str, Any]:
    """The values at paths such as `timings/prompt_n`, each under its path; the whole document without fields."""
    if not fields:
        return document
    found: dict[str, Any] = {}
    for path in fields:
        value: Any = document
        for key in path.split("/"):
            value = value.get(key, _NOTHING) if isinstance(value, dict) else _NOTHING
        if value is not _NOTHING:
            found[path] = value
    return found
