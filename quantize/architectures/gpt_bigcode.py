"""gpt_bigcode: StarCoder, StarCoderBase, WizardCoder-15B, tiny_starcoder. Learned positions, one key/value head."""

from __future__ import annotations

from collections.abc import Iterator

from quantize.architectures.architecture import Architecture, Wanted, biased, layer_norm, output, refuse
from quantize.metadata import Setting
from quantize.reading.checkpoint import Config


def _settings(config: Config) -> dict[str, Setting]:
    width, heads = config.integer("n_embd"), config.integer("n_head")
    inner = config.integer("n_inner", default=4 * width)
    if not config.flag("multi_query", True):
        raise refuse(config, "it has a key/value head per attention head (multi_query false); llama.cpp computes one")
    if inner != 4 * width:
        raise refuse(config, f"n_inner is {inner} and llama.cpp's graph has 4 × n_embd = {4 * width}")
    if width % heads:
        raise refuse(config, f"n_embd {width} is no multiple of n_head {heads}")
    activation = config.text("activation_function", "gelu_pytorch_tanh")
    if not activation.startswith("gelu"):
        raise refuse(config, f"its activation is {activation}; llama.cpp computes gelu")
    if not config.flag("scale_attn_weights", True):
        raise refuse(config, "its attention weights are not scaled (scale_attn_weights false)")
    return {
        "context_length": config.integer("n_positions"),
        "embedding_length": width,
        "feed_forward_length": inner,
        "block_count": config.integer("n_layer"),
        "attention.head_count": heads,
        "attention.head_count_kv": 1,
        "attention.layer_norm_epsilon": config.number("layer_norm_epsilon", default=1e-5),
    }


def _layout(config: Config) -> Iterator[Wanted]:
    width, head = config.integer("n_embd"), config.integer("n_embd") // config.integer("n_head")
    inner = 4 * width
    yield Wanted("transformer.wte.weight", "token_embd.weight", (config.integer("vocab_size"), width))
    yield Wanted("transformer.wpe.weight", "position_embd.weight", (config.integer("n_positions"), width), single=True)
    for i in range(config.integer("n_layer")):
        here, there = f"transformer.h.{i}", f"blk.{i}"
        yield from layer_norm(f"{here}.ln_1", f"{there}.attn_norm", width)
        yield from biased(f"{here}.attn.c_attn", f"{there}.attn_qkv", (width + 2 * head, width))
        yield from biased(f"{here}.attn.c_proj", f"{there}.attn_output", (width, width))
        yield from layer_norm(f"{here}.ln_2", f"{there}.ffn_norm", width)
        yield from biased(f"{here}.mlp.c_fc", f"{there}.ffn_up", (inner, width))
        yield from biased(f"{here}.mlp.c_proj", f"{there}.ffn_down", (width, inner))
    yield from layer_norm("transformer.ln_f", "output_norm", width)
    yield from output(config, width)


GPT_BIGCODE = Architecture(
    model_type="gpt_bigcode",
    gguf_name="starcoder",
    examples="StarCoder, StarCoderBase, WizardCoder-15B",
    settings=_settings,
    layout=_layout,
    tied=True,
    ignored=(".attn.bias", ".attn.masked_bias"),
)
