"""How the settings say that a model is run and how its tokens are chosen; the one place between Config and the engine."""

from __future__ import annotations

from pathlib import Path

from assistant.config import Config
from assistant.engine.api import ModelSpec, Sampling
from assistant.models.learned import adapters_of


def model_spec(path: Path, config: Config, adapters: tuple[tuple[str, float], ...] = ()) -> ModelSpec:
    """The model at `path` as the settings want it run: with LoRA `adapters`, or else with what was learned for it here."""
    return ModelSpec(
        path=str(path),
        context_size=config.context_size,
        gpu_layers=config.gpu_layers,
        threads=config.threads,
        adapters=adapters or adapters_of(path),
    )


def sampling(config: Config, seed: int | None = None) -> Sampling:
    """The engine's sampling for these settings."""
    return Sampling(
        temperature=config.temperature,
        top_k=config.top_k,
        top_p=config.top_p,
        min_p=config.min_p,
        repeat_penalty=config.repeat_penalty,
        seed=seed,
    )
