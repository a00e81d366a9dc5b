"""Mixed requests for a long time: does anything leak, hang, or answer from the wrong prefix?

Chat turns, continuations, cancels at random moments, many at once, and model reloads. Every answer at temperature 0 is
compared with the one that a fresh context gave; memory of worker and app is read after the first tenth and at the end.
`python -m benchmarks.soak --requests 2000`
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

from assistant.engine.api import (
    ChatMessage,
    ChatPrompt,
    GenerationRequest,
    ModelSpec,
    Prompt,
    Sampling,
    TextChunk,
    TextPrompt,
)
from assistant.engine.blocking import BlockingEngine
from benchmarks.measure import starter_model, verdict

GREEDY = Sampling(temperature=0)
LONGEST_SECONDS = 60.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--requests", type=int, default=200)
    count: int = arguments.parse_args().requests
    chance = random.Random(1)
    spec = ModelSpec(str(starter_model()), context_size=1024)
    prompts = _prompts()
    with BlockingEngine() as engine:
        engine.load(spec)
        right = [_fresh(engine, spec, prompt) for prompt in prompts]
        wrong, longest, early = 0, 0.0, (0, 0)
        for number in range(count):
            if number == max(count // 10, 1):
                early = _memory(engine)
            started = time.monotonic()
            wrong += not _one(engine, spec, chance, prompts, right)
            longest = max(longest, time.monotonic() - started)
        late = _memory(engine)
    print(f"{count} requests, {wrong} answered otherwise than from a fresh context, longest {longest:.1f} s")
    for name, before, after in zip(("worker", "app"), early, late, strict=True):
        print(f"{name}: {before / 1e6:.0f} MB after a tenth, {after / 1e6:.0f} MB at the end")
        verdict(f"memory of the {name}, end / after a tenth", after / before, 1.05, at_most=True)
    verdict("answers from the right prefix", 1 - wrong / count, 0.98)
    verdict("longest request, share of the limit", longest / LONGEST_SECONDS, 1.0, at_most=True)


def _prompts() -> list[Prompt]:
    shared = "Here is a list of words, each written many times.\n"
    words = ("apple", "river", "stone", "green", "horse", "paper")
    texts: list[Prompt] = [TextPrompt(shared + f"{word}\n" * (6 + 3 * i)) for i, word in enumerate(words)]
    chats: list[Prompt] = [
        ChatPrompt((ChatMessage("user", f"What is the capital of {land}? One word."),))
        for land in ("France", "Italy", "Japan")
    ]
    return texts + chats


def _request(prompt: Prompt, tokens: int = 6) -> GenerationRequest:
    return GenerationRequest(prompt, tokens, GREEDY)


def _fresh(engine: BlockingEngine, spec: ModelSpec, prompt: Prompt) -> str:
    engine.reply(GenerationRequest(TextPrompt("\x00 nothing in common"), 1, GREEDY))
    return engine.reply(_request(prompt))[0]


def _one(
    engine: BlockingEngine, spec: ModelSpec, chance: random.Random, prompts: list[Prompt], right: list[str]
) -> bool:
    """One request of some kind; whether its answer was right (a cancelled one has none)."""
    index, kind = chance.randrange(len(prompts)), chance.random()
    if kind < 0.02:
        other = ModelSpec(spec.path, context_size=spec.context_size if chance.random() < 0.5 else 768)
        engine.load(other)
    if kind < 0.6:
        return engine.reply(_request(prompts[index]))[0] == right[index]
    if kind < 0.9:
        chunks = engine.generate(_request(prompts[index], 200))
        for seen, chunk in enumerate(chunks):
            if isinstance(chunk, TextChunk) and seen > chance.randrange(8):
                break
        chunks.close()  # type: ignore[attr-defined]  # it is a generator
        return True
    replies = engine.generate_many([_request(prompt) for prompt in prompts[:4]], parallel=4)
    return sum(reply.text == right[reply.index] for reply in replies) >= 3


def _memory(engine: BlockingEngine) -> tuple[int, int]:
    """Resident bytes of the worker and of this process."""
    pids = (str(engine.worker_pid), "self")
    return tuple(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 for pid in pids)  # type: ignore[return-value]


if __name__ == "__main__":
    main()
