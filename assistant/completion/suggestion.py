"""The words of completion: a suggestion, and what completion is tuned by. Plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.engine.api import GenerationStats


@dataclass(frozen=True)
class Suggestion:
    """Text that may be inserted at `cursor` (in characters) of the document it was made for; never empty."""

    text: str
    cursor: int
    whole: bool = True
    """False while it still grows: the lines so far are sound, and more come."""
    remembered: bool = False
    """It cost no model call: it was prepared, or the user is typing into it."""
    stats: GenerationStats | None = None
    """What the engine spent on it; None where it cost no model call, and while it grows."""

    @property
    def first_line(self) -> str:
        """Its first line that is not blank, for an editor that accepts line by line (line end excluded)."""
        start = len(self.text) - len(self.text.lstrip("\r\n"))
        return self.text[: start + len(self.text[start:].split("\n", 1)[0])].rstrip("\r")

    @property
    def first_word(self) -> str:
        """Blanks and the first word or sign, for an editor that accepts word by word."""
        start = len(self.text) - len(self.text.lstrip())
        end = start
        while end < len(self.text) and (self.text[end].isalnum() or self.text[end] == "_"):
            end += 1
        return self.text[: max(end, start + 1)]


@dataclass(frozen=True)
class Habits:
    """How completion behaves; times in seconds, sizes in tokens unless said otherwise."""

    debounce: float = 0.08
    """How long no key may come before the model is asked; a remembered suggestion comes at once."""
    most_tokens: int = 128
    """The longest suggestion."""
    most_lines: int = 16
    """The longest suggestion in lines."""
    prompt_tokens: int = 1536
    """What of the file and of the ring goes into a prompt, at most."""
    prepare_next: bool = True
    """Whether the next suggestion is made while this one is shown, as if it were accepted."""
    remembered: int = 64
    """How many suggestions are kept."""
    ring: int = 12
    """How many recently touched chunks are kept."""
    temperature: float = 0.0
    """Of the first suggestion; alternatives are sampled."""
