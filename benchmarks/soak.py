"""Mixed requests for a long time: does anything leak, hang, or answer from the wrong prefix?

Chat turns, continuations, filled gaps (beside a reply that runs, too), cancels at random moments, many at once, and
switches between two models, of which one fills gaps. Every answer at temperature 0 is compared with the one that a
fresh context gave; memory of worker and app is read in the same state (the same model, after the same question) after
the first 200 requests (of fewer: a third) and at the end. `python -m benchmarks.soak --requests 2000 [--fim FILE.gguf]`
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from assistant.engine.api import (
    ChatMessage,
    ChatPrompt,
    GenerationRequest,
    InfillPrompt,
    ModelSpec,
    Prompt,
    Sampling,
    TextChunk,
    TextPrompt,
)
from assistant.engine.blocking import BlockingEngine
from benchmarks.measure import starter_model, verdict

GREEDY = Sampling(temperature=0)
TOKENS = 5
LONGEST_SECONDS = 60
SETTLED_AFTER = 200


@dataclass(frozen=True)
class Stand:
    """One model with its prompts, and what each is answered in a fresh context."""

    spec: ModelSpec
    prompts: list[Prompt]
    right: list[str]
    gaps: int
    """How many of the prompts, the last ones, are gaps."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--requests", type=int, default=200)
    arguments.add_argument("--fim", type=Path, help="a model that fills gaps (a tiny random one is made otherwise)")
    given = arguments.parse_args()
    count: int = given.requests
    os.environ["WIZARD_HOME"] = tempfile.mkdtemp()
    signal.signal(signal.SIGALRM, _stuck)
    chance = random.Random(1)
    started = time.monotonic()
    with BlockingEngine(remember=True) as engine:
        stands = _stands(engine, given.fim or _tiny_model())
        wrong, longest, early, stand = 0, 0.0, (0, 0), stands[0]
        settled, tenths = min(SETTLED_AFTER, count // 3), []
        for number in range(count):
            if number == settled or number % max(count // 10, 1) == 0:
                memory, stand = _settled_memory(engine, stands[0]), stands[0]
                tenths.append(f"{memory[0] / 1e6:.0f}")
                early = memory if number == settled else early
            began = time.monotonic()
            signal.alarm(LONGEST_SECONDS)
            if chance.random() < 0.04:
                stand = chance.choice(stands)
                engine.load(stand.spec)
            wrong += not _one(engine, stand, chance)
            signal.alarm(0)
            longest = max(longest, time.monotonic() - began)
        late = _settled_memory(engine, stands[0])
    print(
        f"{count} requests in {time.monotonic() - started:.0f} s, {wrong} answered otherwise than from a fresh context, "
        f"longest {longest:.1f} s"
    )
    print(f"worker, MB at each tenth: {', '.join(tenths)}")
    for name, before, after in zip(("worker", "app"), early, late, strict=True):
        print(f"{name}: {before / 1e6:.1f} MB when settled, {after / 1e6:.1f} MB at the end")
        verdict(f"memory of the {name}, end / settled", after / before, 1.05, at_most=True)
    verdict("answers from the right prefix", 1 - wrong / count, 0.999)
    verdict("longest request in seconds", longest, LONGEST_SECONDS, at_most=True)


def _stuck(*_: object) -> None:
    raise SystemExit(f"MISS a request is stuck for {LONGEST_SECONDS} s")


def _tiny_model() -> Path:
    from tests.fakes.fim_gguf import write_fim_model

    return write_fim_model(Path(tempfile.mkdtemp()) / "tiny.gguf", context=2048)


def _stands(engine: BlockingEngine, fim: Path) -> list[Stand]:
    shared = "Here is a list of words, each written many times.\n"
    words = ("apple", "river", "stone", "green", "horse", "paper")
    texts: list[Prompt] = [TextPrompt(shared + f"{word}\n" * (6 + 3 * i)) for i, word in enumerate(words)]
    chats: list[Prompt] = [
        ChatPrompt((ChatMessage("user", f"What is the capital of {land}? One word."),))
        for land in ("France", "Italy", "Japan")
    ]
    gaps: list[Prompt] = [
        InfillPrompt("".join(f"def f{n}(x):\n    return x + {n}\n\n" for n in range(size)) + "def g(x):\n    ", "\n")
        for size in (1, 3, 6)
    ]
    base = ModelSpec(str(starter_model()), context_size=768)
    found = []
    for spec, prompts in ((base, texts + chats), (ModelSpec(str(fim), context_size=1024), texts[:3] + gaps)):
        engine.load(spec)
        right = []
        for prompt in prompts:
            engine.reply(GenerationRequest(TextPrompt("\x01 nothing in common"), 1, GREEDY))
            right.append(engine.reply(_request(prompt))[0])
        found.append(Stand(spec, prompts, right, len(gaps) if spec is not base else 0))
    engine.load(base)
    return found


def _request(prompt: Prompt, tokens: int = TOKENS) -> GenerationRequest:
    return GenerationRequest(prompt, tokens, GREEDY)


def _one(engine: BlockingEngine, stand: Stand, chance: random.Random) -> bool:
    """One request of some kind; whether its answer was right (a cancelled one has none)."""
    index, kind = chance.randrange(len(stand.prompts)), chance.random()
    prompt, right = stand.prompts[index], stand.right[index]
    if kind < 0.6:
        return engine.reply(_request(prompt))[0] == right
    if kind < 0.85:
        chunks = engine.generate(_request(prompt, 200))
        after = chance.randrange(6)
        for seen, chunk in enumerate(chunks):
            if isinstance(chunk, TextChunk) and seen > after:
                break
        chunks.close()  # type: ignore[attr-defined]  # it is a generator
        return True
    if kind < 0.95 and stand.gaps:
        # A gap that is filled while a reply runs, which is then left or read to its end.
        running = engine.generate(_request(stand.prompts[0], 24))
        next(running)
        gap = len(stand.prompts) - 1 - chance.randrange(stand.gaps)
        text, _ = engine.reply(_request(stand.prompts[gap]))
        if chance.random() < 0.5:
            running.close()  # type: ignore[attr-defined]  # it is a generator
        else:
            list(running)
        return text == stand.right[gap]
    some = stand.prompts[:3]
    replies = engine.generate_many([_request(prompt) for prompt in some], parallel=3)
    return sum(reply.text == stand.right[reply.index] for reply in replies) == len(some)


def _settled_memory(engine: BlockingEngine, stand: Stand) -> tuple[int, int]:
    """Resident bytes of the worker and of this process, always in the same state."""
    engine.load(stand.spec)
    for prompt in stand.prompts:
        engine.reply(_request(prompt))
    pids = (str(engine.worker_pid), "self")
    return tuple(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 for pid in pids)  # type: ignore[return-value]


if __name__ == "__main__":
    main()
