"""How a problem is put to a model: continued as code, in WizardCoder's words, in a chat, or as a gap to fill.

One row each in `STYLES`. A style makes the request's prompt and says which of its reply is to be taken as the answer;
finding the code in that answer is `extract`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assistant.engine.api import ChatMessage, ChatPrompt, InfillPrompt, Prompt, TextPrompt
from trainer.evaluate.problem import Problem

_WIZARDCODER = (
    "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{instruction}\n\n### Response:"
)
_ASK = "Create a Python script for this problem:\n"


@dataclass(frozen=True)
class Style:
    """A row of the table. `chatty` replies hold code among words; the others are code from the first character."""

    name: str
    prompt: Callable[[Problem], Prompt]
    chatty: bool
    tabs: bool = False
    """WizardCoder saw four spaces as one tab; the reply's tabs are spaces again."""
    stops: tuple[str, ...] = ()


def _completion(problem: Problem) -> Prompt:
    if problem.suffix:
        return InfillPrompt(problem.prompt, problem.suffix)
    # A trailing line break would be tokenized apart from the indentation that a completion opens with.
    return TextPrompt((problem.lead or problem.prompt).rstrip("\n") if not problem.lead else problem.lead)


def _wizardcoder(problem: Problem) -> Prompt:
    instruction = problem.instruction or _ASK + problem.statement.strip().replace("    ", "\t")
    return TextPrompt(_WIZARDCODER.format(instruction=instruction))


def _chat(problem: Problem) -> Prompt:
    fenced = f"{_ASK}```python\n{problem.statement.strip()}\n```\nAnswer with one complete Python code block."
    words = problem.instruction or fenced
    return ChatPrompt((ChatMessage("user", words),))


STYLES: dict[str, Style] = {
    row.name: row
    for row in (
        Style("completion", _completion, chatty=False),
        Style("wizardcoder", _wizardcoder, chatty=True, tabs=True, stops=("\n### Instruction:",)),
        Style("chat", _chat, chatty=True),
    )
}


def style_for(where: str) -> str:
    """The style that suits the model at `where`: chat for servers and for models with a chat template."""
    if where.startswith(("http://", "https://")) or where == "starter":
        return "chat"
    path = Path(where).expanduser()
    if path.is_dir():
        config = path / "tokenizer_config.json"
        told = config.is_file() and '"chat_template"' in config.read_text(encoding="utf-8", errors="replace")
        return "chat" if told or (path / "chat_template.jinja").is_file() else "completion"
    # The header of a GGUF file comes first, and names the template there if it has one.
    with path.open("rb") as stream:
        return "chat" if b"tokenizer.chat_template" in stream.read(64 * 1024 * 1024) else "completion"
