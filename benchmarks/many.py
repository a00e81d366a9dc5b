"""Many replies in one batch against the ceiling that the cost of a batch sets.

The ceiling at n sequences is n x (one token by itself) / (a batch of n), both measured bare in the same run behind as
many tokens as a reply of ours has in its middle; ours is what the whole of `generate_many` takes, prompts and setting
up included. The story that all of them go on with is one that the model does not end early: an empty place in a batch is
no matter of the engine's.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time

from assistant.engine.api import GenerationRequest, ModelSpec, Sampling, TextPrompt
from assistant.engine.blocking import BlockingEngine
from benchmarks.bare import Bare
from benchmarks.floor import measure_floor
from benchmarks.measure import interleaved, median_ratio, starter_model, verdict

TOKENS = 128
STORY = TextPrompt("Once upon a time, in a small village by the sea, there lived an old clockmaker who")
ROUNDS = 3


def main() -> None:
    os.environ["WIZARD_HOME"] = tempfile.mkdtemp()
    path = starter_model()
    with BlockingEngine() as engine:
        loaded = engine.load(ModelSpec(str(path), context_size=512))
        bare = Bare(path, loaded.threads, 512)
        depth = len(engine.tokenize(STORY.text)) + TOKENS // 2

        def bare_rate(size: int) -> float:
            return size / statistics.median(bare.batch_seconds(size, depth) for _ in range(9))

        def one_by_one() -> float:
            stats = engine.reply(_request(0))[1]
            return (stats.completion_tokens - 1) / stats.decode_seconds

        one_by_one()
        floor = measure_floor()
        for count in (8, 32):
            figures = interleaved(
                ROUNDS,
                {
                    "bare, one": lambda: bare_rate(1),
                    "one by one": one_by_one,
                    "bare, batch": lambda count=count: bare_rate(count),  # type: ignore[misc]
                    "many": lambda count=count: _rate(engine, count),  # type: ignore[misc]
                },
            )
            middle = {name: statistics.median(values) for name, values in figures.items()}
            print(f"{count} sequences: " + ", ".join(f"{name} {rate:.1f} tokens/s" for name, rate in middle.items()))
            print(
                f"  gain {middle['many'] / middle['one by one']:.2f}, ceiling {middle['bare, batch'] / middle['bare, one']:.2f}"
            )
            print(f"  {floor.beside(f'a token for each of {count}', count / middle['many'], loaded, count)}")
            verdict(
                f"{count} sequences, tokens/s / bare batches",
                median_ratio(figures["many"], figures["bare, batch"]),
                0.9,
            )
        bare.close()


def _request(number: int) -> GenerationRequest:
    return GenerationRequest(STORY, TOKENS, Sampling(temperature=0.8, seed=number), drafts=False)


def _rate(engine: BlockingEngine, count: int) -> float:
    """Tokens a second, `count` at a time."""
    requests = [_request(number) for number in range(count)]
    started = time.perf_counter()
    tokens = sum(reply.stats.completion_tokens for reply in engine.generate_many(requests, count) if reply.stats)
    return tokens / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
