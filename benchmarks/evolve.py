"""How fast `wizard-train evolve` is without its teacher, whether its memory stays flat, and whether it keeps a server busy.

The pipeline runs with all checks on (rules, secrets, near duplicates, benchmarks) and a teacher that answers at once.
Verification is left out, for it runs programs. The server is measured by itself first, with bare connections at the same
concurrency; the share is the pipeline's requests a second against that.

python -m benchmarks.evolve [--records 1000000 --server-records 0]
A million records take about 20 minutes; speed and memory are printed every 50,000.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.measure import verdict

ROOT = Path(__file__).parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--records", type=int, default=20_000, help="tasks through the pipeline (1,000,000 takes 20 minutes)"
    )
    parser.add_argument("--server-records", type=int, default=1_500, help="requests to the server, each time; 0: none")
    parser.add_argument("--every", type=int, default=50_000, help="records between two lines about speed and memory")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        _pipeline(Path(arguments.child), arguments.records, arguments.every)
        return
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "benchmarks.evolve", "--child", folder, "--records", str(arguments.records)]
        subprocess.run([*words, "--every", str(arguments.every)], cwd=ROOT, check=True)
    if arguments.server_records:
        _server(arguments.server_records)


def _pipeline(folder: Path, records: int, every: int) -> None:
    """Evolve in this process, sampling its memory on the way."""
    from tests.fakes.scripted_generator import ScriptedGenerator
    from trainer.evolve import run as module
    from trainer.evolve.checking.exams import DEFAULT, find_benchmarks
    from trainer.evolve.settings import Settings

    rounds = 3
    seeds = folder / "seeds.jsonl"
    _write_seeds(seeds, records // (rounds + 1))
    spent = 0.0

    class Timed(ScriptedGenerator):
        def generate(self, requests):  # type: ignore[no-untyped-def]
            nonlocal spent
            stream = super().generate(requests)
            while True:
                started = time.perf_counter()
                reply = next(stream, None)
                spent += time.perf_counter() - started
                if reply is None:
                    return
                yield reply

    teacher = Timed(appetite=256)
    teacher.keep_requests = False
    module.open_generator = lambda where, options: teacher  # type: ignore[assignment]
    memory: list[float] = []
    stop = threading.Event()
    out = folder / "evolved.jsonl"
    threading.Thread(target=_watch, args=(memory, stop), daemon=True).start()
    started, worked = time.perf_counter(), time.process_time()
    module.Tally = _speaking(every, memory)  # type: ignore[misc]
    module.run(Settings(seeds=(seeds,), out=out, teacher="scripted", rounds=rounds, progress="none", report=False))
    seconds, worked = time.perf_counter() - started, time.process_time() - worked
    stop.set()
    done = sum(1 for _ in out.open("rb")) + sum(1 for _ in (folder / "evolved.eliminated.jsonl").open("rb"))
    print(f"pipeline: {done:,} records in {seconds:.1f} s, {spent:.1f} s of it the teacher's own")
    print(f"pipeline: {done / (seconds - spent):,.0f} records a second without the teacher")
    print(
        f"pipeline: {done / (worked - spent):,.0f} for each second of one core's time, which a busy machine does not change"
    )
    third = max(1, len(memory) // 3)
    middle, end = (statistics.median(part) for part in (memory[third : 2 * third], memory[-third:]))
    print(
        f"memory: {middle:,.0f} MB in the second third of the run, {end:,.0f} MB in the last, {max(memory):,.0f} MB at most"
    )
    _, compared, _ = find_benchmarks(DEFAULT, None, required=False)
    checks = f"all checks on, kept apart from {', '.join(compared) or 'NO BENCHMARK (WIZARD_SHARED=FOLDER)'}"
    verdict(f"records a second without the teacher, {checks}", done / (seconds - spent), 500)
    verdict("memory of the last third of the run, beside the second", end / middle, 1.05, at_most=True)


def _watch(memory: list[float], stop: threading.Event) -> None:
    """Sample the resident memory in MB, ten times a second."""
    page = os.sysconf("SC_PAGE_SIZE")
    while not stop.wait(0.1):
        memory.append(int(Path("/proc/self/statm").read_text().split()[1]) * page / 1e6)


def _speaking(every: int, memory: list[float]) -> type:
    """A tally that prints speed and memory each time that `every` more records are done."""
    from trainer.evolve.tally import Tally

    class Speaking(Tally):
        def __init__(self, *words: Any, **options: Any) -> None:
            super().__init__(*words, **options)
            self.number, self.last = 0, time.perf_counter()

        def count(self, outcome: Any) -> None:
            super().count(outcome)
            self.number += 1
            if self.number % every == 0:
                now = time.perf_counter()
                print(
                    f"{self.number:>12,} records, {every / (now - self.last):,.0f} a second, {memory[-1]:,.0f} MB",
                    flush=True,
                )
                self.last = now

    return Speaking


def _write_seeds(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as stream:
        for n in range(count):
            words = " ".join(
                f"{word}{n * k % 9973}" for k, word in enumerate(("order", "weight", "route", "shelf", "crew"), 3)
            )
            task = f"Write a Python function that takes the {words} of shipment {n} and returns what is late by more than {n % 60} minutes."
            code = f"def late_{n}(rows):\n    late = [r for r in rows if r[{n % 7}] > {n}]\n    return sorted(late)[:{n % 11}]"
            stream.write(json.dumps({"instruction": task, "input": "", "output": code}) + "\n")


def _server(records: int) -> None:
    """The server's own capacity, and what the pipeline takes of it, one after the other, three times."""
    shares = []
    for _ in range(3):
        server = subprocess.Popen([sys.executable, "-c", _SERVER], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        try:
            bare = _bare(address, records)
            ours = _ours(address, records)
        finally:
            server.terminate()
        shares.append(ours / bare)
        print(f"server: {bare:.0f} requests a second by itself, {ours:.0f} from the pipeline ({ours / bare:.1%})")
    verdict("share of the server's own capacity used at concurrency 32, median of 3", statistics.median(shares), 0.95)


# Half a second a reply is fast for a language model; at concurrency 32 that is 64 requests a second.
_SERVER = """
import time
from tests.fakes.scripted_server import ScriptedServer
with ScriptedServer(seconds=0.5) as server:
    print(server.address, flush=True)
    time.sleep(3600)
"""


def _bare(address: str, count: int) -> float:
    import http.client
    from urllib.parse import urlsplit

    parts = urlsplit(address)
    place = threading.local()

    def ask(number: int) -> None:
        if not hasattr(place, "line"):
            place.line = http.client.HTTPConnection(parts.hostname or "", parts.port)
        body = json.dumps(
            {"model": "m", "max_tokens": 9, "seed": number, "messages": [{"role": "user", "content": "Sort"}]}
        )
        place.line.request("POST", f"{parts.path}/chat/completions", body, {"Content-Type": "application/json"})
        place.line.getresponse().read()

    with ThreadPoolExecutor(32) as pool:
        started = time.perf_counter()
        list(pool.map(ask, range(count)))
        return count / (time.perf_counter() - started)


def _ours(address: str, count: int) -> float:
    from trainer.evolve import run as module
    from trainer.evolve.settings import Settings
    from trainer.generators.generator import GeneratorOptions, open_generator

    # Loading libraries and benchmarks before the first request is no matter of the server's.
    asked, begun, ended = 0, 0.0, 0.0

    class Counted:
        def __init__(self, where: str, options: GeneratorOptions) -> None:
            self._inner = open_generator(where, options)
            self.name, self.appetite, self.concurrent = self._inner.name, self._inner.appetite, True

        def generate(self, requests):  # type: ignore[no-untyped-def]
            nonlocal asked
            nonlocal begun, ended
            begun = begun or time.perf_counter()
            for reply in self._inner.generate(requests):
                asked += 1
                ended = time.perf_counter()
                yield reply

        def close(self) -> None:
            self._inner.close()

    real, module.open_generator = module.open_generator, Counted  # type: ignore[assignment]
    try:
        with tempfile.TemporaryDirectory() as folder:
            seeds = Path(folder) / "seeds.jsonl"
            _write_seeds(seeds, count // 2)
            options = GeneratorOptions(concurrency=32)
            module.run(
                Settings(
                    (seeds,), Path(folder) / "out.jsonl", address, options, rounds=1, progress="none", report=False
                )
            )
            return asked / (ended - begun)
    finally:
        module.open_generator = real


if __name__ == "__main__":
    main()
