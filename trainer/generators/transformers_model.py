"""A generator that runs a transformers checkpoint in this process, a batch at a time; needs torch.

For weights that are no GGUF yet, and for machines with a GPU. Requests next to each other that sample alike share a
batch, padded on the left; a batch's sampling is seeded by its first request, so a reply depends on its neighbours. A
reply never passes its prompt's room: what does not fit into the model's positions is answered by `context_full`.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.engine.api import (
    ChatPrompt,
    GenerationRequest,
    InfillPrompt,
    Prompt,
    StopReason,
    TextPrompt,
)
from assistant.engine.prompt.prompt_format import Family, Gap, family_of
from assistant.ground.extras import installing
from trainer.errors import TrainerError
from trainer.generators.generator import GeneratorOptions, Reply

_CPU_BATCH = 8
_GPU_BATCH = 32


class TransformersGenerator:
    """See the module.

    Raises:
        TrainerError: the folder holds no checkpoint that transformers can run, or torch is not installed.
    """

    concurrent = False

    def __init__(self, folder: Path, options: GeneratorOptions) -> None:
        config = _config(folder)
        try:
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer
            from transformers.utils import logging
        except ImportError as error:
            raise TrainerError(f"cannot run {folder}", f"{error.name} is not installed", installing("train")) from None
        if options.threads:
            torch.set_num_threads(options.threads)
        self.name = folder.resolve().name
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        kind = torch.bfloat16 if self._device == "cuda" else torch.float32
        # What is under way is said by whoever asked for it, in the way that the user chose.
        logging.disable_progress_bar()
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(folder)
            model = AutoModelForCausalLM.from_pretrained(folder, dtype=kind)
        except Exception as error:
            # transformers raises whatever it stumbled over; all of it means that this is no checkpoint it can run.
            raise TrainerError(
                f"cannot run {folder}", str(error).strip().splitlines()[0] if str(error) else ""
            ) from error
        self._model: Any = model.to(self._device).eval()
        self.appetite = options.concurrency or (_CPU_BATCH if self._device == "cpu" else _GPU_BATCH)
        trained = getattr(self._model.config, "max_position_embeddings", None) or 2048
        self._room = min(options.context_size or trained, trained)
        special = self._tokenizer.all_special_tokens
        architecture = str(config.get("model_type", "")).replace("gpt_bigcode", "starcoder")
        self._family = family_of(
            architecture, self.name, frozenset(special) | frozenset(self._tokenizer.get_added_vocab())
        )
        self._template = self._tokenizer.chat_template or self._family.template
        if self._tokenizer.pad_token_id is None:
            self._tokenizer.pad_token_id = self._tokenizer.eos_token_id or 0
        self._tokenizer.padding_side = "left"

    def generate(self, requests: Iterable[GenerationRequest]) -> Iterator[Reply]:
        """One reply per request, in order; see `Generator.generate`."""
        for _, alike in itertools.groupby(requests, key=_manner):
            while batch := list(itertools.islice(alike, self.appetite)):
                yield from self._batch(batch)

    def close(self) -> None:
        """Let go of the weights."""
        self._model = None

    def _batch(self, batch: Sequence[GenerationRequest]) -> list[Reply]:
        prompts = [self._tokens(request.prompt) for request in batch]
        fitting = [i for i, tokens in enumerate(prompts) if len(tokens) < self._room]
        replies = [Reply("", "context_full", 0)] * len(batch)
        if fitting:
            longest = max(batch[i].max_tokens for i in fitting)
            length = min(longest, self._room - max(len(prompts[i]) for i in fitting))
            rows = self._run(
                [prompts[i] for i in fitting], [self._stops(batch[i]) for i in fitting], length, batch[fitting[0]]
            )
            for i, row in zip(fitting, rows, strict=True):
                replies[i] = self._reply(row, batch[i], length)
        return replies

    def _run(
        self, prompts: list[list[int]], stops: list[tuple[str, ...]], length: int, first: GenerationRequest
    ) -> list[list[int]]:
        import torch
        from transformers import StoppingCriteriaList

        padded = self._tokenizer.pad({"input_ids": prompts}, return_tensors="pt").to(self._device)
        start = padded["input_ids"].shape[1]
        sampling = first.sampling
        settings: dict[str, Any] = {"do_sample": False}
        if sampling.temperature > 0:
            settings = {"do_sample": True, "temperature": sampling.temperature, "top_p": sampling.top_p}
            settings |= {"top_k": sampling.top_k, "min_p": sampling.min_p or None}
        if sampling.seed is not None:
            torch.manual_seed(sampling.seed)
        ending = _Ending(self._tokenizer, start, stops)
        with torch.inference_mode():
            result = self._model.generate(
                **padded,
                max_new_tokens=length,
                repetition_penalty=sampling.repeat_penalty,
                pad_token_id=self._tokenizer.pad_token_id,
                stopping_criteria=StoppingCriteriaList([ending]),
                **settings,
            )
        return [row[start:].tolist() for row in result]

    def _reply(self, row: list[int], request: GenerationRequest, length: int) -> Reply:
        ends = self._end_tokens()
        reason: StopReason = "length"
        at = next((i for i, token in enumerate(row) if token in ends), None)
        if at is not None:
            row, reason = row[:at], "end"
        if len(row) > request.max_tokens:
            row, reason = row[: request.max_tokens], "length"
        text = self._tokenizer.decode(row, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        places = [place for stop in self._stops(request) if (place := text.find(stop)) >= 0]
        if places:
            text, reason = text[: min(places)], "stop"
        elif reason == "length" and length < request.max_tokens:
            reason = "context_full"
        return Reply(text, reason, len(row))

    def _end_tokens(self) -> frozenset[int]:
        ends = self._model.generation_config.eos_token_id
        ends = [ends] if isinstance(ends, int) else list(ends or ())
        return frozenset([*ends, *([self._tokenizer.eos_token_id] if self._tokenizer.eos_token_id is not None else [])])

    def _stops(self, request: GenerationRequest) -> tuple[str, ...]:
        if not isinstance(request.prompt, ChatPrompt):
            return request.stop
        return (*request.stop, *(stop for stop in self._family.stop if stop.strip() in self._template))

    def _tokens(self, prompt: Prompt) -> list[int]:
        if isinstance(prompt, ChatPrompt):
            messages = [{"role": m.role, "content": m.content} for m in prompt.messages]
            text = self._tokenizer.apply_chat_template(
                messages, chat_template=self._template, tokenize=False, add_generation_prompt=True
            )
            return list(self._tokenizer(text + prompt.reply_start, add_special_tokens=False)["input_ids"])
        if isinstance(prompt, TextPrompt):
            return list(self._tokenizer(prompt.text)["input_ids"])
        if isinstance(prompt, InfillPrompt):
            return self._infill(prompt, self._family)
        return list(prompt.tokens)

    def _infill(self, prompt: InfillPrompt, family: Family) -> list[int]:
        if family.infill is None:
            raise TrainerError(f"{self.name} cannot fill in the middle", "its family has no tokens for that")
        sides = {Gap.PREFIX: prompt.prefix, Gap.SUFFIX: prompt.suffix}
        text = "".join(part if isinstance(part, str) else sides[part] for part in family.infill.prefix_first)
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])


class _Ending:
    """Ends each row of a batch at its stop texts; looks at every eighth token, for decoding takes time."""

    def __init__(self, tokenizer: Any, start: int, stops: list[tuple[str, ...]]) -> None:
        self._tokenizer = tokenizer
        self._start = start
        self._stops = stops
        self._over = [False] * len(stops)

    def __call__(self, rows: Any, _scores: Any, **_: Any) -> Any:
        import torch

        length = rows.shape[1] - self._start
        if length % 8 == 0 and any(self._stops):
            for i, stops in enumerate(self._stops):
                if stops and not self._over[i]:
                    text = self._tokenizer.decode(rows[i, self._start :])
                    self._over[i] = any(stop in text for stop in stops)
        return torch.tensor(self._over, device=rows.device)


def _manner(request: GenerationRequest) -> object:
    """What requests of one batch have in common."""
    return replace(request.sampling, seed=None)


def _config(folder: Path) -> dict[str, Any]:
    file = folder / "config.json"
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TrainerError(
            f"cannot run {folder}", "the folder has no config.json", "a checkpoint folder, or a GGUF file"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise TrainerError(f"cannot run {folder}", f"config.json cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise TrainerError(f"cannot run {folder}", "config.json holds no settings")
    return found
