"""Turns an example into token ids: the prompt as the chat template lays it out, then the response, then end-of-text.

The template is the one that is saved with the tokenizer, so the app asks later exactly as was trained. Prompt and
response are tokenized apart. Special tokens count as such only where the template wrote them: in an example's own text
they are plain characters. Fill-in-the-middle samples are laid out here too. This reads no files.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.engine.prompt.prompt_format import FAMILIES, Gap
from trainer.errors import TrainerError
from trainer.finetune.examples import Example, Hole

_ASKED, _ANSWERED = "\ue000asked\ue000", "\ue000answered\ue000"
_PADS = ("<fim_pad>", "<|fim_pad|>", "<｜▁pad▁｜>", "<pad>", "<|pad|>", "[PAD]", "<unk>")
_FENCE = re.compile(r"```[\w+#.-]*\n(.*?)```", re.S)
_CODE = re.compile(
    r"^\s*(def |class |import |from \w+ import|for |while |if |return|#include|public |function |const |let |var |fn |func |SELECT |select )|[;{}]\s*$",
    re.M,
)


@dataclass(frozen=True)
class Sample:
    """Token ids; the loss is on those from `prompt` on (end-of-text is the last one)."""

    ids: tuple[int, ...]
    prompt: int
    cut: bool = False


def choose_template(tokenizer: Any, prompt_format: str) -> str:
    """The chat template to train with: a family's from the table, or ("model") the tokenizer's own.

    Raises:
        TrainerError: no such family, or the tokenizer has no template.
    """
    if prompt_format == "model":
        if not tokenizer.chat_template:
            raise TrainerError(
                "cannot use the model's own prompt format",
                "its tokenizer has no chat template",
                'data.prompt_format = "wizardcoder"',
            )
        return str(tokenizer.chat_template)
    if prompt_format not in FAMILIES:
        raise TrainerError(
            f"there is no prompt format {prompt_format}",
            f"known are model, {', '.join(FAMILIES)}",
            'data.prompt_format = "wizardcoder"',
        )
    return FAMILIES[prompt_format].template


def prepare_tokenizer(tokenizer: Any, prompt_format: str) -> None:
    """Give the tokenizer its template and a pad token that is not end-of-text (else no one learns when to stop).

    Raises:
        TrainerError: it has no end-of-text token.
    """
    if tokenizer.eos_token_id is None:
        raise TrainerError(
            "cannot train with this tokenizer", "it has no end-of-text token, so the model could never stop"
        )
    tokenizer.chat_template = choose_template(tokenizer, prompt_format)
    if tokenizer.pad_token_id in (None, tokenizer.eos_token_id):
        special = [str(token) for token in tokenizer.added_tokens_decoder.values() if token.special]
        free = [token for token in (*_PADS, *special) if token in special and token != tokenizer.eos_token]
        if not free:
            raise TrainerError(
                "cannot train with this tokenizer", "it has no special token besides end-of-text to pad with"
            )
        tokenizer.pad_token = free[0]


class SampleLayout:
    """Lays examples out for one tokenizer, whose chat template decides how.

    Args:
        max_length: longest sample in tokens; a longer response loses its end, never the end-of-text token.

    Raises:
        TrainerError: the template does not show what is asked and answered.
    """

    def __init__(self, tokenizer: Any, max_length: int) -> None:
        self._backend = tokenizer.backend_tokenizer
        self._backend.encode_special_tokens = True
        self._max_length = max_length
        self._special = {str(token): i for i, token in tokenizer.added_tokens_decoder.items() if token.special}
        self._splits = re.compile("|".join(map(re.escape, sorted(self._special, key=len, reverse=True))) or r"(?!)")
        self._eos: int = tokenizer.eos_token_id
        self._infill = _infill_tokens(self._special, tokenizer.get_vocab())
        self._before, self._between, self._opening, self._after = self._segments(tokenizer)

    @property
    def can_infill(self) -> bool:
        """Whether the vocabulary has the tokens of fill-in-the-middle."""
        return self._infill is not None

    def samples(self, examples: Sequence[Example]) -> list[Sample | None]:
        """Each example laid out; None where the prompt alone leaves no room for a response.

        A hole is laid out as one where the vocabulary can, else as the question that stands beside it.
        """
        told = [example for example in examples if example.hole is None or not self.can_infill]
        answers = iter(self._told(told))
        return [
            next(answers) if example.hole is None or not self.can_infill else self._filled(example.hole, False)
            for example in examples
        ]

    def _told(self, examples: Sequence[Example]) -> list[Sample | None]:
        prompts = self._encode([(self._before, example.instruction, self._between) for example in examples])
        answers = self._encode([(self._opening, example.response, self._after) for example in examples])
        return [self._joined(prompt, answer) for prompt, answer in zip(prompts, answers, strict=True)]

    def infill_sample(self, code: str, seed: str, suffix_first_rate: float) -> Sample | None:
        """`code` with a random middle (the same one for the same `seed`) to be filled in, or None where it is too long."""
        assert self._infill is not None
        chance = random.Random(seed)
        first, second = sorted(chance.randrange(len(code) + 1) for _ in range(2))
        suffix_first = bool(self._infill[1]) and chance.random() < suffix_first_rate
        return self._filled(Hole(code[:first], code[first:second], code[second:]), suffix_first)

    def _filled(self, hole: Hole, suffix_first: bool) -> Sample | None:
        assert self._infill is not None
        sides = {Gap.PREFIX: hole.before, Gap.SUFFIX: hole.after}
        parts = self._infill[1] if suffix_first else self._infill[0]
        texts = [sides[part] if isinstance(part, Gap) else "" for part in parts]
        encoded = [e.ids for e in self._backend.encode_batch([*texts, hole.middle], add_special_tokens=False)]
        prompt = [
            i
            for part, ids in zip(parts, encoded[:-1], strict=True)
            for i in (ids if isinstance(part, Gap) else [self._special[part]])
        ]
        ids = (*prompt, *encoded[-1], self._eos)
        return Sample(ids, len(prompt)) if len(ids) <= self._max_length else None

    def _joined(self, prompt: list[int], answer: list[int]) -> Sample | None:
        if self._eos in answer:
            answer = answer[: answer.index(self._eos)]
        room = self._max_length - len(prompt) - 1
        if room < 1:
            return None
        return Sample((*prompt, *answer[:room], self._eos), len(prompt), len(answer) > room)

    def _segments(self, tokenizer: Any) -> tuple[str, str, str, str]:
        """The template's own text: before what is asked, after it, before what is answered, after it."""
        turn = [{"role": "user", "content": _ASKED}]
        try:
            prompt = tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)
            whole = tokenizer.apply_chat_template([*turn, {"role": "assistant", "content": _ANSWERED}], tokenize=False)
        except Exception as error:  # the template is a program from a stranger: it may raise anything
            raise TrainerError(
                "cannot use the chat template", f"it fails ({error})", 'data.prompt_format = "wizardcoder"'
            ) from None
        if prompt.count(_ASKED) != 1 or whole.count(_ANSWERED) != 1 or not whole.startswith(prompt.rstrip()):
            raise TrainerError(
                "cannot use the chat template",
                "it does not show one question and its answer once each",
                'data.prompt_format = "wizardcoder"',
            )
        before, between = prompt.split(_ASKED)
        told, after = whole.split(_ANSWERED)
        opening = told.removeprefix(prompt) if told.startswith(prompt) else ""
        return before, between, opening, after.removesuffix("\n")

    def _encode(self, triples: Iterable[tuple[str, str, str]]) -> list[list[int]]:
        """Ids of `template text + an example's text + template text`, each; neighbouring texts are tokenized as one."""
        plans: list[list[int | None]] = []
        texts: list[str] = []
        for before, own, after in triples:
            (*heads, head), (tail, *tails) = self._pieces(before), self._pieces(after)
            assert isinstance(head, str) and isinstance(tail, str)
            plan: list[int | None] = []
            for piece in (*heads, head + own + tail, *tails):
                if isinstance(piece, int):
                    plan.append(piece)
                elif piece:
                    plan.append(None)
                    texts.append(piece)
            plans.append(plan)
        ids = (encoding.ids for encoding in self._backend.encode_batch(texts, add_special_tokens=False))
        return [
            list(itertools.chain.from_iterable(next(ids) if step is None else [step] for step in plan))
            for plan in plans
        ]

    def _pieces(self, text: str) -> list[str | int]:
        """Template text cut at special tokens: text, id, text, …, text."""
        texts, found = self._splits.split(text), self._splits.findall(text)
        pieces: list[str | int] = [texts[0]]
        for token, rest in zip(found, texts[1:], strict=True):
            pieces += [self._special[token], rest]
        return pieces


def code_in(response: str) -> str | None:
    """The code of a response (its longest fenced block, or all of it where it is code), or None."""
    blocks = _FENCE.findall(response)
    if blocks:
        return str(max(blocks, key=len))
    return response if "```" not in response and len(_CODE.findall(response)) >= 2 else None


def _infill_tokens(special: dict[str, int], vocabulary: dict[str, int]) -> tuple[Any, Any] | None:
    for family in FAMILIES.values():
        layout = family.infill
        if layout and all(
            part in vocabulary and part in special for part in layout.prefix_first if not isinstance(part, Gap)
        ):
            return layout.prefix_first, layout.suffix_first
    return None
