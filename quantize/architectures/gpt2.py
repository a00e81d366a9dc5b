"""gpt2: GPT-2 and CodeParrot. Learned positions; matrices stored columns first (Conv1D)."""

from __future__ import annotations

from collections.abc import Iterator

from quantize.architectures.architecture import Architecture, Wanted, layer_norm, output, refuse
from quantize.metadata import Setting
from quantize.reading.checkpoint import Config


def _inner(config: Config) -> int:
    return config.integer("n_inner", default=4 * config.integer("n_embd"))


def _settings(config: Config) -> dict[str, Setting]:
    activation = config.text("activation_function", "gelu_new")
    if not activation.startswith("gelu"):
        raise refuse(config, f"its activation is {activation}; llama.cpp computes gelu")
    if not config.flag("scale_attn_weights", True):
        raise refuse(config, "its attention weights are not scaled (scale_attn_weights false)")
    return {
        "block_count": config.integer("n_layer"),
        "context_length": config.integer("n_positions", "n_ctx"),
        "embedding_length": config.integer("n_embd"),
        "feed_forward_length": _inner(config),
        "attention.head_count": config.integer("n_head"),
        "attention.layer_norm_epsilon": config.number("layer_norm_epsilon", default=1e-5),
    }


def _conv(
    source: str, name: str, inputs: int, outputs: int, scaled: tuple[int, float] | None = None
) -> Iterator[Wanted]:
    yield Wanted(f"{source}.weight", f"{name}.weight", (inputs, outputs), transposed=True, scaled=scaled)
    yield Wanted(f"{source}.bias", f"{name}.bias", (outputs,), scaled=scaled)


def _layout(config: Config) -> Iterator[Wanted]:
    width, inner = config.integer("n_embd"), _inner(config)
    positions = config.integer("n_positions", "n_ctx")
    by_layer = config.flag("scale_attn_by_inverse_layer_idx", False)
    yield Wanted("transformer.wte.weight", "token_embd.weight", (config.integer("vocab_size"), width))
    yield Wanted("transformer.wpe.weight", "position_embd.weight", (positions, width), single=True)
    for i in range(config.integer("n_layer")):
        here, there = f"transformer.h.{i}", f"blk.{i}"
        # CodeParrot divides attention scores by the layer's number; llama.cpp does not, so the queries are divided.
        queries = (width, 1 / (i + 1)) if by_layer and i else None
        yield from layer_norm(f"{here}.ln_1", f"{there}.attn_norm", width)
        yield from _conv(f"{here}.attn.c_attn", f"{there}.attn_qkv", width, 3 * width, queries)
        yield from _conv(f"{here}.attn.c_proj", f"{there}.attn_output", width, width)
        yield from layer_norm(f"{here}.ln_2", f"{there}.ffn_norm", width)
        yield from _conv(f"{here}.mlp.c_fc", f"{there}.ffn_up", width, inner)
        yield from _conv(f"{here}.mlp.c_proj", f"{there}.ffn_down", inner, width)
    yield from layer_norm("transformer.ln_f", "output_norm", width)
    yield from output(config, width)


GPT2 = Architecture(
    model_type="gpt2",
    gguf_name="gpt2",
    examples="GPT-2, CodeParrot",
    settings=_settings,
    layout=_layout,
    tied=True,
    ignored=(".attn.bias", ".attn.masked_bias"),
)
