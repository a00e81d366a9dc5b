"""The peer of `drafts`: llama-cpp-python's own LlamaPromptLookupDecoding, led through a given reply, in its own process.

Leading costs it nothing: `sample` answers the next token of the reply without looking at the logits.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

DEFAULT, BEST = (2, 10), (10, 31)
"""max_ngram_size and num_pred_tokens: as it comes, and the fastest; (2, 2), (4, 10), (4, 31) and (10, 63) are slower."""


class LookupPeer:
    """The child process, from outside; it sits idle between questions. All are led through `reply` after `prompt`."""

    def __init__(self, path: Path, threads: int, prompt: Sequence[int], reply: Sequence[int]) -> None:
        command = [sys.executable, "-m", "benchmarks.lookup_peer"]
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._tell({"path": str(path), "threads": threads, "prompt": list(prompt), "reply": list(reply)})

    def rate(self, ngram: int, draft: int, tokens: int = 0) -> float:
        """Tokens a second of the first `tokens` tokens of the reply, or of all, with these settings."""
        self._tell([ngram, draft, tokens])
        assert self._child.stdout is not None
        return float(self._child.stdout.readline())

    def close(self) -> None:
        self._child.kill()
        self._child.wait()

    def _tell(self, what: Any) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(what) + "\n")
        self._child.stdin.flush()


def main() -> None:
    import llama_cpp
    from llama_cpp.llama_speculative import LlamaPromptLookupDecoding

    task = json.loads(sys.stdin.readline())
    whole = [*task["prompt"], *task["reply"]]

    class Led(llama_cpp.Llama):
        def sample(self, *_: Any, idx: int | None = None, **__: Any) -> int:
            return int(whole[(self.n_tokens - 1 if idx is None else idx) + 1])

    model = Led(
        task["path"],
        n_ctx=-(-(len(whole) + 64) // 256) * 256,
        n_threads=task["threads"],
        n_threads_batch=task["threads"],
        logits_all=True,
        verbose=False,
    )
    for line in sys.stdin:
        ngram, draft, count = json.loads(line)
        model.draft_model = LlamaPromptLookupDecoding(ngram, draft)
        wanted = (count or len(task["reply"])) - 1
        tokens = model.generate(task["prompt"], temp=0.0)
        next(tokens)
        started = time.perf_counter()
        for _ in range(wanted - 1):
            next(tokens)
        print((wanted - 1) / (time.perf_counter() - started), flush=True)


if __name__ == "__main__":
    main()
