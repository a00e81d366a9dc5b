"""Drafts from the old text: a long reply that repeats a text with small changes, and one that repeats nothing.

What the model will write is generated first, without a draft; then the old text is that with a line changed in every
forty tokens or so, as an edit would have it, so the result does not depend on how well the model follows orders. The
ceiling is the best of k × (batch of one) / (batch of k) over the batch sizes, measured bare in the same run.
"""

from __future__ import annotations

import statistics
import time

from assistant.engine.api import GenerationRequest, GenerationStats, ModelSpec, Sampling, TextPrompt
from assistant.engine.blocking import BlockingEngine
from benchmarks.bare import Bare
from benchmarks.measure import starter_model, verdict

TOKENS = 400
ROUNDS = 3
GREEDY = Sampling(temperature=0)
PROMPT = (
    '"""Arithmetic."""\n\n\ndef add(a, b):\n    """Add two numbers."""\n    return a + b\n\n\ndef subtract(a, b):\n'
)
STORY = "Once upon a time, in a small village by the sea, there lived an old clockmaker who"


def main() -> None:
    path = starter_model()
    with BlockingEngine() as engine:
        loaded = engine.load(ModelSpec(str(path), context_size=2048))
        time.sleep(8)
        text, _ = engine.reply(GenerationRequest(TextPrompt(PROMPT), TOKENS, GREEDY))
        lines = text.splitlines(keepends=True)
        old_text = "".join("    # an older line\n" if i % 12 == 6 else line for i, line in enumerate(lines))
        bare = Bare(path, loaded.threads, 512)
        gains, ceilings, chats = [], [], []
        for _ in range(ROUNDS):
            cost = {k: min(bare.batch_seconds(k) for _ in range(5)) for k in (1, 8, 16, 32)}
            ceilings.append(max(k * cost[1] / seconds for k, seconds in cost.items()))
            plain, drafted = bare.decode_rate(), _run(engine, PROMPT, old_text)
            gains.append(_rate(drafted) / plain)
            print(
                f"edit: {_rate(drafted):.1f} tokens/s, plain {plain:.1f}; {drafted.accepted_tokens} of "
                f"{drafted.drafted_tokens} drafted tokens stood; ceiling {ceilings[-1]:.2f}"
            )
            chats.append(_rate(_run(engine, STORY, "")) / plain)
        bare.close()
    verdict("edit, drafted / plain", statistics.median(gains), 1.5)
    verdict("edit, share of the ceiling", statistics.median(g / c for g, c in zip(gains, ceilings, strict=True)), 0.85)
    verdict("free text, drafting allowed / plain", statistics.median(chats), 0.97)


def _run(engine: BlockingEngine, prompt: str, old_text: str) -> GenerationStats:
    return engine.reply(GenerationRequest(TextPrompt(prompt), TOKENS, GREEDY, old_text=old_text))[1]


def _rate(stats: GenerationStats) -> float:
    return (stats.completion_tokens - 1) / stats.decode_seconds


if __name__ == "__main__":
    main()
