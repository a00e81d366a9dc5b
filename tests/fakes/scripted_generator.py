"""A generator without a model: a reply follows from the request alone, so every run says the same."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator

from assistant.engine.api import ChatPrompt, GenerationRequest, TextPrompt
from trainer.generators.generator import Reply

_SUBJECTS = (
    "prime numbers", "bank transfers", "weather readings", "chess positions", "train timetables", "recipes", "log lines",
    "currency rates", "matrix rows", "tree nodes", "parking tickets", "music playlists", "DNA strands", "sensor frames",
    "library loans", "football scores", "city distances", "password hints", "pixel colours", "tax brackets",
)  # fmt: skip
_DEMANDS = (
    "must ignore entries below {a}", "must raise ValueError for more than {a} items", "must work in O(n log n) time",
    "must keep the order of equal items", "must accept {a} nested levels", "must round to {b} digits",
    "must not import anything", "must return a dictionary keyed by the first {b} letters", "must handle {a} duplicates",
)  # fmt: skip


def prompt_text(request: GenerationRequest) -> str:
    """The words that the model would see."""
    prompt = request.prompt
    if isinstance(prompt, ChatPrompt):
        return "\n".join(message.content for message in prompt.messages)
    assert isinstance(prompt, TextPrompt)
    return prompt.text


def teacher(request: GenerationRequest) -> str:
    """What a good teacher would say: a new task for a task, code for a question, asserts for tests."""
    text = prompt_text(request)
    digest = hashlib.sha256(f"{request.sampling.seed}{text}".encode()).digest()
    number, a, b = int.from_bytes(digest[:4], "big"), digest[5], digest[6] % 7
    subject = _SUBJECTS[number % len(_SUBJECTS)]
    words = " ".join(f"{_SUBJECTS[d % len(_SUBJECTS)]} {d}" for d in digest[8:18])
    if "assert` statements" in text:
        return "```python\nassert callable(solve)\nassert solve([]) == 0\nassert solve([1]) == 1\n```"
    if "Answer with one word" in text:
        return "more"
    if "The task:\n" in text or "The code:\n" in text:
        demand = _DEMANDS[number % len(_DEMANDS)].format(a=a, b=b)
        if number % 23 == 0:
            return "I'm sorry, but I can't make this task harder."
        return f"Write a Python function that sorts {subject} numbered {number}. It {demand}. Consider {words}."
    if number % 29 == 0:
        return "```python\ndef broken(:\n```"
    lines = "\n".join(f"    total_{i} = sum(values[{d}:]) + {d}" for i, d in enumerate(digest[18:26]))
    return f"```python\ndef solve(values):\n{lines}\n    return len(values) + total_0 * 0  # {number}\n```"


class ScriptedGenerator:
    """Answers each request by `answer(request)`.

    Args:
        seconds: pause before each reply.
        fail_after: end like a server that is gone after this many replies.
    """

    name = "scripted"

    def __init__(
        self,
        answer: Callable[[GenerationRequest], str | Reply] = teacher,
        *,
        appetite: int = 8,
        concurrent: bool = False,
        seconds: float = 0.0,
        fail_after: int | None = None,
    ) -> None:
        self.appetite = appetite
        self.concurrent = concurrent
        self.requests: list[GenerationRequest] = []
        self.keep_requests = True
        self.closed = False
        self._answer = answer
        self._seconds = seconds
        self._fail_after = fail_after
        self._count = 0

    def generate(self, requests: Iterable[GenerationRequest]) -> Iterator[Reply]:
        for request in requests:
            if self._fail_after is not None and self._count >= self._fail_after:
                raise RuntimeError("the scripted generator was told to fail here")
            if self._seconds:
                time.sleep(self._seconds)
            self._count += 1
            if self.keep_requests:
                self.requests.append(request)
            said = self._answer(request)
            yield said if isinstance(said, Reply) else Reply(said, "end", max(1, len(said) // 4))

    def close(self) -> None:
        self.closed = True
