"""Runs many `wizard-tui` command lines in one process with a scripted engine: `python -m tests.fakes.scripted_wizard FILE`.

FILE is JSON: `calls` (lists of arguments; one alone gives its own exit code), `replies`, and optionally `error` (raised instead of an answer), `bug`, and `began` (a file made
when the first token is said).
The command line is the real one from `main` on; only the model is not there.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import assistant.engine.client
from assistant.cli.main import main
from assistant.engine.api import Chunk, EngineCrashed, GenerationRequest, LoadedModel, ModelSpec, TextChunk
from tests.fakes.scripted_engine import ScriptedEngine


class _Scripted(ScriptedEngine):
    """Says each reply a character at a time, so that nothing dangerous ever comes in one piece."""

    plan: dict[str, Any]

    async def load(self, spec: ModelSpec) -> LoadedModel:
        if self.plan.get("bug"):
            raise RuntimeError(self.plan["bug"])
        return await super().load(spec)

    async def generate(self, request: GenerationRequest) -> AsyncIterator[Chunk]:
        async for chunk in super().generate(request):
            if isinstance(chunk, TextChunk):
                if "began" in self.plan:
                    Path(self.plan["began"]).touch()
                for character in chunk.text:
                    yield TextChunk(character, chunk.tokens)
                if self.plan.get("error"):
                    raise EngineCrashed(*self.plan["error"])
            else:
                yield chunk


def run(plan: dict[str, Any]) -> None:
    """Run the calls one after the other, each to its exit code."""

    def engine() -> _Scripted:
        made = _Scripted(replies=plan.get("replies", ["Hello."]), seconds_per_token=plan.get("seconds_per_token", 0))
        made.plan = plan
        return made

    assistant.engine.client.EngineClient = engine  # type: ignore[assignment,misc]
    if len(plan["calls"]) == 1:
        sys.argv = ["wizard-tui", *plan["calls"][0]]
        main()
    for arguments in plan["calls"]:
        sys.argv = ["wizard-tui", *arguments]
        try:
            main()
        except SystemExit as leaving:
            print(f"\n=> {leaving.code}", flush=True)
    asyncio.set_event_loop(None)


if __name__ == "__main__":
    run(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
