"""A checkpoint becomes a GGUF file in f16, bf16 or f32; LoRA adapters are merged on the way.

Tensors stream through in pieces of a few megabytes, so memory does not grow with the model. The file is staged beside
its target and renamed when it is whole. Quantizing is done by `compress`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from assistant.ground.files import replacing, require_space
from assistant.ground.progress import Progress
from quantize.architectures.architecture import Architecture
from quantize.errors import QuantizeError
from quantize.metadata import Setting, add_setting
from quantize.reading.checkpoint import Checkpoint, open_checkpoint
from quantize.reading.vocabulary import Vocabulary, read_vocabulary
from quantize.writing.floats import Float
from quantize.writing.plan import Patch, Planned, find_architecture, make_plan, natural_kind
from quantize.writing.stream import write_tensors

_FILE_TYPES = {"F32": 0, "F16": 1, "BF16": 32}
_QUANTIZATION_VERSION = 2


@dataclass(frozen=True)
class Converted:
    """What was written. `parameters` counts every value once."""

    path: Path
    architecture: str
    kind: Float
    tensors: int
    parameters: int
    bytes: int


def convert(
    folder: Path,
    out: Path,
    *,
    kind: Float | None = None,
    patch: Patch | None = None,
    pre_tokenizer: str | None = None,
    progress: Progress | None = None,
) -> Converted:
    """Write the checkpoint in `folder` as the GGUF file `out`.

    Args:
        kind: type of the matrices; None keeps what the checkpoint has (f16 for f32 ones and where an adapter is merged).
        patch: an adapter to merge.

    Raises:
        QuantizeError: the checkpoint cannot be converted; nothing is left behind.
    """
    checkpoint = open_checkpoint(folder)
    architecture = find_architecture(checkpoint)
    settings = architecture.settings(checkpoint.config)
    kind = kind or natural_kind(checkpoint, patch)
    plan = make_plan(checkpoint, architecture, kind, patch)
    vocabulary = read_vocabulary(folder, checkpoint.config.integer("vocab_size"), pre_tokenizer)
    total = sum(p.bytes for p in plan)
    if not out.parent.is_dir():
        raise QuantizeError(f"cannot write {out}", f"there is no folder {out.parent}", f"mkdir -p {out.parent}")
    require_space(out.parent, total + (16 << 20))
    with replacing(out) as staged:
        writer = _open_writer(staged, checkpoint, architecture, settings, vocabulary, plan)
        try:
            write_tensors(writer, plan, patch, progress or Progress("none"))
        finally:
            writer.close()
        written = staged.stat().st_size
    return Converted(out, architecture.gguf_name, kind, len(plan), sum(prod(p.shape) for p in plan), written)


def _open_writer(
    path: Path,
    checkpoint: Checkpoint,
    architecture: Architecture,
    settings: dict[str, Setting],
    vocabulary: Vocabulary,
    plan: list[Planned],
) -> Any:
    """A gguf writer that has written everything up to the first tensor."""
    import logging

    from gguf import GGMLQuantizationType, GGUFWriter

    logging.getLogger("gguf.gguf_writer").setLevel(logging.ERROR)
    writer = GGUFWriter(path, architecture.gguf_name)
    largest = max((p for p in plan if len(p.shape) > 1), key=lambda p: p.bytes)
    for p in plan:
        writer.add_tensor_info(p.wanted.name, p.shape, None, p.bytes, raw_dtype=GGMLQuantizationType[p.kind])
    _describe(writer, checkpoint.folder, sum(prod(p.shape) for p in plan))
    for name, value in settings.items():
        add_setting(writer, f"{architecture.gguf_name}.{name}", value)
    writer.add_file_type(_FILE_TYPES[largest.kind])
    writer.add_quantization_version(_QUANTIZATION_VERSION)
    for name, value in vocabulary.settings.items():
        add_setting(writer, name, value)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.kinds)
    if vocabulary.scores:
        writer.add_token_scores(vocabulary.scores)
    if vocabulary.merges:
        writer.add_token_merges(vocabulary.merges)
    if vocabulary.chat_template:
        writer.add_chat_template(vocabulary.chat_template)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.write_padding(writer.fout[0], writer.fout[0].tell())
    return writer


def _describe(writer: Any, folder: Path, parameters: int) -> None:
    """Name, licence, base model and so on from the model card, where there is a readable one."""
    import logging

    from gguf import GGUFType, Metadata, size_label

    logging.getLogger("gguf.metadata").setLevel(logging.ERROR)
    try:
        described = Metadata.load(None, folder.resolve(), None, parameters)
    except Exception:  # a card is free text by strangers, and no reason to refuse the weights
        described = Metadata(name=folder.resolve().name)
    described.size_label = described.size_label or size_label(parameters, parameters, 0, 0)
    writer.add_type(GGUFType.MODEL)
    described.set_gguf_meta_model(writer)
