"""A GGUF file becomes a smaller one, by llama.cpp's own quantization in a child process.

llama.cpp writes straight to the name that it is given and does not look whether that is its own source, so here the
name is a staging file, the source is compared by inode, and the space is asked for before.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.ground.files import human_bytes, replacing, require_space, same_file
from assistant.ground.progress import Progress
from quantize.child import call
from quantize.compression.quant_types import QuantType
from quantize.errors import QuantizeError
from quantize.llama_model import threads
from quantize.writing.gguf_file import read_outline


@dataclass(frozen=True)
class Choices:
    """How to quantize, besides the type.

    Args:
        overrides: (pattern of tensor names, type) pairs.
        importance: a file made by `importance`.
        pure: every matrix in the same type, without llama.cpp's mixtures.
    """

    overrides: tuple[tuple[str, str], ...] = ()
    embedding_type: str = ""
    output_type: str = ""
    importance: Path | None = None
    pure: bool = False
    threads: int = 0


@dataclass(frozen=True)
class Compressed:
    """What was written. `fallbacks` counts tensors that got another type because of their width."""

    path: Path
    bytes: int
    bits_per_weight: float
    tensors: int
    fallbacks: int


def require_target(source: Path, out: Path) -> None:
    """Refuse a target that is the source itself, or in no folder.

    Raises:
        QuantizeError: it is one of these.
    """
    if same_file(source, out):
        why = "input and output are the same file, and quantizing would destroy it"
        raise QuantizeError(f"cannot write {out}", why, "another name after -o")
    if not out.parent.is_dir():
        raise QuantizeError(f"cannot write {out}", f"there is no folder {out.parent}", f"mkdir -p {out.parent}")


def compress(
    source: Path,
    out: Path,
    kind: QuantType,
    choices: Choices | None = None,
    progress: Progress | None = None,
    part: int = 0,
) -> Compressed:
    """Write `source` as `kind` to `out`, whole or not at all.

    Args:
        part: bytes of the parts that it is to be split into later; 0 where it stays whole.

    Raises:
        QuantizeError: the source is no model that can be quantized, is the target itself, or has a larger tensor than a part.
    """
    choices = choices or Choices()
    progress = progress or Progress("none")
    require_target(source, out)
    outline = read_outline(source)
    # The first part of a split model tells how many tensors there are in all; llama.cpp joins the parts.
    told = outline.values.get("split.tensors.count")
    promised = told if isinstance(told, int) else len(outline.tensors)
    request = _request(source, kind, choices)
    planned = call("compress", request | {"out": str(out), "dry_run": True})
    if planned["needs_importance"]:
        hint = f"wizard-quantize importance {source} --text FILE -o importance.gguf, then --importance importance.gguf"
        raise QuantizeError(f"cannot quantize to {kind.name}", "at so few bits it needs an importance matrix", hint)
    # llama.cpp tells sizes to four digits; the last word is that of whoever splits.
    if part and planned["largest"] * 0.999 > part:
        why = f"its largest tensor alone will have {human_bytes(planned['largest'])}"
        hint = f"--split {planned['largest'] * 1.001 // 1_000_000 + 1:.0f} or more"
        raise QuantizeError(f"cannot write parts of {human_bytes(part)}", why, hint)
    require_space(out.parent, planned["bytes"] + outline.data_offset)
    with replacing(out) as staged:
        done = call("compress", request | {"out": str(staged), "dry_run": False}, progress.update)
        written = read_outline(staged)
        if len(written.tensors) != promised:
            why = f"llama.cpp wrote {len(written.tensors)} of {promised} tensors"
            raise QuantizeError(f"cannot quantize {source}", why)
    size = out.stat().st_size
    if done["fallbacks"]:
        progress.note(
            f"{done['fallbacks']} of {promised} tensors have rows that {kind.name} cannot hold; "
            f"llama.cpp gave them larger types ({human_bytes(size)} in all)"
        )
    return Compressed(out, size, done["bits_per_weight"], len(written.tensors), done["fallbacks"])


def _request(source: Path, kind: QuantType, choices: Choices) -> dict[str, Any]:
    request = asdict(choices)
    request["importance"] = str(choices.importance) if choices.importance else ""
    request["threads"] = choices.threads or threads()
    return request | {"source": str(source), "type": kind.name, "allow_requantize": True}
