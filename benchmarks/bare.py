"""The peer of the engine's benchmarks: bare `llama_decode` in a process of its own, no text, no accounts.

`decode` takes 256 tokens one after another, each the best by the logits (in C); `batch N D` computes N tokens at once,
behind D others.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

TOKENS = 256
PROMPT = (504, 253, 441, 355, 2306, 28, 665, 436, 253, 1165) * 3


class Bare:
    """The child process, from outside; it sits idle between questions."""

    def __init__(self, path: Path, threads: int, context_size: int) -> None:
        command = [sys.executable, "-m", "benchmarks.bare", str(path), str(threads), str(context_size)]
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def decode_rate(self) -> float:
        """Tokens a second, one after another."""
        return TOKENS / self._ask("decode")

    def batch_seconds(self, tokens: int, depth: int = len(PROMPT)) -> float:
        """Seconds that one batch of `tokens` takes behind `depth` others."""
        return self._ask(f"batch {tokens} {depth}")

    def decode_processor_seconds(self) -> float:
        """Processor seconds a token of the thread that decodes (all there is of it with one thread)."""
        started = processor_seconds(self._child.pid)
        self._ask("decode")
        return (processor_seconds(self._child.pid) - started) / TOKENS

    def close(self) -> None:
        self._child.kill()
        self._child.wait()

    def _ask(self, what: str) -> float:
        assert self._child.stdin is not None and self._child.stdout is not None
        self._child.stdin.write(what + "\n")
        self._child.stdin.flush()
        return float(self._child.stdout.readline())


def processor_seconds(pid: int) -> float:
    """What the main thread of a process has had of the processor so far (Linux)."""
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


def threads_seconds(pid: int) -> float:
    """What all threads of a process have had of the processor so far (Linux)."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text(encoding="ascii").split()[0]) for task in tasks) / 1e9


def tree_seconds(pid: int) -> float:
    """The same with all of its descendants."""
    children = [int(word) for path in Path(f"/proc/{pid}/task").glob("*/children") for word in path.read_text().split()]
    return threads_seconds(pid) + sum(map(tree_seconds, children))


class _Inside:
    """The child: the model and one context."""

    def __init__(self, path: str, threads: int, context_size: int) -> None:
        from assistant.engine.llama.bindings import Log, library

        self._log = Log()
        self._log.install()
        self._library: Any = library
        model = library.llama_model_load_from_file(path.encode(), library.llama_model_default_params())
        params = library.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = context_size, 256, 256
        params.n_threads = params.n_threads_batch = threads
        # The faster one on a CPU, and the one that the engine uses there.
        params.flash_attn_type = library.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.no_perf = True
        self._context = library.llama_init_from_model(model, params)
        self._greedy = library.llama_sampler_init_greedy()
        self._depth = 0

    def decode(self) -> float:
        library = self._library
        self._start()
        one = (ctypes.c_int32 * 1)(library.llama_sampler_sample(self._greedy, self._context, -1))
        batch = library.llama_batch_get_one(one, 1)
        started = time.perf_counter()
        for _ in range(TOKENS - 1):
            library.llama_decode(self._context, batch)
            one[0] = library.llama_sampler_sample(self._greedy, self._context, -1)
        return (time.perf_counter() - started) * TOKENS / (TOKENS - 1)

    def batch(self, count: int, depth: int) -> float:
        from assistant.engine.worker.kv_cache import Batch

        memory = self._library.llama_get_memory(self._context)
        if self._depth != depth:
            self._library.llama_memory_clear(memory, False)
            for start in range(0, depth, 256):
                batch = Batch(256)
                batch.add(0, start, [PROMPT[i % len(PROMPT)] for i in range(start, min(depth, start + 256))], 256)
                batch.decode(self._context)
            self._depth = depth
        self._library.llama_memory_seq_rm(memory, 0, depth, -1)
        batch = Batch(count)
        batch.add(0, depth, [PROMPT[i % len(PROMPT)] for i in range(count)], 0)
        started = time.perf_counter()
        batch.decode(self._context)
        self._library.llama_synchronize(self._context)
        return time.perf_counter() - started

    def _start(self) -> None:
        library = self._library
        library.llama_memory_clear(library.llama_get_memory(self._context), False)
        self._depth = 0
        array = (ctypes.c_int32 * len(PROMPT))(*PROMPT)
        library.llama_decode(self._context, library.llama_batch_get_one(array, len(PROMPT)))


def main(path: str, threads: int, context_size: int) -> None:
    inside = _Inside(path, threads, context_size)
    for line in sys.stdin:
        what, *sizes = line.split()
        print(inside.decode() if what == "decode" else inside.batch(*map(int, sizes)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
