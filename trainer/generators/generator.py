"""The seam between the workshop and whatever writes text for it: one Protocol, one Reply, one way to open.

Teacher and candidate are roles of a generator, not kinds of it. Nothing here loads a model: `open_generator` chooses
the module that does, and that module is imported only then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from assistant.engine.api import GenerationRequest, StopReason
from trainer.errors import TrainerError


@dataclass(frozen=True)
class Reply:
    """What a generator answered to one request: the text, why it ended, and how many tokens it is long.

    A prompt that is longer than the model's context is answered by an empty text with `context_full` and 0 tokens,
    so that one such prompt among thousands ends nothing.
    """

    text: str
    stop_reason: StopReason
    tokens: int


class Generator(Protocol):
    """Text in, text out, many at once. Close it, or use `contextlib.closing`."""

    @property
    def name(self) -> str:
        """What produced the text, for records and reports: a file name, or a model at an address."""

    @property
    def appetite(self) -> int:
        """How many requests keep it busy: a good size for batches."""

    @property
    def concurrent(self) -> bool:
        """Whether several threads may call `generate` at once (a server), or one at a time only (a local model)."""

    def generate(self, requests: Iterable[GenerationRequest]) -> Iterator[Reply]:
        """One reply per request, in the order of the requests, which are taken as needed (never all at once).

        Raises:
            TrainerError: the generator is gone for good (the server does not answer, the worker cannot be restarted).
        """

    def close(self) -> None:
        """Let go of the model, the processes and the connections."""


@dataclass(frozen=True)
class GeneratorOptions:
    """How a generator is run; each kind takes what concerns it."""

    concurrency: int = 0
    """Requests in flight (server), or sequences decoded together (local models); 0 lets the kind decide."""

    threads: int = 0
    """CPU threads of a local model; 0 takes the cores that this process may use."""

    context_size: int = 0
    """Tokens of context of a local model; 0 takes what the model was trained for, within reason."""

    model: str = ""
    """Name of the model at a server that has several; empty takes the first that it lists."""

    api_key: str = ""
    """Key for a server; empty takes OPENAI_API_KEY, if that is set."""

    requests_per_minute: float = 0.0
    """Never send more than this many requests a minute to a server; 0 is no limit of ours."""

    adapters: tuple[str, ...] = ()
    """LoRA adapters (GGUF files) to run a GGUF file with; the other kinds refuse them."""

    token_budget: int = 0
    """Stop asking a server after this many tokens of replies; 0 is no limit."""


class NoGenerator:
    """Stands where a generator is named `none`: for work whose texts are all there already."""

    name = "none"
    appetite = 64
    concurrent = False

    def generate(self, requests: Iterable[GenerationRequest]) -> Iterator[Reply]:
        """Nothing can be asked for.

        Raises:
            TrainerError: always.
        """
        raise TrainerError("cannot write a text", "no model was named that writes it", "--teacher starter")

    def close(self) -> None:
        """There is nothing to let go of."""


def open_generator(where: str, options: GeneratorOptions | None = None) -> Generator:
    """Open the model at `where`: a GGUF file, a checkpoint folder, or the address of an OpenAI-compatible server.

    Raises:
        TrainerError: nothing is there, or it is none of the three (`none` opens a generator that writes nothing).
        assistant.engine.api.ModelRefused: the GGUF file cannot be run here.
    """
    if where == "none":
        return NoGenerator()
    options = options or GeneratorOptions()
    path = Path(where).expanduser()
    if options.adapters and not (path.is_file() or where == "starter"):
        raise TrainerError(f"cannot run {where} with an adapter", "only a GGUF file takes one", "a GGUF file")
    if where.startswith(("http://", "https://")):
        from trainer.generators.openai_api import OpenAIGenerator

        return OpenAIGenerator(where, options)
    if path.is_dir():
        from trainer.generators.transformers_model import TransformersGenerator

        return TransformersGenerator(path, options)
    if path.is_file():
        from trainer.generators.gguf import GgufGenerator

        return GgufGenerator(path, options)
    if where == "starter":
        from trainer.generators.gguf import GgufGenerator, starter_path

        return GgufGenerator(starter_path(), options)
    raise _nothing_at(where)


def require_model(where: str) -> None:
    """Raise where `open_generator` would find nothing, before anything is read or fetched for that model."""
    known = where in ("none", "starter") or where.startswith(("http://", "https://"))
    if not known and not Path(where).expanduser().exists():
        raise _nothing_at(where)


def _nothing_at(where: str) -> TrainerError:
    return TrainerError(
        f"cannot open the model {where}",
        "there is no such file or folder, and it is no http:// address",
        "a GGUF file, a checkpoint folder, http://localhost:8000/v1, or the word starter",
    )
