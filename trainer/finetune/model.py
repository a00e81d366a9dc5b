"""Loads the weights to train, with dropout off and attention that keeps packed samples apart, and puts adapters in.

Trained weights are fp32; frozen ones are in the precision of the matrix products. This decides nothing about the data.
"""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from typing import Any

from trainer.errors import TrainerError
from trainer.finetune.attention import PACKED, register
from trainer.finetune.base import Base
from trainer.finetune.hardware import Hardware
from trainer.recipe import LoraPart, Recipe

_DROPOUTS = (
    "attn_pdrop",
    "embd_pdrop",
    "resid_pdrop",
    "attention_dropout",
    "embedding_dropout",
    "residual_dropout",
    "hidden_dropout",
)
# A checkpoint's own words about code to run: never followed, never passed on.
_CODE_KEYS = ("auto_map", "_attn_implementation_internal", "_attn_implementation")


def load_model(base: Base, recipe: Recipe, tokenizer: Any, machine: Hardware) -> Any:
    """The model to train, on its device, with adapters where the recipe wants them.

    Raises:
        TrainerError: the weights cannot be read, do not fit the tokenizer or the lengths, or the method cannot work here.
    """
    part, precision, device = recipe.model, machine.precision, machine.device
    config = _config(base, recipe, tokenizer)
    # Sharded parameters of one layer must be of one type, and adapters are fp32.
    frozen = "fp32" if machine.sharded else precision
    more: dict[str, Any] = {"dtype": torch_dtype("fp32" if part.method == "full" else frozen)}
    if part.method == "qlora":
        if machine.sharded:
            raise TrainerError(
                "cannot shard weights of 4 bits", "FSDP takes whole numbers apart", "accelerate launch without FSDP"
            )
        more |= {"quantization_config": _four_bits(precision, device), "device_map": {"": device}}
    model = _weights(base, config, more)
    # Sharding brings each layer's share to its device, where all of them might not fit.
    if part.method != "qlora" and not machine.sharded:
        model.to(device)
    set_packed(model, recipe.data.packing)
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    if part.gradient_checkpointing:
        # transformers 5.20 gave the switch and its argument other names, and warns at the old ones.
        switch = getattr(model, "activation_checkpointing_enable", model.gradient_checkpointing_enable)
        switch({"use_reentrant": False})
    if part.method != "full":
        model = _with_adapters(model, base, recipe.lora)
    return model


def set_packed(model: Any, packed: bool) -> None:
    """Choose how attention is computed: sample by sample in a packed row, or transformers' own way with a mask."""
    register()
    model.config._attn_implementation = PACKED if packed else "sdpa"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers' own bars and warnings off the screen: what matters is said in our words."""
    from transformers.utils import logging as words

    level, bars = words.get_verbosity(), words.is_progress_bar_enabled()
    words.set_verbosity_error()
    words.disable_progress_bar()
    logging.getLogger("transformers").setLevel(logging.ERROR)
    try:
        # Bars of its GGUF reader go straight to stderr.
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        words.set_verbosity(level)
        if bars:
            words.enable_progress_bar()


def _config(base: Base, recipe: Recipe, tokenizer: Any) -> Any:
    from transformers import AutoConfig

    try:
        with quiet():
            more = {"gguf_file": base.gguf} if base.gguf else {}
            config = AutoConfig.from_pretrained(base.folder, **more)
    except Exception as error:
        raise TrainerError(f"cannot read the configuration of {base.origin}", first_line(error)) from None
    for name in _DROPOUTS:
        if hasattr(config, name):
            setattr(config, name, 0.0)
    for name in _CODE_KEYS:
        config.__dict__.pop(name, None)
    longest = config.max_position_embeddings
    if recipe.data.max_length > longest:
        raise TrainerError(
            f"cannot train on samples of {recipe.data.max_length:,} tokens",
            f"{base.origin} has {longest:,} positions",
            f"data.max_length = {longest}",
        )
    if len(tokenizer) > config.vocab_size:
        raise TrainerError(
            f"cannot train {base.origin}",
            f"its tokenizer has {len(tokenizer):,} tokens and its weights {config.vocab_size:,}",
            "the tokenizer that belongs to the weights",
        )
    config.pad_token_id, config.eos_token_id = tokenizer.pad_token_id, tokenizer.eos_token_id
    return config


def _weights(base: Base, config: Any, more: dict[str, Any]) -> Any:
    from transformers import AutoModelForCausalLM

    if base.gguf:
        more = {**more, "gguf_file": base.gguf}
    else:
        more = {**more, "use_safetensors": True, "trust_remote_code": False}
    try:
        with quiet():
            model, report = AutoModelForCausalLM.from_pretrained(
                base.folder, config=config, attn_implementation="sdpa", output_loading_info=True, **more
            )
    except TrainerError:
        raise
    except Exception as error:
        raise TrainerError(f"cannot read the weights of {base.origin}", first_line(error)) from None
    if base.gguf:
        # Dequantized weights are plain ones; transformers would refuse to save them as long as it remembers the file.
        model.hf_quantizer = None
        model.config.__dict__.pop("quantization_config", None)
    missing = sorted(report.get("missing_keys", ())) + sorted(map(str, report.get("mismatched_keys", ())))
    if missing:
        raise TrainerError(
            f"cannot read the weights of {base.origin}",
            f"{len(missing)} tensors are missing or misshapen ({missing[0]} …)",
        )
    return model


def _four_bits(precision: str, device: Any) -> Any:
    import importlib.util

    if device.type != "cuda":
        raise TrainerError("cannot train with method qlora here", "it needs a CUDA GPU", 'model.method = "lora"')
    if importlib.util.find_spec("bitsandbytes") is None:
        raise TrainerError(
            "cannot train with method qlora", "bitsandbytes is not installed", "pip install bitsandbytes"
        )
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch_dtype(precision),
    )


def _with_adapters(model: Any, base: Base, lora: LoraPart) -> Any:
    from peft import LoraConfig, get_peft_model

    targets = list(lora.targets or base.architecture.targets)
    names = [name for name, _ in model.named_modules()]
    absent = [target for target in targets if not any(f".{name}".endswith(f".{target}") for name in names)]
    if absent:
        known = ", ".join(base.architecture.targets)
        raise TrainerError(
            f"there is no layer {absent[0]} in {base.origin}", f"its linear layers are {known}", "lora.targets"
        )
    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=targets,
        use_dora=lora.dora,
        use_rslora=lora.rslora,
    )
    with quiet():
        return get_peft_model(model, config)


def torch_dtype(precision: str) -> Any:
    """torch's name for fp32, bf16 or fp16."""
    import torch

    return {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]


def first_line(error: Exception) -> str:
    """What an error says, in one line of bounded length."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:300]
