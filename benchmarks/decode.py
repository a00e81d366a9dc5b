"""Decoding through worker, pipe and client against a bare `llama_decode` loop in a process of its own.

Same file, threads, context and prompt; 256 tokens, greedy, no drafts. Both sit idle while the other runs; rounds are
interleaved. On a machine that others use too, the bare loop suffers more (its threads spin), so look at "best" there.
"""

from __future__ import annotations

import statistics

from assistant.engine.api import GenerationRequest, ModelSpec, Sampling, TokenPrompt
from assistant.engine.blocking import BlockingEngine
from benchmarks.bare import PROMPT, TOKENS, Bare
from benchmarks.measure import interleaved, median_ratio, starter_model, verdict

ROUNDS = 9


def main() -> None:
    path = starter_model()
    with BlockingEngine() as engine:
        loaded = engine.load(ModelSpec(str(path), context_size=2048))
        request = GenerationRequest(TokenPrompt(PROMPT), TOKENS, Sampling(temperature=0))
        bare = Bare(path, loaded.threads, loaded.context_size)

        def ours() -> float:
            stats = engine.reply(request)[1]
            assert stats.completion_tokens == TOKENS, "the reply ended early"
            return (TOKENS - 1) / stats.decode_seconds

        interleaved(1, {"ours": ours, "bare": bare.decode_rate})
        figures = interleaved(ROUNDS, {"ours": ours, "bare": bare.decode_rate})
        bare.close()
    for name, values in figures.items():
        print(f"{name}: {statistics.median(values):.1f} tokens/s (best {max(values):.1f})")
    verdict("decode, engine / bare loop, median of rounds", median_ratio(figures["ours"], figures["bare"]), 0.97)
    verdict("decode, engine / bare loop, best of rounds", max(figures["ours"]) / max(figures["bare"]), 0.97)


if __name__ == "__main__":
    main()
