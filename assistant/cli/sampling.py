"""How the settings and flags say that tokens are chosen."""

from __future__ import annotations

from assistant.config import Config
from assistant.engine.api import Sampling


def sampling(config: Config, seed: int | None) -> Sampling:
    """The engine's sampling for these settings."""
    return Sampling(
        temperature=config.temperature,
        top_k=config.top_k,
        top_p=config.top_p,
        min_p=config.min_p,
        repeat_penalty=config.repeat_penalty,
        seed=seed,
    )
