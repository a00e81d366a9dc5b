"""Decoding through worker, pipe and client against a bare `llama_decode` loop in a process of its own.

Same file, threads, context and prompt; 256 tokens, greedy. The bare loop only decodes and takes the best token in C:
no text, no stop strings, no accounts. Both sit idle while the other runs; rounds are interleaved.
"""

from __future__ import annotations

import ctypes
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from assistant.engine.api import GenerationRequest, ModelSpec, Sampling, TokenPrompt
from assistant.engine.blocking import BlockingEngine
from benchmarks.measure import interleaved, median_ratio, starter_model, verdict

TOKENS = 256
ROUNDS = 9
PROMPT = (504, 253, 441, 355, 2306, 28, 665, 436, 253, 1165) * 3


class BareLoop:
    """The peer: a child process that answers each line with the seconds that 256 tokens took."""

    def __init__(self, path: Path, threads: int, context_size: int) -> None:
        command = [sys.executable, "-m", "benchmarks.decode", str(path), str(threads), str(context_size)]
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def run(self) -> float:
        """Tokens a second of one round."""
        assert self._child.stdin is not None and self._child.stdout is not None
        self._child.stdin.write("go\n")
        self._child.stdin.flush()
        return TOKENS / float(self._child.stdout.readline())

    def close(self) -> None:
        self._child.kill()
        self._child.wait()


def bare_loop(path: str, threads: int, context_size: int) -> None:
    """The child: load once, then decode on demand."""
    from assistant.engine.bindings import Log, library

    Log().install()
    model = library.llama_model_load_from_file(path.encode(), library.llama_model_default_params())
    params = library.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_ubatch = context_size, 256, 256
    params.n_threads = params.n_threads_batch = threads
    params.flash_attn_type = library.LLAMA_FLASH_ATTN_TYPE_AUTO
    params.no_perf = True
    context = library.llama_init_from_model(model, params)
    greedy = library.llama_sampler_init_greedy()
    for _ in sys.stdin:
        library.llama_memory_clear(library.llama_get_memory(context), False)
        _decode(library, context, list(PROMPT))
        token = library.llama_sampler_sample(greedy, context, -1)
        one = (ctypes.c_int32 * 1)(token)
        batch = library.llama_batch_get_one(one, 1)
        started = time.perf_counter()
        for _ in range(TOKENS - 1):
            library.llama_decode(context, batch)
            one[0] = library.llama_sampler_sample(greedy, context, -1)
        print((time.perf_counter() - started) * TOKENS / (TOKENS - 1), flush=True)


def _decode(library: Any, context: Any, tokens: list[int]) -> None:
    array = (ctypes.c_int32 * len(tokens))(*tokens)
    library.llama_decode(context, library.llama_batch_get_one(array, len(tokens)))


def main() -> None:
    path = starter_model()
    with BlockingEngine() as engine:
        loaded = engine.load(ModelSpec(str(path), context_size=2048))
        request = GenerationRequest(TokenPrompt(PROMPT), TOKENS, Sampling(temperature=0))
        bare = BareLoop(path, loaded.threads, loaded.context_size)

        def ours() -> float:
            stats = engine.reply(request)[1]
            assert stats.completion_tokens == TOKENS, "the reply ended early"
            return (TOKENS - 1) / stats.decode_seconds

        interleaved(1, {"ours": ours, "bare": bare.run})
        figures = interleaved(ROUNDS, {"ours": ours, "bare": bare.run})
        bare.close()
    for name, values in figures.items():
        print(f"{name}: {statistics.median(values):.1f} tokens/s (best {max(values):.1f})")
    verdict("decode, engine / bare loop", median_ratio(figures["ours"], figures["bare"]), 0.97)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        bare_loop(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
