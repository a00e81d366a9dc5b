"""LoRA adapters named on the command line: `FILE` or `FILE=WEIGHT`."""

from __future__ import annotations

from assistant.errors import UsageError
from assistant.ground.weights import weighted


def read_adapters(arguments: list[str] | None) -> tuple[tuple[str, float], ...]:
    """The adapters with their weights, each looked into before an engine is started.

    Raises:
        AssistantError: a file cannot be read, is no adapter, or its weight is no number.
    """
    from assistant.models.gguf_header import read_header

    found = []
    for argument in arguments or ():
        path, number = weighted(argument)
        header = read_header(path)
        if header.kind != "adapter":
            raise UsageError(f"{path} is no LoRA adapter", "it is a model", f"--model {path}")
        found.append((str(path), number))
    return tuple(found)
