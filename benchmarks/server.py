"""`wizard-tui serve` against a bare `llama_decode` loop and, where they can be had, llama_cpp.server and llama-server.

Same file, threads, context and prompt; 256 tokens, greedy, streamed, timed by the client from the first to the last
event. The first token's time is taken with a prompt that no server has seen. Rounds are interleaved.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bare import TOKENS, Bare
from benchmarks.measure import interleaved, median_ratio, starter_model, verdict

ROUNDS = 5
CONTEXT = 2048
THREADS = 2
_WORDS = [
    "river",
    "stone",
    "lamp",
    "garden",
    "letter",
    "window",
    "number",
    "table",
    "forest",
    "engine",
    "paper",
    "signal",
]


@dataclass(frozen=True)
class _Answer:
    """When it was asked for and when each piece came, and how many tokens they were."""

    times: list[float]
    tokens: int


def main() -> None:
    path = starter_model()
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(_running(command)) for name, command in _commands(path).items()}
        bare = Bare(path, THREADS, CONTEXT)
        stack.callback(bare.close)
        rates: dict[str, Callable[[], float]] = {name: _rate_of(port) for name, port in servers.items()}
        interleaved(1, rates)
        figures = interleaved(ROUNDS, rates | {"bare loop": bare.decode_rate})
        waits = interleaved(ROUNDS, {name: _wait_of(port) for name, port in servers.items()})
    for name, values in figures.items():
        wait = f", first token {statistics.median(waits[name]) * 1000:.0f} ms" if name in waits else ""
        print(f"{name}: {statistics.median(values):.1f} tokens/s (best {max(values):.1f}){wait}")
    ours = figures.pop("wizard-tui serve")
    for name, values in figures.items():
        bound = 0.95 if name == "bare loop" else 1.0
        verdict(f"streamed decode, wizard-tui serve / {name}, median of rounds", median_ratio(ours, values), bound)


def _commands(path: Path) -> dict[str, list[str]]:
    """The servers that this machine has; `{port}` stands for the port."""
    common = ["--port", "{port}"]
    found = {"wizard-tui serve": [sys.executable, "-m", "assistant.cli.main", "serve", "--model", str(path), *common]}
    if all(importlib.util.find_spec(name) for name in ("fastapi", "sse_starlette", "starlette_context")):
        options = ["--n_ctx", str(CONTEXT), "--n_threads", str(THREADS), "--verbose", "False"]
        found["llama_cpp.server"] = [sys.executable, "-m", "llama_cpp.server", "--model", str(path), *options, *common]
    else:
        print("llama_cpp.server is not measured: pip install 'llama-cpp-python[server]'")
    binary = os.environ.get("LLAMA_SERVER") or shutil.which("llama-server")
    if binary:
        found["llama-server"] = [binary, "-m", str(path), "-c", str(CONTEXT), "-t", str(THREADS), "-np", "1", *common]
    else:
        print("skipped: no llama-server (LLAMA_SERVER, or on the PATH)")
    return found


@contextlib.contextmanager
def _running(command: list[str]) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = os.environ | {"WIZARD_CONTEXT_SIZE": str(CONTEXT), "WIZARD_THREADS": str(THREADS)}
    filled = [part.replace("{port}", str(port)) for part in command]
    child = subprocess.Popen(filled, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                _stream(port, "Hello", 1)
                break
            except OSError:
                if child.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{filled[2]} did not start") from None
                time.sleep(0.3)
        yield port
    finally:
        child.terminate()
        child.wait()


def _rate_of(port: int) -> Callable[[], float]:
    return lambda: _rate(_stream(port, "1, 2, 3, 4, 5, 6, 7, 8, 9,", TOKENS))


def _wait_of(port: int) -> Callable[[], float]:
    return lambda: _wait(port)


def _rate(answer: _Answer) -> float:
    return (answer.tokens - 1) / (answer.times[-1] - answer.times[1])


def _wait(port: int) -> float:
    times = _stream(port, " ".join(random.choices(_WORDS, k=200)), 2).times
    return times[1] - times[0]


def _stream(port: int, prompt: str, tokens: int) -> _Answer:
    """Ask for a completion and note when each piece of its text comes."""
    body = {"model": "m", "prompt": prompt, "max_tokens": tokens, "temperature": 0, "stream": True}
    data = json.dumps(body | {"repeat_penalty": 1.0, "stream_options": {"include_usage": True}}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/completions", data, headers)
    times = [time.perf_counter()]
    counted = 0
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=120) as answer:
        for line in answer:
            event = json.loads(line[6:]) if line.startswith(b"data: {") else {}
            counted = (event.get("usage") or {}).get("completion_tokens", counted)
            if any(choice["text"] for choice in event.get("choices", ())):
                times.append(time.perf_counter())
    # Who gives no usage sends a piece for each token.
    return _Answer(times, counted or len(times) - 1)


if __name__ == "__main__":
    main()
