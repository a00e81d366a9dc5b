"""Many replies in one batch against one by one, and against the ceiling that the cost of a batch sets.

The ceiling at n sequences is n × (time of a batch of one) / (time of a batch of n), measured bare in the same run.
"""

from __future__ import annotations

import statistics
import time

from assistant.engine.api import GenerationRequest, ModelSpec, Sampling, TextPrompt
from assistant.engine.blocking import BlockingEngine
from benchmarks.bare import Bare
from benchmarks.measure import starter_model, verdict

TOKENS = 48
ROUNDS = 3


def main() -> None:
    path = starter_model()
    with BlockingEngine() as engine:
        loaded = engine.load(ModelSpec(str(path), context_size=512))
        bare = Bare(path, loaded.threads, 512)
        alone = _rate(engine, 4, 1)
        print(f"one by one: {alone:.1f} tokens/s")
        for count in (8, 32):
            rates, ceilings = [], []
            for _ in range(ROUNDS):
                one, many = (min(bare.batch_seconds(n) for _ in range(5)) for n in (1, count))
                ceilings.append(count / many)
                rates.append(_rate(engine, count, count))
                print(
                    f"{count} sequences: {rates[-1]:.1f} tokens/s; bare {ceilings[-1]:.1f}, {count * one / many:.2f} × one"
                )
            share = statistics.median(rate / ceiling for rate, ceiling in zip(rates, ceilings, strict=True))
            verdict(f"{count} sequences, share of the ceiling", share, 0.9)
        bare.close()


def _rate(engine: BlockingEngine, count: int, parallel: int) -> float:
    """Tokens a second of `count` replies, short prompts, reading them not counted."""
    requests = [
        GenerationRequest(TextPrompt(f"{number}: "), TOKENS, Sampling(temperature=0.8, seed=number), stop=("\0",))
        for number in range(count)
    ]
    started = time.perf_counter()
    tokens = sum(reply.stats.completion_tokens for reply in engine.generate_many(requests, parallel) if reply.stats)
    return tokens / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
