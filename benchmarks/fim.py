"""Completion at the cursor against llama-server's /infill driven as llama.vim drives it: same model, file and places.

At 100 places of a file the rest of a line is taken away; both sides are asked for it, in turns, after a moment of rest
of the machine, in three situations, each side as its editor acts there:

- jump: the cursor comes from elsewhere and a key is typed at once. Both read and write.
- rest: the cursor comes, rests for half a second, and then a key is typed. wizard-tui has read ahead; llama.vim asks
  nothing when the cursor moves outside insert mode, so it reads now.
- on: the next key after a jump's. Both have read the place; what was suggested and is typed costs neither a request.

Time runs from the key (for ours that includes the edit of the document and its tree) until the first line could be
shown, or until it is known that there is none: for llama.vim that is the whole answer, since it does not stream. A side
that has no line has not reached "the first suggested line", so the medians over the places where both have one are
printed too. Then, ours alone: what is read after 60 tokens of typing, and how soon a prompt can be given up.

`--server PATH` or LLAMA_SERVER names llama-server; `--model FILE.gguf` another model than the tiny StarCoder. On a machine
that does other work, `--threads 1` and the processor time tell more than seconds do: threads that wait for each other
wait for the other work too.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

from assistant.completion.ask import Asker, Place
from assistant.completion.ring import Ring
from assistant.completion.suggestion import Habits
from assistant.engine.api import GenerationRequest, GenerationStats, InfillPrompt, ModelSpec, Sampling
from assistant.engine.client import EngineClient
from assistant.syntax.document import Document
from benchmarks.fim_places import PYTHON, Gap, gaps
from benchmarks.fim_sides import CountingEngine, Figures, Ours, Vim
from benchmarks.llama_server import Peer, llama_server
from benchmarks.measure import verdict

CONTEXT, PLACES = 8192, 100
_BOUND = 0.7
_PAUSE, _REST = 0.12, 0.5
"""Seconds before each key: of quiet, and of the cursor's rest."""
_NO_SERVER = "skipped: no llama-server (--server PATH, or LLAMA_SERVER)"


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--server", default=os.environ.get("LLAMA_SERVER", ""))
    options.add_argument("--model", type=Path)
    options.add_argument("--places", type=int, default=PLACES)
    options.add_argument("--threads", type=int, default=2, help="of either side")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = given.model or tiny_starcoder(Path(folder))
        asyncio.run(_compare(model, given.server or shutil.which("llama-server") or "", given.places, given.threads))


def tiny_starcoder(folder: Path) -> Path:
    """The small StarCoder of the shared data as a Q8_0 GGUF file.

    Raises:
        SystemExit: it is not there.
    """
    checkpoint = Path(os.environ.get("WIZARD_SHARED", Path(__file__).parents[2] / "shared")) / "models/tiny-starcoder"
    if not checkpoint.is_dir():
        raise SystemExit(f"skipped: no model at {checkpoint} (--model FILE.gguf)")
    path = folder / "tiny-starcoder.gguf"
    wizard = [sys.executable, "-c", "from quantize.cli import main; main()"]
    whole = folder / "f16.gguf"
    for arguments in (
        ("convert", str(checkpoint), "--float", "f16", "-o", str(whole)),
        ("compress", str(whole), "--type", "Q8_0", "--within", "0", "-o", str(path)),
    ):
        subprocess.run([*wizard, *arguments], check=True, capture_output=True)
    return path


async def _compare(model: Path, server: str, places: int, threads: int) -> None:
    engine = CountingEngine()
    await engine.load(ModelSpec(str(model), context_size=CONTEXT, threads=threads))
    await asyncio.sleep(3)  # what is measured once per model is measured now
    try:
        with llama_server(server, model, threads, CONTEXT) as peer:
            await _jump_and_on(engine, peer, gaps(places))
            await _rest(engine, peer, gaps(places))
        await _typing(engine)
        await _giving_up(engine)
    finally:
        await engine.close()


async def _jump_and_on(engine: CountingEngine, peer: Peer | None, places: list[Gap]) -> None:
    ours, vim = Ours(engine), Vim(peer) if peer is not None else None
    jump, on = (Figures(), Figures()), (Figures(), Figures())
    for gap in places:
        for figures, place in ((jump, gap), (on, gap.typed_on())):
            await asyncio.sleep(_PAUSE)
            await ours.key(place, figures[0])
        for figures, place in ((jump, gap), (on, gap.typed_on())):
            await asyncio.sleep(_PAUSE)
            if vim is not None:
                vim.key(place, figures[1])
    await ours.close()
    _tell("jump", *jump)
    _tell("on", *on)


