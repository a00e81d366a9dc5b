"""What is asked of a model when a file is to be changed, and what an edit format makes of the answer.

Texts in a task have LF line ends, as a model sees them. A task knows one file; several files are several tasks.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from assistant.editing.edit import Rejection
from assistant.engine.api import ChatPrompt, StopReason
from assistant.errors import AssistantError
from assistant.syntax.document import Document
from assistant.syntax.languages import Language
from assistant.syntax.symbols import Symbol, find

if TYPE_CHECKING:
    from assistant.editing.watch import Watch


@dataclass(frozen=True)
class EditTask:
    """One wish about one file, or about one symbol of it."""

    path: str
    text: str
    language: Language | None
    instruction: str
    symbol_name: str = ""
    """Qualified name of the symbol that is to change; empty for the whole file."""
    rejections: tuple[Rejection, ...] = ()
    complaint: str = ""
    """What was wrong with the last try, for the model."""

    @functools.cached_property
    def document(self) -> Document:
        """The file as a tree."""
        return Document(self.text, self.language)

    @functools.cached_property
    def symbol(self) -> Symbol | None:
        """The symbol that is to change.

        Raises:
            NoSuchSymbol: the file has none of that name.
        """
        return find(self.document, self.symbol_name) if self.symbol_name else None


@dataclass(frozen=True)
class Reply:
    """What the model wrote after the start that it was given, and why it ended."""

    text: str
    stop_reason: StopReason = "end"


@dataclass(frozen=True)
class Reading:
    """The whole file as a reply wants it, and what a person should know about how it was read."""

    text: str
    notes: tuple[str, ...] = ()


class ReplyUnusable(AssistantError):
    """A reply in which no change can be found; the sentence goes back to the model."""


class EditFormat(Protocol):
    """One way for a model to write a change."""

    @property
    def name(self) -> str:
        """The name in reports."""

    def prompt(self, task: EditTask) -> ChatPrompt:
        """What to ask, with the reply begun."""

    def stop(self, task: EditTask) -> tuple[str, ...]:
        """Texts at which the reply is over."""

    def read(self, task: EditTask, reply: Reply) -> Reading:
        """The file that the reply means.

        Raises:
            ReplyUnusable: none can be found in it.
        """

    def complete(self, task: EditTask, text: str) -> bool:
        """Whether `text`, the reply so far up to a line end, already holds all of the change."""

    def watch(self, task: EditTask) -> Watch | None:
        """What sees that a reply can no longer become sound; None where that cannot be seen before its end."""


def request_text(task: EditTask, code: str) -> str:
    """The wish, what was rejected before, and the code, as the user's message: no rules that a reply could parrot."""
    language = task.language.name if task.language else ""
    parts = [task.instruction.strip(), f"```{language}\n{code.rstrip()}\n```"]
    parts += [rejection.for_model() for rejection in task.rejections]
    if task.complaint:
        parts.append(f"The last answer could not be used: {task.complaint}")
    return "\n\n".join(parts)


def fence(task: EditTask) -> str:
    """The opening line of a code block in the task's language."""
    return f"```{task.language.name if task.language else ''}\n"
