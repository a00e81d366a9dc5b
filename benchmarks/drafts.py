"""Rewriting a function of 150 lines with a small change: drafts against plain decoding, the ceiling and a peer; free chat.

The reply must be the changed function, and a model of this size does not copy 1,200 tokens by itself. So every side is
led through the same reply, token by token, and pays for every batch as if the model had chosen these tokens: ours by a
list that holds this one text (`Choice`), the peer, llama-cpp-python's LlamaPromptLookupDecoding, for nothing. The old
function stands in the prompt, where the peer looks; ours has it as `old_text` too, as an edit has. The peer runs as it
comes, and with the settings that were the best for it of those tried. Plain is the same request without drafts, so both
sides of that ratio read the same context. The ceiling is k x (batch of one) / (batch of k) for the best of several k,
measured bare at the depth of the middle of the reply; no drafts can beat it, so what is left for ours above the tuned
peer is what that one leaves below it. Free chat is what the model says by itself, sampled.
"""

from __future__ import annotations

import inspect
import os
import shlex
import statistics
import tempfile
import textwrap
import time

from assistant.engine.api import (
    ChatMessage,
    ChatPrompt,
    Choice,
    GenerationRequest,
    GenerationStats,
    ModelSpec,
    Sampling,
    TokenPrompt,
)
from assistant.engine.blocking import BlockingEngine
from benchmarks.bare import Bare
from benchmarks.floor import measure_floor
from benchmarks.lookup_peer import BEST, DEFAULT, LookupPeer
from benchmarks.measure import interleaved, median_ratio, starter_model, verdict

ROUNDS, CHAT_ROUNDS = 3, 3
MEASURING_SECONDS = 8.0
CHATS = (
    "Tell me a story about an old clockmaker in a village by the sea.",
    "How does a rainbow come about?",
    "Write a Python function that says whether a number is prime, and explain it.",
)


def old_and_new() -> tuple[str, str]:
    """A real function of about 150 lines (of the standard library), and the same with three small changes."""
    old = textwrap.dedent(inspect.getsource(shlex.shlex.read_token))
    lines = old.splitlines(keepends=True)
    middle, late = len(lines) // 2, len(lines) * 3 // 4
    lines[0] = lines[0].replace("(self)", "(self, limit=None)")
    indent = lines[middle][: len(lines[middle]) - len(lines[middle].lstrip())]
    lines[middle] = f"{indent}self.seen += 1\n{lines[middle]}"
    lines[late] = lines[late].rstrip("\n") + "  # see the manual\n"
    return old, "".join(lines)


def main() -> None:
    os.environ["WIZARD_HOME"] = tempfile.mkdtemp()
    path = starter_model()
    old, new = old_and_new()
    with BlockingEngine() as engine:
        loaded = engine.load(ModelSpec(str(path), context_size=4096))
        time.sleep(MEASURING_SECONDS)
        prompt = engine.tokenize(f"# Before\n{old}\n\n# After\n")
        reply = engine.tokenize(new)
        bare = Bare(path, loaded.threads, 4096)
        peer = LookupPeer(path, loaded.threads, prompt, reply)
        # Each reads the prompt before it is timed.
        peer.rate(*BEST, tokens=2)
        engine.reply(GenerationRequest(TokenPrompt(tuple(prompt)), 0))

        def led(drafts: bool) -> float:
            request = GenerationRequest(
                TokenPrompt(tuple(prompt)),
                2 * len(reply),
                Sampling(temperature=0),
                old_text=old,
                choices=(Choice("", (new,), end="\n# End"),),
                stop=("\n# End",),
                drafts=drafts,
            )
            text, stats = engine.reply(request)
            assert text.strip() == new.strip()
            if drafts:
                print(f"{stats.accepted_tokens} of {stats.drafted_tokens} drafted tokens stood")
            return _rate(stats)

        depth = len(prompt) + len(reply) // 2
        figures = interleaved(
            ROUNDS,
            {
                "ceiling": lambda: _ceiling(bare, depth),
                "plain": lambda: led(False),
                "drafted": lambda: led(True),
                "peer, tuned": lambda: peer.rate(*BEST),
            },
        )
        as_it_comes = {"peer, as it comes": [peer.rate(*DEFAULT)]}
        bare.close()
        peer.close()
        free = _chats(engine)
    for name, values in (figures | as_it_comes | free).items():
        print(f"{name}: {statistics.median(values):.2f}{'' if name == 'ceiling' else ' tokens/s'}")
    print(measure_floor().beside("rewriting, 32 tokens", 32 / statistics.median(figures["drafted"]), loaded, 32))
    gain = [drafted / plain for drafted, plain in zip(figures["drafted"], figures["plain"], strict=True)]
    print(f"rewriting {new.count(chr(10))} lines, drafted / plain: {statistics.median(gain):.2f}")
    verdict("rewriting, share of the ceiling", median_ratio(gain, figures["ceiling"]), 0.85)
    lookup = "rewriting, drafted / LlamaPromptLookupDecoding"
    verdict(f"{lookup} as it comes", statistics.median(figures["drafted"]) / as_it_comes["peer, as it comes"][0], 1.5)
    verdict(f"{lookup} with its best settings", median_ratio(figures["drafted"], figures["peer, tuned"]), 1.0)
    most = [c * p / t for c, p, t in zip(figures["ceiling"], figures["plain"], figures["peer, tuned"], strict=True)]
    print(f"  (the ceiling leaves room for {statistics.median(most):.2f})")
    verdict("free chat, drafts allowed / plain", median_ratio(free["chat"], free["chat, plain"]), 0.97)


def _ceiling(bare: Bare, depth: int) -> float:
    one, *many = (min(bare.batch_seconds(size, depth) for _ in range(5)) for size in (1, 8, 16, 32))
    return max(size * one / seconds for size, seconds in zip((8, 16, 32), many, strict=True))


def _chats(engine: BlockingEngine) -> dict[str, list[float]]:
    """Tokens a second of each chat, plain and with drafts right after each other, in changing order."""
    rates: dict[str, list[float]] = {"chat, plain": [], "chat": []}
    for number, words in enumerate(CHATS * CHAT_ROUNDS):
        prompt, sampling = ChatPrompt((ChatMessage("user", words),)), Sampling(seed=number)
        for drafts in (False, True) if number % 2 else (True, False):
            stats = engine.reply(GenerationRequest(prompt, 200, sampling, drafts=drafts))[1]
            rates["chat" if drafts else "chat, plain"].append(_rate(stats))
    return rates


def _rate(stats: GenerationStats) -> float:
    return (stats.completion_tokens - 1) / stats.decode_seconds


if __name__ == "__main__":
    main()
