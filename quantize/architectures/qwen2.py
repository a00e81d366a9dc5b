"""qwen2: Qwen2, Qwen2.5, Qwen2.5-Coder. Like llama, with biases on queries, keys and values."""

from __future__ import annotations

from collections.abc import Iterator

from quantize.architectures.architecture import Architecture, Wanted, output, refuse
from quantize.architectures.llama import attention, embeddings, gated_mlp, rms_settings
from quantize.metadata import Setting
from quantize.reading.checkpoint import Config


def qwen_settings(config: Config) -> dict[str, Setting]:
    """Metadata of the Qwen models, which must not use a sliding window."""
    if config.flag("use_sliding_window", False):
        raise refuse(config, "it uses a sliding window (use_sliding_window), which llama.cpp's graph lacks")
    return rms_settings(config)


def _layout(config: Config) -> Iterator[Wanted]:
    width = config.integer("hidden_size")
    yield embeddings(config)
    for i in range(config.integer("num_hidden_layers")):
        yield Wanted(f"model.layers.{i}.input_layernorm.weight", f"blk.{i}.attn_norm.weight", (width,))
        yield from attention(config, i, bias=True, out_bias=False, paired=False)
        yield from gated_mlp(config, i)
    yield Wanted("model.norm.weight", "output_norm.weight", (width,))
    yield from output(config, width)


QWEN2 = Architecture(
    model_type="qwen2",
    gguf_name="qwen2",
    examples="Qwen2.5-Coder, Qwen2.5, Qwen2",
    settings=qwen_settings,
    layout=_layout,
    ignored=(".rotary_emb.inv_freq",),
)
