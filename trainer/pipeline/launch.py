"""Starts a program of the house as a stage of a run: `python -m trainer.pipeline.launch PROGRAM WORDS…`.

The only thing it adds is that the process ends when the run does, however the run ends.
"""

from __future__ import annotations

import os
import runpy
import sys

from assistant.ground.parenthood import die_with_parent


def main() -> None:
    """Tie this process to its parent, then become the program that the first word names."""
    die_with_parent()
    os.environ.pop("WIZARD_PARENT", None)
    program = sys.argv.pop(1)
    runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
