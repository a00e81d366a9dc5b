"""Runs one recipe whole, and once more killed again and again (SIGKILL) at random moments until it is done.

python -m tests.trainer.finetune.kill_runs RECIPE.toml FOLDER KILLS SEED, alone in its process: it forks before torch has started any
thread, so that each run costs no new imports. Prints one JSON object: how often it was killed, and how often in a save.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path


def _child(recipe: Path, folder: Path) -> int:
    child = os.fork()
    if child:
        return child
    from assistant.ground.progress import Progress
    from trainer.finetune.train import finetune
    from trainer.recipe import read_recipe

    code = 1
    try:
        finetune(read_recipe(recipe, [f"output={folder}"]), True, Progress("none"))
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    import accelerate
    import peft
    import transformers

    import trainer.finetune.loss
    import trainer.finetune.train  # noqa: F401 - loaded once, before the forks

    assert accelerate and peft and transformers.AutoModelForCausalLM and transformers.AutoTokenizer
    recipe, folder, kills, seed = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    whole = folder / "whole"
    began = time.monotonic()
    assert os.waitpid(_child(recipe, whole), 0)[1] == 0, "the unbroken run failed"
    usual = time.monotonic() - began
    chance, done, saving, broken = random.Random(seed), 0, 0, folder / "broken"
    while done < kills:
        child = _child(recipe, broken)
        _wait(broken, chance, usual)
        os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            break
        done += 1
        saving += any((broken / "checkpoints").glob(".tmp-*"))
    assert os.waitpid(_child(recipe, broken), 0)[1] == 0, "the last run failed"
    print(json.dumps({"kills": done, "in_save": saving}))


def _wait(broken: Path, chance: random.Random, usual: float) -> None:
    """Half of the kills hit a save under way, the others a random moment soon after the run has begun to train."""
    saves = chance.random() < 0.5
    metrics = broken / "metrics.jsonl"
    size = metrics.stat().st_size if metrics.exists() else 0
    until = time.monotonic() + 3 * usual
    while time.monotonic() < until and (metrics.stat().st_size if metrics.exists() else 0) == size:
        time.sleep(0.002)
    time.sleep(chance.uniform(0.0, 0.15))
    while saves and time.monotonic() < until and not any((broken / "checkpoints").glob(".tmp-[0-9]*")):
        time.sleep(0.0005)


if __name__ == "__main__":
    main()
