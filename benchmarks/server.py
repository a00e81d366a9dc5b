"""`wizard-tui serve` against a bare `llama_decode` loop and, where they can be had, llama_cpp.server and llama-server.

Same file, threads, context and prompt; 256 tokens, greedy, streamed, timed by the client from the first to the last
event. The first token's time is taken with a prompt that no server has seen. Rounds are interleaved, with a moment of
rest before each question: threads of OpenMP spin on for some milliseconds when their work is over. What a token
takes of the processor is that of all threads of a server and its children. Beside other work only that is comparable:
llama-server sleeps some six times a token, handing it from thread to thread, and Linux wakes a sleeper before what
never sleeps (ours and the bare loop), so with the same work it was seen to get twice their share of a busy core.

The kernels are the same, so the same speed is demanded. llama-server uses the fused attention, which is faster by 2 to
4 % for one token and slower by a fifth for the batches of a draft, so ours does not use it.
"""

from __future__ import annotations

import argparse
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
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.bare import TOKENS, Bare, tree_seconds
from benchmarks.measure import interleaved, median_ratio, starter_model, verdict

ROUNDS = 9
CONTEXT = 2048
_REST_SECONDS = 0.12
_OURS = "wizard-tui serve"
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
class _Server:
    """One server: its port, its process, and the processor seconds a token of each question so far."""

    port: int
    pid: int
    processor: list[float] = field(default_factory=list)

    def rate(self) -> float:
        """Tokens a second of one long reply."""
        before = tree_seconds(self.pid)
        answer = _stream(self.port, "1, 2, 3, 4, 5, 6, 7, 8, 9,", TOKENS)
        self.processor.append((tree_seconds(self.pid) - before) / answer.tokens)
        return (answer.tokens - 1) / (answer.times[-1] - answer.times[1])

    def wait(self) -> float:
        """Seconds to the first token of a new prompt."""
        times = _stream(self.port, " ".join(random.choices(_WORDS, k=200)), 2).times
        return times[1] - times[0]


@dataclass(frozen=True)
class _Answer:
    """When it was asked for and when each piece came, and how many tokens they were."""

    times: list[float]
    tokens: int


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--threads", type=int, default=2)
    threads: int = options.parse_args().threads
    path = starter_model()
    with contextlib.ExitStack() as stack:
        commands = _commands(path, threads)
        servers = {name: stack.enter_context(_running(command, threads)) for name, command in commands.items()}
        bare = Bare(path, threads, CONTEXT)
        stack.callback(bare.close)
        rates: dict[str, Callable[[], float]] = {name: server.rate for name, server in servers.items()}
        interleaved(1, rates)
        for server in servers.values():
            server.processor.clear()
        figures = interleaved(ROUNDS, rates | {"bare loop": bare.decode_rate})
        waits = interleaved(ROUNDS, {name: server.wait for name, server in servers.items()})
    for name, values in figures.items():
        more = ""
        if name in servers:
            taken = statistics.median(servers[name].processor) * 1000
            more = (
                f", first token {statistics.median(waits[name]) * 1000:.0f} ms, {taken:.2f} ms of the processor a token"
            )
        print(f"{name}: {statistics.median(values):.1f} tokens/s (best {max(values):.1f}){more}")
    ours = figures.pop(_OURS)
    for name, values in figures.items():
        bound = 0.95 if name == "bare loop" else 1.0
        if name in servers:
            both = [statistics.median(servers[one].processor) for one in (_OURS, name)]
            print(f"processor time a token, wizard-tui serve / {name}: {both[0] / both[1]:.3f}")
        verdict(f"streamed decode, wizard-tui serve / {name}, median of rounds", median_ratio(ours, values), bound)


def _commands(path: Path, threads: int) -> dict[str, list[str]]:
    """The servers that this machine has; `{port}` stands for the port."""
    common = ["--port", "{port}"]
    found = {_OURS: [sys.executable, "-m", "assistant.cli.main", "serve", "--model", str(path), *common]}
    if all(importlib.util.find_spec(name) for name in ("fastapi", "sse_starlette", "starlette_context")):
        options = ["--n_ctx", str(CONTEXT), "--n_threads", str(threads), "--verbose", "False"]
        found["llama_cpp.server"] = [sys.executable, "-m", "llama_cpp.server", "--model", str(path), *options, *common]
    else:
        print("llama_cpp.server is not measured: pip install 'llama-cpp-python[server]'")
    binary = os.environ.get("LLAMA_SERVER") or shutil.which("llama-server")
    if binary:
        found["llama-server"] = [binary, "-m", str(path), "-c", str(CONTEXT), "-t", str(threads), "-np", "1", *common]
    else:
        print("skipped: no llama-server (LLAMA_SERVER, or on the PATH)")
    return found


@contextlib.contextmanager
def _running(command: list[str], threads: int) -> Iterator[_Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = os.environ | {"WIZARD_CONTEXT_SIZE": str(CONTEXT), "WIZARD_THREADS": str(threads)}
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
        yield _Server(port, child.pid)
    finally:
        child.terminate()
        child.wait()


def _stream(port: int, prompt: str, tokens: int) -> _Answer:
    """Ask for a completion and note when each piece of its text comes."""
    body = {"model": "m", "prompt": prompt, "max_tokens": tokens, "temperature": 0, "stream": True}
    data = json.dumps(body | {"repeat_penalty": 1.0, "stream_options": {"include_usage": True}}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/completions", data, headers)
    time.sleep(_REST_SECONDS)
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
