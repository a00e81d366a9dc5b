"""Completion at the cursor against llama-server's /infill driven as llama.vim drives it: same model, file and places.

At 100 places of a file the rest of a line is taken away; both sides are asked for it, in turn. Time runs from the key
(for ours that includes the edit of the document and its tree) until the first line could be shown: for llama.vim that
is the whole answer, since it does not stream. The tokens that were read and written say why. Then, ours alone: what is
read after 60 tokens of typing, and how soon a prompt that is read ahead can be given up.

`--server PATH` or LLAMA_SERVER names llama-server; `--model FILE.gguf` another model than the tiny StarCoder. On a machine
that does other work, `--threads 1` and the processor time tell more than seconds do: threads that wait for each other
wait for the other work too.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.completion.ask import Asker, Place
from assistant.completion.ring import Ring
from assistant.completion.suggestion import Habits, Suggestion
from assistant.engine.api import GenerationRequest, GenerationStats, InfillPrompt, ModelSpec, Sampling
from assistant.engine.client import EngineClient
from assistant.syntax.document import Document
from assistant.syntax.languages import LANGUAGES
from benchmarks.bare import threads_seconds
from benchmarks.llama_server import Peer, llama_server
from benchmarks.measure import verdict

CONTEXT, PLACES = 8192, 100
# What llama.vim asks for by default.
_LINES_BEFORE, _LINES_AFTER = 256, 64
_VIM: dict[str, Any] = {
    "n_predict": 128,
    "stop": [],
    "top_k": 40,
    "top_p": 0.90,
    "samplers": ["top_k", "top_p", "infill"],
    "stream": False,
    "cache_prompt": True,
    "t_max_prompt_ms": 500,
    "t_max_predict_ms": 250,
    "input_extra": [],
}
_NO_SERVER = "skipped: no llama-server (--server PATH, or LLAMA_SERVER)"
_PYTHON = next(row for row in LANGUAGES if row.name == "python")


@dataclass(frozen=True)
class _Gap:
    """A line whose end was taken away: from `cursor` to `end` of the document `whole`."""

    whole: Document
    text: str
    end: int
    cursor: int
    wanted: str


@dataclass
class _Figures:
    """What one side did at each place."""

    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    """Seconds that all threads had of the processor; for ours those of the app too."""
    read: list[int] = field(default_factory=list)
    written: list[int] = field(default_factory=list)
    right: int = 0


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
    engine = EngineClient(remember=False)
    await engine.load(ModelSpec(str(model), context_size=CONTEXT, threads=threads))
    await asyncio.sleep(3)  # what is measured once per model is measured now
    try:
        with llama_server(server, model, threads, CONTEXT) as peer:
            await _first_lines(engine, peer, _gaps(places))
        await _typing(engine)
        await _giving_up(engine)
    finally:
        await engine.close()


async def _first_lines(engine: EngineClient, peer: Peer | None, gaps: list[_Gap]) -> None:
    asker = Asker(engine, Habits(), Ring(0))
    ours, theirs = _Figures(), _Figures()
    for gap in gaps:
        await _ask_ours(asker, gap, ours, engine.worker_pid or 0)
        if peer is not None:
            _ask_peer(peer, gap, theirs)
    for name, side in (("wizard-tui", ours), ("llama-server", theirs)):
        if side.seconds:
            tenth = statistics.quantiles(side.seconds, n=10)[-1]
            print(
                f"{name}: first line after {statistics.median(side.seconds) * 1000:.0f} ms (one in ten over "
                f"{tenth * 1000:.0f} ms), {side.right} of {len(gaps)} lines exact; "
                f"{statistics.median(side.read):.0f} tokens read and {statistics.median(side.written):.0f} written"
            )
    if peer is None:
        print(_NO_SERVER)
        return
    verdict("time to the first line, medians", _median(ours) / _median(theirs), 0.7, at_most=True)
    busy = statistics.median(ours.processor) / statistics.median(theirs.processor)
    print(f"the same in processor time of all threads: {busy:.3f}")
    verdict("exact lines, ours less theirs", ours.right - theirs.right, 0)


def _median(side: _Figures) -> float:
    return statistics.median(side.seconds)


async def _ask_ours(asker: Asker, gap: _Gap, figures: _Figures, worker: int) -> None:
    shown: list[tuple[float, float]] = []

    def note() -> tuple[float, float]:
        return time.perf_counter(), time.process_time() + threads_seconds(worker)

    def grows(_: Suggestion) -> None:
        shown.append(note())

    started, had = note()
    place = Place(gap.whole.edit(gap.cursor, gap.end, ""), gap.cursor, "file.py")
    said = await asker.ask(place, Sampling(0, repeat_penalty=1), grows)
    shown.append(note())
    figures.seconds.append(shown[0][0] - started)
    figures.processor.append(shown[0][1] - had)
    figures.read.append(said.stats.prompt_tokens - said.stats.cached_tokens)
    figures.written.append(said.stats.completion_tokens)
    figures.right += said.offered.split("\n")[0].rstrip() == gap.wanted


def _ask_peer(peer: Peer, gap: _Gap, figures: _Figures) -> None:
    before, after = gap.text[: gap.cursor].split("\n"), gap.text[gap.cursor :].split("\n")
    body = _VIM | {
        "input_prefix": "".join(line + "\n" for line in before[:-1][-_LINES_BEFORE:]),
        "prompt": before[-1],
        "input_suffix": "\n".join(after[: _LINES_AFTER + 1]) + "\n",
        "n_indent": len(before[-1]) - len(before[-1].lstrip()),
    }
    started, had = time.perf_counter(), threads_seconds(peer.pid)
    peer.connection.request("POST", "/infill", json.dumps(body), {"Content-Type": "application/json"})
    answer = json.load(peer.connection.getresponse())
    figures.seconds.append(time.perf_counter() - started)
    # As with llama.vim's curl, each request has a connection of its own.
    peer.connection.close()
    figures.processor.append(threads_seconds(peer.pid) - had)
    figures.read.append(answer["timings"]["prompt_n"])
    figures.written.append(answer["timings"]["predicted_n"])
    figures.right += answer["content"].split("\n")[0].rstrip() == gap.wanted


def _gaps(count: int) -> list[_Gap]:
    """Places of a file in its order: code lines without their second half, which begins with a word."""
    text = Path(textwrap.__file__).read_text(encoding="utf-8") + Path(heapq.__file__).read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    document = Document(text, _PYTHON)
    assert document.tree is not None
    choose = random.Random(7)
    found: list[tuple[int, _Gap]] = []
    start = 0
    for number, line in enumerate(lines):
        words = [match.start() for match in re.finditer(r"\w+", line)]
        node = document.node_at(document.line_span(number + 1))
        if len(words) > 2 and node is not None and "string" not in node.type and not line.lstrip().startswith("#"):
            cursor, end = start + words[len(words) * 3 // 5], start + len(line.rstrip("\n"))
            gap = _Gap(document, text[:cursor] + text[end:], end, cursor, text[cursor:end].rstrip())
            found.append((number, gap))
        start += len(line)
    return [gap for _, gap in sorted(choose.sample(found, min(count, len(found))), key=lambda one: one[0])]


async def _typing(engine: EngineClient) -> None:
    """How much of the prompt is read after 60 tokens of typing into one place."""
    text = Path(textwrap.__file__).read_text(encoding="utf-8")
    cursor = text.index("    def _split_chunks")
    asker = Asker(engine, Habits(most_tokens=1), Ring(0))
    await asker.read(Place(Document(text, _PYTHON), cursor, "file.py"))
    typed = (
        "    def _count(self, words):\n        total = 0\n        for word in words:\n            total += len(word)\n"
    )
    typed += (
        "        if total > self.width:\n            raise ValueError(f'too wide by {total - self.width} letters')\n"
    )
    typed += "        return "
    tokens = len(await engine.tokenize(typed))
    place = Place(Document(text[:cursor] + typed + text[cursor:], _PYTHON), cursor + len(typed), "file.py")
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
