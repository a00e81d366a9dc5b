"""The messages that cross widgets without importing them: the chat screen paints before it loads who sends them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from assistant.session.context_parts import ContextPart


@dataclass
class CopyRequested(Message):
    """A code block is to go to the clipboard: what it shows, and its language."""

    code: str
    language: str


@dataclass
class PromptSubmitted(Message):
    """The user wants this sent; the prompt keeps it until it is cleared."""

    text: str


@dataclass
class PromptChanged(Message):
    """The text in the prompt is another one; `before_cursor` is the part up to the cursor."""

    text: str
    before_cursor: str


@dataclass
class CompletionWanted(Message):
    """Tab was pressed while the list above the prompt is open."""


@dataclass
class MenuMoved(Message):
    """An arrow was pressed while the list of commands is open."""

    step: int


@dataclass
class PageScrolled(Message):
    """A page key was pressed in the prompt; the conversation scrolls."""

    direction: int


@dataclass
class ChoicePicked(Message):
    """A row of the list above the prompt was clicked."""

    row: int


@dataclass
class EscapePressed(Message):
    """Escape was pressed in the prompt while the list above it is open."""


@dataclass
class QuestionAsked(Message):
    """The composer hands over a question or a slash command."""

    text: str


@dataclass
class ModelWanted(Message):
    """The user wants something of the model in the editor: "ask" about text of a file, or "edit" one of its symbols.

    `target` is `FILE` or `FILE::SYMBOL`, `selected` the text that is selected ("" where none is), in `language`.
    """

    kind: str
    target: str
    words: str
    selected: str = ""
    language: str = ""


@dataclass
class TestsWanted(Message):
    """The panel of the tests asks for something: "again", "mend" or "close"."""

    __test__ = False

    what: str


@dataclass
class ContextChanged(Message):
    """The panel of the context asks for a part to be taken out, or with None to be closed."""

    part: ContextPart | None


@dataclass
class ResendWanted(Message):
    """A question is to be asked otherwise, in a branch."""

    message: int
    text: str
