"""Merged adapters compute what peft computes with them beside the model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quantize.errors import QuantizeError
from quantize.llama_model import LlamaModel
from quantize.lora.adapter import open_adapters
from quantize.lora.adapter_gguf import write_adapter
from quantize.writing.convert import convert

Make = Callable[[str], Path]
IDS = list(range(200, 264))
ALL_OF_STARCODER = ["c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"]


def trained(base: Path, out: Path, seed: int = 1, **settings: Any) -> np.ndarray[Any, Any]:
    """Save an adapter with random updates; returns peft's own logits for IDS."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    adapted = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=16, **settings))
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if "magnitude" in name:
                parameter.mul_(torch.rand_like(parameter) + 0.5)
            elif any(part in name for part in ("lora_B", "lora_embedding", "modules_to_save", "trainable_tokens")):
                parameter.add_(torch.randn_like(parameter) * 0.05)
        adapted.save_pretrained(out)
        return np.asarray(adapted(torch.tensor([IDS])).logits[0])


def merged_logits(base: Path, adapters: list[tuple[Path, float]], out: Path) -> np.ndarray[Any, Any]:
    convert(base, out, kind="F32", patch=open_adapters(adapters))
    model = LlamaModel(out, 128)
    found = model.logits(IDS, 0).copy()
    model.close()
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("architecture", "settings"),
    [
        pytest.param("gpt_bigcode", {"target_modules": ALL_OF_STARCODER}, id="starcoder"),
        pytest.param("gpt_bigcode", {"target_modules": ALL_OF_STARCODER, "use_dora": True}, id="dora"),
        pytest.param("gpt_bigcode", {"target_modules": ["c_attn", "wte"]}, id="tied-embeddings"),
        pytest.param(
            "gpt_bigcode", {"target_modules": ["c_attn"], "modules_to_save": ["wte", "lm_head"]}, id="whole-tensors"
        ),
        pytest.param(
            "gpt_bigcode", {"target_modules": ["c_attn"], "trainable_token_indices": [201, 207]}, id="single-rows"
        ),
        pytest.param(
            "llama",
            {
                "target_modules": "all-linear",
                "use_rslora": True,
                "rank_pattern": {"q_proj": 8},
                "alpha_pattern": {"k_proj": 3},
            },
            id="rslora-patterns",
        ),
        pytest.param(
            "gpt2", {"target_modules": ["c_attn", "c_fc"], "use_dora": True, "fan_in_fan_out": True}, id="conv1d"
        ),
        pytest.param("starcoder2", {"target_modules": ["q_proj", "lm_head"]}, id="tied-output"),
        pytest.param("qwen2", {"target_modules": ["q_proj", "v_proj"], "bias": "all"}, id="biases"),
    ],
)
def test_merged_adapter_computes_what_peft_computes(
    architecture: str, settings: dict[str, Any], checkpoint: Make, tmp_path: Path
) -> None:
    base = checkpoint(architecture)
    right = trained(base, tmp_path / "lora", **settings)
    assert np.abs(merged_logits(base, [(tmp_path / "lora", 1.0)], tmp_path / "m.gguf") - right).max() <= 2e-3


def test_several_adapters_add_up_with_their_weights(checkpoint: Make, tmp_path: Path) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base = checkpoint("llama")
    for seed, name in ((1, "one"), (2, "two")):
        trained(base, tmp_path / name, seed, target_modules=["q_proj", "down_proj"])
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), tmp_path / "one", adapter_name="one")
    model.load_adapter(tmp_path / "two", adapter_name="two")
    model.add_weighted_adapter(["one", "two"], [0.5, 2.0], "both", combination_type="cat")
    model.set_adapter("both")
    with torch.no_grad():
        right = np.asarray(model(torch.tensor([IDS])).logits[0])
    found = merged_logits(base, [(tmp_path / "one", 0.5), (tmp_path / "two", 2.0)], tmp_path / "m.gguf")
    assert np.abs(found - right).max() <= 2e-3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("architecture", "settings"),
    [
        pytest.param("gpt_bigcode", {"target_modules": ALL_OF_STARCODER}, id="starcoder"),
        pytest.param("llama", {"target_modules": ["q_proj", "k_proj", "down_proj"], "use_rslora": True}, id="llama"),
    ],
)
def test_gguf_adapter_beside_the_model_computes_what_peft_computes(
    architecture: str, settings: dict[str, Any], checkpoint: Make, converted: Make, tmp_path: Path
) -> None:
    right = trained(checkpoint(architecture), tmp_path / "lora", **settings)
    write_adapter(tmp_path / "lora", checkpoint(architecture), tmp_path / "lora.gguf")
    model = LlamaModel(converted(architecture), 128, adapter=tmp_path / "lora.gguf")
    found = model.logits(IDS, 0).copy()
    model.close()
    assert np.abs(found - right).max() <= 2e-3


def test_dora_has_no_gguf_form_and_is_refused(checkpoint: Make, tmp_path: Path) -> None:
    trained(checkpoint("llama"), tmp_path / "lora", target_modules=["q_proj"], use_dora=True)
    with pytest.raises(QuantizeError, match=r"DoRA.*--adapter"):
        write_adapter(tmp_path / "lora", checkpoint("llama"), tmp_path / "lora.gguf")
    assert not (tmp_path / "lora.gguf").exists()


def test_adapter_of_another_model_is_refused_by_name(checkpoint: Make, tmp_path: Path) -> None:
    trained(checkpoint("llama"), tmp_path / "lora", target_modules=["q_proj"])
    with pytest.raises(QuantizeError, match=r"q_proj.weight, which the checkpoint does not have"):
        convert(checkpoint("gpt_bigcode"), tmp_path / "m.gguf", patch=open_adapters([(tmp_path / "lora", 1.0)]))
    assert not (tmp_path / "m.gguf").exists()


@pytest.mark.parametrize(
    ("config", "rank"),
    [
        ({"lora_alpha": "much"}, 2),
        ({"lora_alpha": float("inf")}, 2),
        ({"alpha_pattern": {"((": 4}}, 2),
        ({}, 0),
        ({"trainable_token_indices": [-1]}, 2),
    ],
)
def test_settings_of_an_adapter_that_mean_nothing_are_refused(
    config: dict[str, Any], rank: int, tmp_path: Path
) -> None:
    from safetensors.numpy import save_file

    name = "base_model.model.h.0.attn"
    tensors = {f"{name}.lora_A.weight": np.ones((rank, 4)), f"{name}.lora_B.weight": np.ones((4, rank))}
    if "trainable_token_indices" in config:
        tensors = {f"{name}.token_adapter.trainable_tokens_delta": np.ones((1, 4))}
    save_file(
        {key: values.astype(np.float32) for key, values in tensors.items()}, tmp_path / "adapter_model.safetensors"
    )
    (tmp_path / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", **config}))
    with pytest.raises(QuantizeError, match=r"attn"):
        open_adapters([(tmp_path, 1.0)])
