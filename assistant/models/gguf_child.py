"""Reads GGUF headers in a process of its own, with limits, and prints one JSON line a file.

Started by `gguf_header` with the house at the end of its path, for `engine.gguf_file` and the standard library. That
reader checks every claim of a header; the limits of time and memory here end whatever gets past it all the same, and
the parent says what that means. This judges nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import signal
import sys
from typing import Any

from assistant.engine.gguf_file import TENSOR_TYPES, GgufFile, Unreadable, read_file

SECONDS_PER_FILE = 5
MEMORY_BYTES = 1 << 30
_TOKENS = "tokenizer.ggml.tokens"

# The texts of the token that opens the prefix in fill-in-the-middle, by family.
_FIM_PREFIX = frozenset(
    text.encode()
    for text in (
        *("<fim_prefix>", "<fim-prefix>", "<|fim_prefix|>", "<|code_prefix|>", "<PRE>"),
        *("<｜fim▁begin｜>", "▁<PRE>", "Ġ<PRE>"),
    )
)


def facts(path: str) -> dict[str, Any]:
    """What the header of the GGUF at `path` says, as far as a list of models shows it.

    Raises:
        Unreadable: it is no GGUF, or not a whole one.
        OSError: the file cannot be read.
    """
    return facts_of(read_file(path, kept=0, watched={_TOKENS: _FIM_PREFIX}))


def facts_of(file: GgufFile) -> dict[str, Any]:
    """The facts of a header that was read with its vocabulary watched."""
    fields = file.metadata

    def text(key: str, limit: int = 200) -> str:
        value = fields.get(key, "")
        return value[:limit] if isinstance(value, str) else ""

    def whole(key: str) -> int:
        value = fields.get(key, 0)
        return value if isinstance(value, int) else 0

    by_type = dict[int, int]()
    for tensor in file.tensors:
        by_type[tensor.kind] = by_type.get(tensor.kind, 0) + tensor.elements
    main = max(by_type, key=lambda kind: by_type[kind]) if by_type else -1
    architecture = text("general.architecture", 60)
    template = fields.get("tokenizer.chat_template", "")
    has_template = isinstance(template, str) and bool(template)
    fim = _TOKENS in file.seen or any(f"tokenizer.ggml.{name}_token_id" in fields for name in ("fim_pre", "prefix"))
    return {
        "name": text("general.name"),
        "architecture": architecture,
        "parameters": sum(by_type.values()),
        "file_type": whole("general.file_type") if "general.file_type" in fields else -1,
        "main_tensor_type": TENSOR_TYPES[main][0] if main in TENSOR_TYPES else "",
        "context_size": whole(f"{architecture}.context_length"),
        "layers": whole(f"{architecture}.block_count"),
        "vocabulary_size": file.lengths.get(_TOKENS, 0),
        "chat_template": has_template,
        "chat_template_sha256": hashlib.sha256(str(template).encode()).hexdigest() if has_template else "",
        "fim": fim,
        "licence": text("general.license") or text("general.license.name"),
        "kind": text("general.type", 60),
        "bytes": file.bytes,
    }


def _limit() -> None:
    import resource

    for limit, most in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(limit)
        soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (soft, hard))


def main() -> None:
    """Read a JSON list of paths from stdin; print `{"header": …}` or `{"error": …}` for each, in order."""
    # A system without address-space limits still has the clock below.
    with contextlib.suppress(ImportError, ValueError, OSError):
        _limit()
    for path in json.loads(sys.stdin.buffer.read()):
        # The default action of SIGALRM ends the process, which no parser can swallow.
        signal.setitimer(signal.ITIMER_REAL, SECONDS_PER_FILE)
        try:
            answer: dict[str, Any] = {"header": facts(path)}
        except Unreadable as error:
            answer = {"error": str(error)}
        except OSError as error:
            answer = {"error": (error.strerror or "cannot be read").lower()}
        except (MemoryError, OverflowError, RecursionError):
            answer = {"error": "its header asks for more memory than any model's"}
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
