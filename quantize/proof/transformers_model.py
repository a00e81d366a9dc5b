"""A checkpoint in transformers, read like a GGUF model: the truth that a conversion is measured against."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import first_line
from assistant.ground.extras import installing
from quantize.errors import QuantizeError

if TYPE_CHECKING:
    import numpy as np


class TransformersModel:
    """The model of a checkpoint folder in f32; code that lies in the folder is not run."""

    def __init__(self, folder: Path) -> None:
        try:
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer
            from transformers.utils import logging
        except ImportError as error:
            why = "transformers and torch are not installed"
            raise QuantizeError("cannot compare with a checkpoint", why, installing("train")) from error
        logging.disable_progress_bar()
        logging.set_verbosity_error()
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
            model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, trust_remote_code=False)
        except Exception as error:  # transformers raises many kinds for damaged files
            why = first_line(error)
            raise QuantizeError(f"transformers cannot load {folder}", why) from error
        self._torch, self._model, self._cache = torch, model.eval(), None
        self.size = int(model.config.vocab_size)

    def tokenize(self, text: str) -> list[int]:
        """Token ids of `text`, without special tokens around it."""
        return list(self._tokenizer.encode(text, add_special_tokens=False, verbose=False))

    def forget(self) -> None:
        """Begin a new text."""
        self._cache = None

    def logits(self, tokens: list[int], position: int) -> np.ndarray[Any, Any]:
        """Logits after each of `tokens`, [tokens, vocabulary], float32."""
        torch = self._torch
        ids = torch.tensor([tokens])
        places = torch.arange(position, position + len(tokens))[None]
        with torch.inference_mode():
            out = self._model(ids, past_key_values=self._cache, position_ids=places, use_cache=True)
            self._cache = out.past_key_values
            return out.logits[0].float().numpy()
