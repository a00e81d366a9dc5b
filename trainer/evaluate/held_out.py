"""`wizard-train evaluate --held-out`: how well a GGUF model foretells responses that it was never trained on.

The file is run by llama.cpp as the app runs it: quantized, its adapters beside it, prompts laid out by its own template.
The loss is the mean over a response's own tokens; it says nothing about when a reply ends. It lives in a process of its own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.engine.api import ChatMessage, ChatPrompt, EngineError, InfillPrompt, ModelSpec, Prompt
from assistant.ground.files import write_whole
from assistant.ground.progress import Mode, Progress
from trainer.errors import TrainerError
from trainer.finetune.examples import Example, read_examples

if TYPE_CHECKING:
    import numpy as np

    from assistant.engine.llama.llama_model import LlamaModel

BENCHMARK = "held-out"
"""What the report calls itself."""
_CONTEXT = 4096


@dataclass(frozen=True)
class Measured:
    """One row: its number in the file (from 1), the mean loss of its response's tokens (nats), and how many there are."""

    row: int
    loss: float
    tokens: int


def measure(
    model: Path, rows: Path, out: Path, adapters: Sequence[Path] = (), threads: int = 0, mode: Mode = "auto"
) -> dict[str, Any]:
    """Measure the loss of each row's response, write the report to `out`, and return it.

    Raises:
        TrainerError: a row cannot be read, or none can be measured.
        ModelRefused: the model or an adapter cannot be run here.
    """
    examples = list(read_examples(rows))
    started = time.monotonic()
    spec = ModelSpec(str(model), _CONTEXT, threads=threads, adapters=tuple((str(path), 1.0) for path in adapters))
    with Progress(mode) as progress, _Reader(spec) as reader:
        found: list[Measured] = []
        for number, example in enumerate(examples, 1):
            one = reader.loss(number, example)
            found += [one] if one else []
            mean = sum(row.loss for row in found) / len(found) if found else 0.0
            progress.update("held-out responses", number, len(examples), "responses", loss=round(mean, 4))
    if not found:
        raise TrainerError(f"cannot measure {rows}", "no row has a response that fits into the context", "other rows")
    document = {
        "model": str(model),
        "adapters": [str(path) for path in adapters],
        "benchmark": BENCHMARK,
        "rows": len(found),
        "left_out": len(examples) - len(found),
        "loss": sum(one.loss for one in found) / len(found),
        "losses": [vars(one) for one in found],
        "seconds": round(time.monotonic() - started, 3),
    }
    write_whole(out, json.dumps(document, indent=1) + "\n")
    return document


class _Reader:
    """A model that reads prompts and responses, and says how much each response surprised it."""

    def __init__(self, spec: ModelSpec) -> None:
        from assistant.engine.llama.bindings import Log
        from assistant.engine.llama.llama_model import LlamaModel
        from assistant.engine.prompt.template import TemplateRenderer
        from assistant.engine.worker.kv_cache import Batch
        from assistant.engine.worker.runtime import check_file

        log = Log()
        log.install()
        self._log, self._renderer = log, TemplateRenderer()
        self._model: LlamaModel = LlamaModel(spec, check_file(spec, 0), log, self._renderer)
        self._model.use_adapters(spec.adapters, [])
        self._context = self._model.new_context(min(_CONTEXT, self._model.context_size), 1)
        self._batch = Batch(self._model.batch_size)

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, *_: object) -> None:
        from assistant.engine.llama.bindings import library

        library.llama_free(self._context)
        self._model.close()
        self._renderer.close()

    def loss(self, number: int, example: Example) -> Measured | None:
        """The mean loss of the response's tokens; None where there is none, or too long a prompt before it."""
        model = self._model
        prompt_of, answer = self._laid_out(example)
        response = model.vocabulary.tokenize(answer) if answer else []
        try:
            prompt = model.layout.tokens(prompt_of) or [model.vocabulary.any_start]
        except EngineError:
            return None
        response = response[: min(_CONTEXT, model.context_size) - len(prompt)]
        if not response:
            return None
        losses = list(self._losses(prompt, response))
        return Measured(number, sum(losses) / len(losses), len(losses))

    def _laid_out(self, example: Example) -> tuple[Prompt, str]:
        """What is asked, and the answer to it: a gap where the row is one and the model fills gaps, else a question."""
        hole = example.hole
        if hole is not None and self._model.layout.infill_layout is not None:
            return InfillPrompt(hole.before, hole.after), hole.middle
        return ChatPrompt((ChatMessage("user", example.instruction),)), example.response

    def _losses(self, prompt: list[int], response: list[int]) -> Iterator[float]:
        import numpy as np

        from assistant.engine.llama.bindings import library

        library.llama_memory_clear(library.llama_get_memory(self._context), True)
        tokens, first = [*prompt, *response], len(prompt) - 1
        # The last token foretells nothing that is measured.
        for start in range(0, len(tokens) - 1, self._batch.size):
            piece = tokens[start : min(start + self._batch.size, len(tokens) - 1)]
            self._batch.clear()
            wanted = max(0, first - start)
            self._batch.add(0, start, piece, min(wanted, len(piece) - 1))
            if self._batch.decode(self._context) != 0:
                raise TrainerError(
                    "the model cannot be run", "llama.cpp failed to compute a batch", "wizard-tui doctor"
                )
            for place in range(wanted, len(piece)):
                pointer = library.llama_get_logits_ith(self._context, place)
                logits = np.ctypeslib.as_array(pointer, shape=(self._model.vocabulary.size,))
                yield _surprise(logits, tokens[start + place + 1])


def _surprise(logits: np.ndarray[Any, Any], token: int) -> float:
    """The loss of one token in nats; `logits` is (vocabulary,), float32."""
    import numpy as np

    top = float(logits.max())
    return top + float(np.log(np.exp(logits.astype(np.float64) - top).sum())) - float(logits[token])
