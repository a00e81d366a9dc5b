"""The model's papers: a card (README.md) and an Ollama Modelfile, written beside the GGUF file.

A README.md that this program has not written is left alone; the card then takes the model's own name.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from assistant.ground.fences import fence_for
from assistant.ground.files import human_bytes, write_whole
from quantize.compression.quant_types import QuantType
from quantize.proof.verify import Verdict
from quantize.writing.gguf_file import Outline

_MARK = "<!-- written by wizard-quantize -->"
_MODELFILE_MARK = "# written by wizard-quantize"


@dataclass(frozen=True)
class Story:
    """What a card tells: what was made of what, what it cost, and pass@1 before and after where that was asked for."""

    checkpoint: Path
    kind: QuantType
    verdict: Verdict
    adapters: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    benchmark: str = ""
    pass_at_1: tuple[float, float] | None = None
    mixture: str = ""
    """A sentence on the matrices that were kept in F16, where any were."""


def write_card(out: Path, outline: Outline, story: Story) -> list[Path]:
    """Write card and Modelfile for the model that will be `out`; returns where they lie."""
    verdict, kind = story.verdict, story.kind
    card = _place(out, "README.md", _MARK)
    modelfile = _place(out, "Modelfile", _MODELFILE_MARK)
    base = _base_card(story.checkpoint)
    text = "\n".join(
        [
            _front(base, outline, kind),
            _MARK,
            f"# {out.stem}\n",
            f"{story.checkpoint.resolve().name} as a {kind.name} GGUF: {human_bytes(verdict.bytes)}, "
            f"{verdict.bits_per_weight:.2f} bits per weight, {outline.parameters:,} parameters, "
            f"architecture `{outline.architecture}`.\n",
            *([f"Merged LoRA adapters: {', '.join(story.adapters)}.\n"] if story.adapters else []),
            _measured(story),
            _prompt_format(outline),
            f"## Use\n\n```\nwizard-tui --model {out.name}\nollama create {out.stem} -f {modelfile.name}\n```\n",
        ]
    )
    write_whole(card, text)
    write_whole(modelfile, _modelfile(out, outline))
    return [card, modelfile]


def _place(out: Path, name: str, mark: str) -> Path:
    usual = out.with_name(name)
    try:
        taken = mark not in usual.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        taken = False
    except OSError:
        taken = True
    return out.with_name(f"{out.stem}.{name}") if taken else usual


def _base_card(checkpoint: Path) -> dict[str, str]:
    """Licence, base model and data sets as the base's own card names them; only plain one-line values and lists."""
    try:
        text = (checkpoint / "README.md").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    front = re.match(r"---\n(.*?)\n---", text, re.S)
    if not front:
        return {}
    found = {}
    for key in ("license", "base_model", "datasets", "language"):
        rows = re.search(rf"^{key}:[ \t]*(.*(?:\n[ \t]*- .*)*)", front[1], re.M)
        if rows:
            parts = re.split(r"[\n,]", rows[1])
            found[key] = ", ".join(part.strip(" \t-'\"[]") for part in parts if part.strip(" \t-'\"[]"))
    return found


def _front(base: dict[str, str], outline: Outline, kind: QuantType) -> str:
    rows = {
        "license": base.get("license", "unknown"),
        "base_model": str(outline.values.get("general.base_model.0.name", base.get("base_model", ""))),
        "datasets": [name.strip() for name in base.get("datasets", "").split(",") if name.strip()],
        "library_name": "gguf",
        "quantized_by": "wizard-quantize",
        "tags": ["gguf", kind.name, "code"],
    }
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in rows.items() if value]
    return "\n".join(["---", *lines, "---"])


def _measured(story: Story) -> str:
    verdict, kind, faults = story.verdict, story.kind, story.faults
    judged = "**Not good for its type**: " + " and ".join(faults) + "." if faults else f"Good for {kind.name}."
    scored = []
    if story.pass_at_1 is not None:
        scored = [f"| {story.benchmark}, pass@1 | {story.pass_at_1[0]:.1%} | {story.pass_at_1[1]:.1%} |"]
    return "\n".join(
        [
            "## What quantizing cost\n",
            f"{judged} Measured on {verdict.tokens:,} tokens of held-out text against the unquantized model.\n",
            *([f"{story.mixture[0].upper()}{story.mixture[1:]}.\n"] if story.mixture else []),
            "| | unquantized | this model |",
            "|---|---|---|",
            f"| perplexity | {verdict.perplexity_base:.4f} | {verdict.perplexity:.4f} |",
            f"| KL divergence, mean / 90 % / 99 % / largest | 0 | {verdict.kl_mean:.5f} / {verdict.kl_p90:.5f} "
            f"/ {verdict.kl_p99:.5f} / {verdict.kl_max:.4f} |",
            f"| same most likely token | 100 % | {verdict.top1_agreement:.2%} |",
            *scored,
            "",
        ]
    )


def _prompt_format(outline: Outline) -> str:
    template = outline.values.get("tokenizer.chat_template")
    if not isinstance(template, str):
        return "## Prompt format\n\nA base model: it continues text. It carries no chat template.\n"
    fence = fence_for(template)
    return f"## Prompt format\n\nThe chat template in the file:\n\n{fence}jinja\n{template.strip()}\n{fence}\n"


def _modelfile(out: Path, outline: Outline) -> str:
    """Ollama reads the chat template from the GGUF itself; what it needs told is the file and the context."""
    context = outline.values.get(f"{outline.architecture}.context_length", 2048)
    return f"{_MODELFILE_MARK}\nFROM ./{out.name}\nPARAMETER num_ctx {min(int(str(context)), 8192)}\n"
