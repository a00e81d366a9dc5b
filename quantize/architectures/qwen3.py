"""qwen3: Qwen3 dense models. Like llama, with a norm on each query and key head."""

from __future__ import annotations

from collections.abc import Iterator

from quantize.architectures.architecture import Architecture, Wanted, output
from quantize.architectures.llama import attention, embeddings, gated_mlp, head_size
from quantize.architectures.qwen2 import qwen_settings
from quantize.reading.checkpoint import Config


def _layout(config: Config) -> Iterator[Wanted]:
    width, size = config.integer("hidden_size"), head_size(config)
    yield embeddings(config)
    for i in range(config.integer("num_hidden_layers")):
        here, there = f"model.layers.{i}", f"blk.{i}"
        yield Wanted(f"{here}.input_layernorm.weight", f"{there}.attn_norm.weight", (width,))
        yield from attention(config, i, bias=config.flag("attention_bias", False), out_bias=False, paired=False)
        yield Wanted(f"{here}.self_attn.q_norm.weight", f"{there}.attn_q_norm.weight", (size,))
        yield Wanted(f"{here}.self_attn.k_norm.weight", f"{there}.attn_k_norm.weight", (size,))
        yield from gated_mlp(config, i)
    yield Wanted("model.norm.weight", "output_norm.weight", (width,))
    yield from output(config, width)


QWEN3 = Architecture(
    model_type="qwen3",
    gguf_name="qwen3",
    examples="Qwen3 0.6B to 32B",
    settings=qwen_settings,
    layout=_layout,
    ignored=(".rotary_emb.inv_freq",),
)
