"""The first token of a follow-up turn against the same prompt cold: a history of 1,500 tokens, the starter model.

Cold: the model has never seen a token of it. Follow-up: the turn before was generated, and the person adds a question.
"""

from __future__ import annotations

import statistics

from assistant.engine.api import ChatMessage, ChatPrompt, GenerationRequest, ModelSpec, Sampling, TextPrompt
from assistant.engine.blocking import BlockingEngine
from benchmarks.floor import measure_floor
from benchmarks.measure import starter_model, verdict

HISTORY_TOKENS = 1500
ROUNDS = 5


def main() -> None:
    with BlockingEngine() as engine:
        loaded = engine.load(ModelSpec(str(starter_model()), context_size=4096))
        cold, warm = [], []
        for number in range(ROUNDS):
            opening = _history(engine, number)
            text, _ = engine.reply(_request(opening, 24))
            messages = (*opening, ChatMessage("assistant", text), ChatMessage("user", "And why is that?"))
            follow_up = engine.reply(_request(messages, 4))[1]
            engine.reply(GenerationRequest(TextPrompt(f"something else {number}"), 1))
            again = engine.reply(_request(messages, 4))[1]
            assert again.cached_tokens < 10 and again.prompt_tokens == follow_up.prompt_tokens
            print(
                f"{follow_up.prompt_tokens} tokens: follow-up {follow_up.time_to_first_token:.3f} s "
                f"({follow_up.cached_tokens} cached), cold {again.time_to_first_token:.3f} s"
            )
            warm.append(follow_up.time_to_first_token)
            cold.append(again.time_to_first_token)
    floor = measure_floor()
    print(
        floor.beside(
            "follow-up, new tokens", statistics.median(warm), loaded, follow_up.prompt_tokens - follow_up.cached_tokens
        )
    )
    print(floor.beside("cold, whole prompt", statistics.median(cold), loaded, again.prompt_tokens))
    verdict(
        "first token, follow-up / cold", statistics.median(w / c for w, c in zip(warm, cold, strict=True)), 0.15, True
    )


def _request(messages: tuple[ChatMessage, ...], tokens: int) -> GenerationRequest:
    return GenerationRequest(ChatPrompt(messages), tokens, Sampling(temperature=0))


def _history(engine: BlockingEngine, number: int) -> tuple[ChatMessage, ...]:
    lines = "".join(f"def function_{number}_{line}(x):\n    return x + {line}\n\n" for line in range(500))
    text = lines
    while engine.count_tokens(TextPrompt(text)) > HISTORY_TOKENS:
        text = text[: int(len(text) * 0.97)]
    return (ChatMessage("user", f"Look at this file:\n{text}\nWhat does it do?"),)


if __name__ == "__main__":
    main()
