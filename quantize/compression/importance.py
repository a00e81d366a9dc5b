"""Which columns of each matrix matter: an importance matrix, measured on calibration text.

The text may be plain text, or the JSONL of fine-tuning data, whose instructions and responses are then joined. What
is measured on is best like what the model will be used for, and must not be the text that `verify` measures on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from assistant.ground.files import same_file
from assistant.ground.progress import Progress
from quantize.child import call
from quantize.errors import QuantizeError
from quantize.llama_model import CONTEXT
from quantize.reading.text_file import read_text
from quantize.writing.gguf_file import read_outline

TOKENS = 20_480
_PARTS = ("instruction", "input", "response", "output", "prompt", "completion", "text")
"""Fields of a row that are text to learn from, in the order in which they are joined."""


@dataclass(frozen=True)
class Measured:
    """What an importance matrix was made of."""

    tensors: int
    chunks: int
    tokens: int


def importance(
    model: Path, text: Path, out: Path, *, tokens: int = TOKENS, progress: Progress | None = None
) -> Measured:
    """Measure `model` on `text` and write its importance matrix to `out`.

    Raises:
        QuantizeError: a file cannot be read, or the text is too short.
    """
    read_outline(model)
    if same_file(out, model) or same_file(out, text):
        raise QuantizeError(f"cannot write {out}", "it is the model or the text itself", "another name after -o")
    if not out.parent.is_dir():
        raise QuantizeError(f"cannot write {out}", f"there is no folder {out.parent}", f"mkdir -p {out.parent}")
    content = _rows_text(text) if text.suffix in (".jsonl", ".json") else read_text(text)
    request = {
        "model": str(model),
        "out": str(out),
        "text": content,
        "dataset": text.name,
        "tokens": tokens,
        "context": CONTEXT,
    }
    return Measured(**call("importance", request, progress.update if progress else None))


def _rows_text(path: Path) -> str:
    """The text of a file of rows: one JSON object a line, or one array of them."""
    content = read_text(path)
    try:
        rows = json.loads(content) if content.lstrip().startswith("[") else map(json.loads, content.splitlines())
        texts = ["\n".join(str(row[part]) for part in _PARTS if row.get(part)) for row in rows]
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise QuantizeError(f"cannot read {path}", "it does not hold JSON objects, one a line") from error
    return "\n\n".join(text for text in texts if text)
