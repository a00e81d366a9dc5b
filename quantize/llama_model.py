"""A GGUF model in llama.cpp, as far as measuring needs it: tokens in, logits out.

Lives in child processes only (`child`). Generation for people is the business of `assistant.engine`.
"""

from __future__ import annotations

import ctypes
import os
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.ground.cores import allowed_cpus
from quantize.errors import QuantizeError

if TYPE_CHECKING:
    import numpy as np

CONTEXT = 512
"""Tokens of a text that are measured in one piece."""
_GGML_F32 = 0
_FLASH_ATTENTION_OFF = 0
_log_lines: deque[str] = deque(maxlen=400)
_kept: list[Any] = []


def library() -> Any:
    """llama.cpp's functions, with its log caught (`last_words`) instead of printed."""
    import llama_cpp

    if not _kept:

        @llama_cpp.llama_log_callback
        def catch(level: int, text: bytes, _: Any) -> None:
            _log_lines.append(text.decode("utf-8", "replace"))
            for listener in log_listeners:
                listener(_log_lines[-1])

        _kept.append(catch)
        llama_cpp.llama_log_set(catch, ctypes.c_void_p(0))
        llama_cpp.llama_backend_init()
    return llama_cpp


log_listeners: list[Any] = []
"""Called with each line of llama.cpp's log."""


def last_words() -> str:
    """The last error that llama.cpp logged, without its function's name."""
    lines = "".join(_log_lines).strip().splitlines()
    for line in reversed(lines):
        if "error" in line or "fail" in line or "invalid" in line:
            return line.split(": ", 1)[-1].strip()
    return lines[-1].strip() if lines else "no reason given"


def threads() -> int:
    """How many threads to compute with: the cores that this process may use."""
    return len(allowed_cpus())


class LlamaModel:
    """A loaded model with one context.

    Args:
        context: tokens that the context holds; 0 loads the vocabulary only.
        adapter: a LoRA in GGUF form to load beside it.
        exact: f32 for keys and values and no fused attention, so that only the weights differ between two models.
    """

    def __init__(
        self,
        path: Path,
        context: int,
        *,
        exact: bool = True,
        batch: int = 512,
        on_eval: Any = None,
        adapter: Path | None = None,
    ) -> None:
        self._api = api = library()
        params = api.llama_model_default_params()
        params.vocab_only = context == 0
        self._model = api.llama_model_load_from_file(os.fsencode(path), params)
        if not self._model:
            raise QuantizeError(f"llama.cpp cannot load {path}", last_words())
        self._vocab = api.llama_model_get_vocab(self._model)
        self.size = int(api.llama_vocab_n_tokens(self._vocab))
        self.trained_context = int(api.llama_model_n_ctx_train(self._model))
        self.parameters = int(api.llama_model_n_params(self._model))
        self.bytes = int(api.llama_model_size(self._model))
        self._context: Any = None
        if context:
            self._context = self._open_context(context, batch, exact, on_eval)
            self._batch = api.llama_batch_init(batch, 0, 1)
            if adapter is not None:
                self._load_adapter(adapter)

    def _load_adapter(self, path: Path) -> None:
        lora = self._api.llama_adapter_lora_init(self._model, os.fsencode(path))
        if not lora:
            raise QuantizeError(f"llama.cpp cannot load the adapter {path}", last_words())
        one = (self._api.llama_adapter_lora_p_ctypes * 1)(lora)
        self._api.llama_set_adapters_lora(self._context, one, 1, (ctypes.c_float * 1)(1.0))

    def _open_context(self, size: int, batch: int, exact: bool, on_eval: Any) -> Any:
        params = self._api.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = size, batch, batch
        params.n_threads = params.n_threads_batch = threads()
        if exact:
            params.type_k = params.type_v = _GGML_F32
            params.flash_attn_type = _FLASH_ATTENTION_OFF
        if on_eval is not None:
            params.cb_eval = on_eval
        context = self._api.llama_init_from_model(self._model, params)
        if not context:
            raise QuantizeError("llama.cpp cannot open a context", last_words())
        return context

    @property
    def adds_bos(self) -> bool:
        """Whether text begins with the beginning-of-text token."""
        return bool(self._api.llama_vocab_get_add_bos(self._vocab))

    @property
    def bos(self) -> int:
        """The beginning-of-text token, -1 when there is none."""
        return int(self._api.llama_vocab_bos(self._vocab))

    def tokenize(self, text: str, special: bool = False) -> list[int]:
        """Token ids of `text`, without beginning-of-text."""
        data = text.encode()
        ids = (ctypes.c_int32 * (len(data) + 8))()
        count = self._api.llama_tokenize(self._vocab, data, len(data), ids, len(ids), False, special)
        return list(ids[: max(count, 0)])

    def forget(self) -> None:
        """Empty the context."""
        self._api.llama_memory_clear(self._api.llama_get_memory(self._context), True)

    def logits(self, tokens: list[int], position: int) -> np.ndarray[Any, Any]:
        """Evaluate `tokens` from `position` on; the logits after each of them, [tokens, vocabulary], float32.

        The array is llama.cpp's own memory and is overwritten by the next call.
        """
        import numpy as np

        self._decode(tokens, position, every=True)
        pointer = self._api.llama_get_logits(self._context)
        return np.ctypeslib.as_array(pointer, shape=(len(tokens), self.size))

    def advance(self, tokens: list[int], position: int) -> None:
        """Evaluate `tokens`, with logits for the last one only."""
        self._decode(tokens, position, every=False)

    def _decode(self, tokens: list[int], position: int, every: bool) -> None:
        batch = self._batch
        batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            batch.token[i] = token
            batch.pos[i] = position + i
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = 0
            batch.logits[i] = every or i == len(tokens) - 1
        code = self._api.llama_decode(self._context, batch)
        if code != 0:
            raise QuantizeError("llama.cpp cannot evaluate the model", f"llama_decode gave {code}: {last_words()}")

    def close(self) -> None:
        """Free the model."""
        if self._context is not None:
            self._api.llama_batch_free(self._batch)
            self._api.llama_free(self._context)
        self._api.llama_model_free(self._model)
