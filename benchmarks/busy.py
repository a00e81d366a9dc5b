"""Decoding while people compile and test: one core kept busy by another process, against the idle machine."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from assistant.engine.api import GenerationRequest, ModelSpec, Sampling, TextPrompt
from assistant.engine.blocking import BlockingEngine
from benchmarks.measure import interleaved, median_ratio, starter_model, verdict

TOKENS = 96
ROUNDS = 5


def main() -> None:
    request = GenerationRequest(
        TextPrompt("Once upon a time there was a little girl who lived in"), TOKENS, Sampling(temperature=0)
    )
    with BlockingEngine() as engine:
        engine.load(ModelSpec(str(starter_model()), context_size=2048))

        def idle() -> float:
            time.sleep(0.5)
            stats = engine.reply(request)[1]
            return stats.completion_tokens / stats.decode_seconds

        def busy() -> float:
            other = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            try:
                return idle()
            finally:
                other.kill()
                other.wait()

        idle()
        figures = interleaved(ROUNDS, {"idle": idle, "one core busy": busy})
    for name, values in figures.items():
        print(f"{name}: {statistics.median(values):.1f} tokens/s")
    verdict("decode, one core busy / idle", median_ratio(figures["one core busy"], figures["idle"]), 0.4)


if __name__ == "__main__":
    main()
