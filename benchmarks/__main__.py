"""The table of benchmarks, and `python -m benchmarks [NAME…]`: without a name, those that need nothing are run."""

from __future__ import annotations

import importlib
import sys

BENCHMARKS = {
    "decode": "tokens a second through worker and pipe against a bare llama_decode loop",
    "followup": "time to the first token of a follow-up turn against the same prompt cold",
    "busy": "decoding while another program keeps a core busy",
    "first_paint": "import and first paint of the app against an empty Textual app",
}


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        table = "\n".join(f"  {name:<14}{words}" for name, words in BENCHMARKS.items())
        sys.exit(f"no benchmark named {', '.join(unknown)}; there are:\n{table}")
    for name in names or BENCHMARKS:
        print(f"\n== {name}: {BENCHMARKS[name]}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main(sys.argv[1:])
