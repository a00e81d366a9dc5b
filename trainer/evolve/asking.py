"""What the teacher is asked, and how its reply is taken apart: evolve a task, answer it, judge it, test it.

The words are in `prompts/*.md`; slots are filled in one pass, so braces in a task stay what they are. Whether a reply
is any good is the business of `elimination`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from assistant.engine.api import ChatMessage, ChatPrompt, GenerationRequest, Sampling
from trainer.evolve.checking.code import code_blocks
from trainer.evolve.heuristics import Heuristic, prompt_file


@dataclass(frozen=True)
class Asking:
    """How the teacher is asked: lengths in tokens, and the sampling of WizardLM's own runs."""

    task_tokens: int = 512
    answer_tokens: int = 2048
    temperature: float = 1.0
    top_p: float = 0.9
    answer_temperature: float = 0.3
    """Answers are to be right rather than new."""
    seed: int = 0

    def evolve(self, heuristic: Heuristic, instruction: str, *place: object) -> GenerationRequest:
        """The request for a harder or other task."""
        if heuristic.kind == "deepen":
            text = _filled(prompt_file("evolve"), method=heuristic.words, instruction=instruction)
        else:
            text = _filled(heuristic.words, instruction=instruction, language=_language(instruction))
        return self._request(text, self.task_tokens, self.temperature, "evolve", *place)

    def answer(self, instruction: str, *place: object) -> GenerationRequest:
        """The request for the answer to a task."""
        text = _filled(prompt_file("answer"), instruction=instruction)
        return self._request(text, self.answer_tokens, self.answer_temperature, "answer", *place)

    def compare(self, parent: str, instruction: str, *place: object) -> GenerationRequest:
        """The request to judge whether a task asks for more than its parent."""
        text = _filled(prompt_file("judge"), parent=parent, instruction=instruction)
        return self._request(text, 8, 0.0, "judge", *place)

    def tests(self, instruction: str, response: str, *place: object) -> GenerationRequest:
        """The request for assert statements."""
        text = _filled(prompt_file("tests"), instruction=instruction, response=response)
        return self._request(text, self.task_tokens, self.answer_temperature, "tests", *place)

    def _request(self, text: str, tokens: int, temperature: float, *place: object) -> GenerationRequest:
        sampling = Sampling(
            temperature=temperature, top_k=0, top_p=self.top_p, min_p=0.0, seed=_number(self.seed, *place)
        )
        return GenerationRequest(ChatPrompt((ChatMessage("user", text),)), tokens, sampling)


_LEAD = re.compile(
    r"^\W*(?:sure|certainly|of course|okay|ok|absolutely|here(?:['’]s| is| are)|below is|this is)\b[^\n]{0,120}?[:!.]\s*\n+|"
    r"^\W*(?:the\s+)?(?:new|rewritten|harder|evolved|revised|updated|modified|improved|programming|complete)?\s*(?:programming\s+)?"
    r"(?:task|problem|question|version|prompt|challenge)(?:\s+statement|\s+description)?\W*:\W*",
    re.I,
)


def task_of(reply: str) -> str:
    """The task in a reply: without an introduction, a heading, or quotes or a fence around all of it."""
    text = reply.strip()
    for _ in range(2):
        text = _LEAD.sub("", text, count=1).strip()
    blocks = code_blocks(text)
    whole = len(blocks) == 1 and text.startswith("```") and text.rstrip("`").strip().endswith(blocks[0].text.strip())
    if whole and blocks[0].language in ("", "text", "markdown", "plaintext"):
        text = blocks[0].text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" and text[0] not in text[1:-1]:
        text = text[1:-1].strip()
    return text


def says_more(reply: str) -> bool:
    """Whether the judge found something new; a reply that is neither word counts as new."""
    return "same" not in reply.lower().split("more")[0]


_SLOT = re.compile(r"\{(instruction|method|parent|response|language)\}")


def _filled(template: str, **values: str) -> str:
    return _SLOT.sub(lambda match: values.get(match[1], match[0]), template)


def _language(snippet: str) -> str:
    first = code_blocks(snippet)
    return first[0].language or "Python" if first else "Python"


def _number(*place: object) -> int:
    digest = hashlib.blake2b("/".join(map(str, place)).encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") >> 1
