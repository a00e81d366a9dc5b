"""How long the engine is still busy after a cancel: while it reads ahead, while it reads a question, while it writes.

From the moment that the app closes a reply until the worker has answered the next thing that it is asked. A reply is
cancelled at a random moment, the prompts have nothing in common, and nothing is cached.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import tempfile
import time

from assistant.engine.api import GenerationRequest, ModelSpec, Sampling, TextPrompt
from assistant.engine.client import EngineClient
from benchmarks.measure import starter_model, verdict

ROUNDS = 100
KINDS = {"reading ahead": (0, "word"), "reading a question": (8, "word"), "writing": (400, "")}
MILLISECONDS = 5.0


def main() -> None:
    os.environ["WIZARD_HOME"] = tempfile.mkdtemp()
    asyncio.run(_main())


async def _main() -> None:
    client = EngineClient()
    await client.load(ModelSpec(str(starter_model()), context_size=4096))
    chance = random.Random(3)
    try:
        for kind, (tokens, word) in KINDS.items():
            taken = []
            for number in range(ROUNDS):
                words = f"{number} " + " ".join(f"{word}{chance.randrange(1000)}" for _ in range(700 if word else 4))
                request = GenerationRequest(TextPrompt(words), tokens, Sampling(temperature=1.0))
                taken.append(await _cancelled(client, request, chance.uniform(0.1, 0.5)))
            taken.sort()
            p95 = taken[int(0.95 * len(taken))]
            print(f"{kind}: free after {statistics.median(taken):.1f} ms, 95 of 100 times within {p95:.1f} ms")
            verdict(f"cancel while {kind}, 95th percentile in ms", p95, MILLISECONDS, at_most=True)
    finally:
        await client.close()


async def _cancelled(client: EngineClient, request: GenerationRequest, after: float) -> float:
    """Milliseconds until the worker was free."""

    async def read() -> None:
        async for _ in client.generate(request):
            pass

    running = asyncio.create_task(read())
    await asyncio.sleep(after)
    started = time.perf_counter()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await client.tokenize("x")
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
