"""Decoding while people compile and test: one core kept busy by another process, against the idle machine.

What it takes to give way (see `pace`) must cost nothing when nobody wants the core, so idle speed is compared with a
bare `llama_decode` loop, whose threads only spin, as well; that one beside a busy core is shown for comparison.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from assistant.engine.api import GenerationRequest, ModelSpec, Sampling, TextPrompt
from assistant.engine.blocking import BlockingEngine
from benchmarks.bare import Bare
from benchmarks.measure import interleaved, median_ratio, starter_model, verdict

TOKENS = 96
ROUNDS = 5


def main() -> None:
    request = GenerationRequest(
        TextPrompt("Once upon a time there was a little girl who lived in"),
        TOKENS,
        Sampling(temperature=0),
        drafts=False,
    )
    with BlockingEngine() as engine:
        loaded = engine.load(ModelSpec(str(starter_model()), context_size=2048))
        bare = Bare(starter_model(), loaded.threads, 2048)

        def ours() -> float:
            time.sleep(0.5)
            stats = engine.reply(request)[1]
            return (stats.completion_tokens - 1) / stats.decode_seconds

        def busy(side: Callable[[], float]) -> float:
            other = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            try:
                return side()
            finally:
                other.kill()
                other.wait()

        ours()
        bare.decode_rate()
        figures = interleaved(
            ROUNDS, {"idle": ours, "idle, bare loop": bare.decode_rate, "one core busy": lambda: busy(ours)}
        )
        spinning = busy(bare.decode_rate)
        bare.close()
    for name, values in figures.items():
        print(f"{name}: {statistics.median(values):.1f} tokens/s")
    print(f"one core busy, bare loop (once): {spinning:.1f} tokens/s")
    verdict("decode, one core busy / idle", median_ratio(figures["one core busy"], figures["idle"]), 0.4)
    verdict("decode on the idle machine / bare loop", median_ratio(figures["idle"], figures["idle, bare loop"]), 0.95)


if __name__ == "__main__":
    main()
