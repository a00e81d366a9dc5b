"""Decoding through worker, pipe and client against a bare `llama_decode` loop in a process of its own.

Same file, threads, context and prompt; 256 tokens. The bare loop takes the best token; ours samples, because the small
model's greedy text repeats itself and would be drafted, which is another benchmark's business (`drafts`). Both sit idle while the other runs; rounds are
interleaved. On a machine that others use too, wall times say little (the bare loop's threads spin, ours step back), so
the processor time of the decoding thread is compared as well, with one thread on each side; both read the prompt again.
"""

from __future__ import annotations

import statistics
import sys

from assistant.engine.api import GenerationRequest, ModelSpec, Sampling, TextPrompt, TokenPrompt
from assistant.engine.blocking import BlockingEngine
from benchmarks.bare import PROMPT, TOKENS, Bare, processor_seconds
from benchmarks.floor import measure_floor
from benchmarks.measure import interleaved, median_ratio, starter_model, verdict

ROUNDS = 9
SAMPLING = Sampling(temperature=1.0, seed=11)


def main() -> None:
    wall_time()
    if sys.platform.startswith("linux"):
        processor_time()


def processor_time() -> None:
    path = starter_model()
    with BlockingEngine() as engine:
        engine.load(ModelSpec(str(path), context_size=2048, threads=1))
        worker = engine.worker_pid or 0
        bare = Bare(path, 1, 2048)

        def ours() -> float:
            engine.reply(GenerationRequest(TextPrompt("x"), 1))
            started = processor_seconds(worker)
            stats = engine.reply(GenerationRequest(TokenPrompt(PROMPT), TOKENS, SAMPLING))[1]
            return (processor_seconds(worker) - started) / stats.completion_tokens

        interleaved(1, {"ours": ours, "bare": bare.decode_processor_seconds})
        figures = interleaved(ROUNDS // 2, {"ours": ours, "bare": bare.decode_processor_seconds})
        bare.close()
    for name, values in figures.items():
        print(f"{name}: {statistics.median(values) * 1000:.3f} ms of processor time a token, one thread")
    verdict("decode, processor time, bare loop / engine", median_ratio(figures["bare"], figures["ours"]), 0.97)


def wall_time() -> None:
    path = starter_model()
    with BlockingEngine() as engine:
        loaded = engine.load(ModelSpec(str(path), context_size=2048))
        request = GenerationRequest(TokenPrompt(PROMPT), TOKENS, SAMPLING)
        bare = Bare(path, loaded.threads, loaded.context_size)

        def ours() -> float:
            stats = engine.reply(request)[1]
            return (stats.completion_tokens - 1) / stats.decode_seconds

        interleaved(1, {"ours": ours, "bare": bare.decode_rate})
        figures = interleaved(ROUNDS, {"ours": ours, "bare": bare.decode_rate})
        bare.close()
    for name, values in figures.items():
        print(f"{name}: {statistics.median(values):.1f} tokens/s (best {max(values):.1f})")
    print(measure_floor().beside("engine, a token", 1 / statistics.median(figures["ours"]), loaded))
    verdict("decode, engine / bare loop, median of rounds", median_ratio(figures["ours"], figures["bare"]), 0.97)
    verdict("decode, engine / bare loop, best of rounds", max(figures["ours"]) / max(figures["bare"]), 0.97)


if __name__ == "__main__":
    main()