async def _rest(engine: CountingEngine, peer: Peer | None, places: list[Gap]) -> None:
    ours, vim = Ours(engine), Vim(peer) if peer is not None else None
    figures = Figures(), Figures()
    for gap in places:
        await ours.rest(gap, _REST)
        await ours.key(gap, figures[0])
        await asyncio.sleep(_PAUSE)
        if vim is not None:
            vim.key(gap, figures[1])
    await ours.close()
    _tell("rest", *figures)


def _tell(name: str, ours: Figures, theirs: Figures) -> None:
    """Print one situation."""
    for side, figures in (("wizard-tui", ours), ("llama.vim", theirs)):
        if figures.seconds:
            tenth = statistics.quantiles(figures.seconds, n=10)[-1]
            print(
                f"{name}: {side}: {statistics.median(figures.seconds) * 1000:.0f} ms (one in ten over "
                f"{tenth * 1000:.0f}), a line at {sum(figures.offered)} of {len(figures.seconds)} places, "
                f"{figures.right} exact; {statistics.median(figures.read):.0f} tokens read and "
                f"{statistics.median(figures.written):.0f} written",
                flush=True,
            )
    if not theirs.seconds:
        print(_NO_SERVER)
        return
    verdict(f"{name}: time to the first line, medians", _ratio(ours.seconds, theirs.seconds), _BOUND, at_most=True)
    print(f"{name}: the same in processor time of all threads: {_ratio(ours.processor, theirs.processor):.3f}")
    both = [at for at, line in enumerate(zip(ours.offered, theirs.offered, strict=True)) if all(line)]
    if both:
        only = [[side.seconds[at] for at in both] for side in (ours, theirs)]
        print(f"{name}: the same at the {len(both)} places where both have a line: {_ratio(*only):.3f}")
    verdict(f"{name}: exact lines, ours less theirs", ours.right - theirs.right, 0)


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(ours) / statistics.median(theirs)


async def _typing(engine: EngineClient) -> None:
    """How much of the prompt is read after 60 tokens of typing into one place."""
    text = Path(textwrap.__file__).read_text(encoding="utf-8")
    cursor = text.index("    def _split_chunks")
    asker = Asker(engine, Habits(most_tokens=1), Ring(0))
    await asker.read(Place(Document(text, PYTHON), cursor, "file.py"))
    typed = (
        "    def _count(self, words):\n        total = 0\n        for word in words:\n            total += len(word)\n"
    )
    typed += (
        "        if total > self.width:\n            raise ValueError(f'too wide by {total - self.width} letters')\n"
    )
    typed += "        return "
    tokens = len(await engine.tokenize(typed))
    place = Place(Document(text[:cursor] + typed + text[cursor:], PYTHON), cursor + len(typed), "file.py")
    said = await asker.ask(place, Sampling(0))
    read = said.stats.prompt_tokens - said.stats.cached_tokens
    print(f"{tokens} tokens typed: {read} of {said.stats.prompt_tokens} read")
    verdict("tokens read / tokens typed", read / tokens, 1.1, at_most=True)


async def _giving_up(engine: EngineClient) -> None:
    """From giving up a prompt that is being read to the engine's saying that it has."""
    waits: list[float] = []
    for number in range(20):
        prompt = InfillPrompt(f"# {number}\n" + "def function(x):\n    return x + 1\n\n" * 150, "")
        reply = asyncio.create_task(_reason(engine, prompt))
        await asyncio.sleep(0.05 + 0.01 * (number % 5))
        started = time.perf_counter()
        engine.cancel()
        if await reply == "cancelled":
            waits.append((time.perf_counter() - started) * 1000)
    verdict("ms to give up a prompt, median", statistics.median(waits), 5, at_most=True)


async def _reason(engine: EngineClient, prompt: InfillPrompt) -> str:
    async for chunk in engine.generate(GenerationRequest(prompt, 0)):
        if isinstance(chunk, GenerationStats):
            return chunk.stop_reason
    return ""


if __name__ == "__main__":
    main()
