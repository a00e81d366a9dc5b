"""The first question after a restart, over a pinned context of 3,000 tokens: cache from disk against cold."""

from __future__ import annotations

import os
import statistics
import tempfile

from assistant.engine.api import GenerationRequest, GenerationStats, LoadedModel, ModelSpec, Sampling, TextPrompt
from assistant.engine.blocking import BlockingEngine
from benchmarks.floor import measure_floor
from benchmarks.measure import starter_model, verdict

ROUNDS = 3


def main() -> None:
    ratios = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["WIZARD_HOME"] = folder
            (loaded, cold), (_, warm) = _first_question(), _first_question()
        print(
            f"{warm.prompt_tokens} tokens: cold {cold.time_to_first_token:.2f} s, after a restart "
            f"{warm.time_to_first_token:.2f} s ({warm.cached_tokens} tokens from disk)"
        )
        ratios.append(warm.time_to_first_token / cold.time_to_first_token)
    print(measure_floor().beside("cold, whole prompt", cold.time_to_first_token, loaded, cold.prompt_tokens))
    verdict("first token after a restart / cold", statistics.median(ratios), 0.15, at_most=True)


def _first_question() -> tuple[LoadedModel, GenerationStats]:
    pinned = "".join(f"def function_{n}(x):\n    return x + {n}\n\n" for n in range(165))
    with BlockingEngine(remember=True) as engine:
        loaded = engine.load(ModelSpec(str(starter_model()), context_size=4096))
        return loaded, engine.reply(GenerationRequest(TextPrompt(pinned + "# The end"), 4, Sampling(temperature=0)))[1]


if __name__ == "__main__":
    main()
