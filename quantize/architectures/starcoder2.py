"""starcoder2: StarCoder2 3B, 7B, 15B. LayerNorm, rotary positions, grouped queries, biases throughout."""

from __future__ import annotations

from collections.abc import Iterator

from quantize.architectures.architecture import Architecture, Wanted, biased, layer_norm, output, refuse
from quantize.architectures.llama import attention, embeddings, sizes
from quantize.architectures.rope import rope_settings
from quantize.metadata import Setting
from quantize.reading.checkpoint import Config


def _settings(config: Config) -> dict[str, Setting]:
    activation = config.text("hidden_act", "gelu_pytorch_tanh")
    if not activation.startswith("gelu"):
        raise refuse(config, f"its activation is {activation}; llama.cpp computes gelu")
    if not config.flag("use_bias", True):
        raise refuse(config, "it has no biases (use_bias false)")
    epsilon = config.number("norm_epsilon", default=1e-5)
    return sizes(config) | rope_settings(config) | {"attention.layer_norm_epsilon": epsilon}


def _layout(config: Config) -> Iterator[Wanted]:
    width, inner = config.integer("hidden_size"), config.integer("intermediate_size")
    yield embeddings(config)
    for i in range(config.integer("num_hidden_layers")):
        here, there = f"model.layers.{i}", f"blk.{i}"
        yield from layer_norm(f"{here}.input_layernorm", f"{there}.attn_norm", width)
        yield from attention(config, i, bias=True, out_bias=True, paired=False)
        yield from layer_norm(f"{here}.post_attention_layernorm", f"{there}.ffn_norm", width)
        yield from biased(f"{here}.mlp.c_fc", f"{there}.ffn_up", (inner, width))
        yield from biased(f"{here}.mlp.c_proj", f"{there}.ffn_down", (width, inner))
    yield from layer_norm("model.norm", "output_norm", width)
    yield from output(config, width)


STARCODER2 = Architecture(
    model_type="starcoder2",
    gguf_name="starcoder2",
    examples="StarCoder2-3B, 7B, 15B",
    settings=_settings,
    layout=_layout,
    tied=True,
    ignored=(".rotary_emb.inv_freq",),
)
