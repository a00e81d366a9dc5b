"""llama: CodeLlama, DeepSeek-Coder (first generation), SmolLM2, Llama 3. RMSNorm, rotary positions, gated SiLU."""

from __future__ import annotations

from collections.abc import Iterator

from quantize.architectures.architecture import Architecture, Wanted, output, refuse
from quantize.architectures.rope import rope_factors, rope_settings
from quantize.metadata import Setting
from quantize.reading.checkpoint import Config


def head_size(config: Config) -> int:
    """Width of one attention head."""
    return config.integer("head_dim", default=config.integer("hidden_size") // config.integer("num_attention_heads"))


def kv_heads(config: Config) -> int:
    """Number of key/value heads."""
    return config.integer("num_key_value_heads", default=config.integer("num_attention_heads"))


def sizes(config: Config) -> dict[str, Setting]:
    """The metadata that all models with these names in their configuration share."""
    return {
        "block_count": config.integer("num_hidden_layers"),
        "context_length": config.integer("max_position_embeddings"),
        "embedding_length": config.integer("hidden_size"),
        "feed_forward_length": config.integer("intermediate_size"),
        "attention.head_count": config.integer("num_attention_heads"),
        "attention.head_count_kv": kv_heads(config),
    }


def rms_settings(config: Config) -> dict[str, Setting]:
    """The metadata that all models of this shape share."""
    activation = config.text("hidden_act", "silu")
    if activation not in ("silu", "swish"):
        raise refuse(config, f"its activation is {activation}; llama.cpp computes silu")
    settings = sizes(config) | rope_settings(config)
    settings["attention.layer_norm_rms_epsilon"] = config.number("rms_norm_eps", default=1e-6)
    if config.values.get("head_dim") is not None:
        size = head_size(config)
        settings |= {"attention.key_length": size, "attention.value_length": size}
    return settings


def attention(config: Config, i: int, *, bias: bool, out_bias: bool, paired: bool) -> Iterator[Wanted]:
    """The four projections of one block's attention.

    Args:
        paired: llama.cpp rotates neighbouring values for this architecture, transformers rotates halves.
    """
    width, size = config.integer("hidden_size"), head_size(config)
    here, there = f"model.layers.{i}.self_attn", f"blk.{i}"
    counts = {"q": config.integer("num_attention_heads"), "k": kv_heads(config), "v": kv_heads(config)}
    for letter, count in counts.items():
        order = ("rope_pairs", count) if paired and letter != "v" else None
        shape = (count * size, width)
        yield Wanted(f"{here}.{letter}_proj.weight", f"{there}.attn_{letter}.weight", shape, order=order)  # type: ignore[arg-type]  # mypy widens the literal
        if bias:
            yield Wanted(f"{here}.{letter}_proj.bias", f"{there}.attn_{letter}.bias", shape[:1], order=order)  # type: ignore[arg-type]  # likewise
    yield Wanted(f"{here}.o_proj.weight", f"{there}.attn_output.weight", (width, counts["q"] * size))
    if out_bias:
        yield Wanted(f"{here}.o_proj.bias", f"{there}.attn_output.bias", (width,))


def gated_mlp(config: Config, i: int, *, bias: bool = False) -> Iterator[Wanted]:
    """Gate, up and down of one block, with their norm."""
    width, inner = config.integer("hidden_size"), config.integer("intermediate_size")
    here, there = f"model.layers.{i}", f"blk.{i}"
    yield Wanted(f"{here}.post_attention_layernorm.weight", f"{there}.ffn_norm.weight", (width,))
    for part, shape in (("gate", (inner, width)), ("up", (inner, width)), ("down", (width, inner))):
        yield Wanted(f"{here}.mlp.{part}_proj.weight", f"{there}.ffn_{part}.weight", shape)
        if bias:
            yield Wanted(f"{here}.mlp.{part}_proj.bias", f"{there}.ffn_{part}.bias", shape[:1])


def embeddings(config: Config) -> Wanted:
    """The token embeddings."""
    shape = (config.integer("vocab_size"), config.integer("hidden_size"))
    return Wanted("model.embed_tokens.weight", "token_embd.weight", shape)


def _settings(config: Config) -> dict[str, Setting]:
    shared = {"vocab_size": config.integer("vocab_size"), "rope.dimension_count": head_size(config)}
    return rms_settings(config) | shared


def _layout(config: Config) -> Iterator[Wanted]:
    width = config.integer("hidden_size")
    bias = config.flag("attention_bias", False)
    yield embeddings(config)
    for i in range(config.integer("num_hidden_layers")):
        yield Wanted(f"model.layers.{i}.input_layernorm.weight", f"blk.{i}.attn_norm.weight", (width,))
        yield from attention(config, i, bias=bias, out_bias=bias, paired=True)
        yield from gated_mlp(config, i, bias=config.flag("mlp_bias", False))
    yield Wanted("model.norm.weight", "output_norm.weight", (width,))
    yield from output(config, width)


LLAMA = Architecture(
    model_type="llama",
    gguf_name="llama",
    examples="CodeLlama, DeepSeek-Coder, SmolLM2, Llama 3",
    settings=_settings,
    layout=_layout,
    ignored=(".rotary_emb.inv_freq",),
    computed=lambda config: rope_factors(config, head_size(config)),
)
