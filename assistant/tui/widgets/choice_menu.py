"""A short list of what is being typed may become, above the prompt; arrows choose, Tab or a click completes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events, on
from textual.content import Content

from assistant.ground.visible import visible_line
from assistant.tui.drawing.untrusted import Plain, joined, plain_line
from assistant.tui.messages import ChoicePicked

_ROWS = 8
_LABEL = 20


@dataclass(frozen=True)
class Choice:
    """`text` replaces what stands from `start` to the cursor. `runs` tells a command, which Enter carries out."""

    start: int
    text: str
    label: str
    help: str
    runs: bool = False


class ChoiceMenu(Plain):
    """A short list; hidden when nothing fits."""

    DEFAULT_CSS = """
    ChoiceMenu {
        height: auto;
        padding: 0 1;
        background: $surface;
        border: round $border;
        border-bottom: none;
        display: none;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        &.-open { display: block; }
    }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._choices: Sequence[Choice] = ()
        self._at = 0

    @property
    def is_open(self) -> bool:
        """Whether there is something to choose."""
        return bool(self._choices)

    @property
    def is_walked(self) -> bool:
        """Whether arrows have marked another one than the first."""
        return self._at > 0

    @property
    def chosen(self) -> Choice | None:
        """The choice that is marked."""
        return self._choices[self._at] if self._choices else None

    def at(self, row: int) -> Choice:
        """The choice of a row."""
        return self._choices[row]

    def offer(self, choices: Sequence[Choice]) -> None:
        """Show these; none hides the list."""
        if choices != self._choices:
            self._at = 0
        self._choices = choices
        self.set_class(bool(choices), "-open")
        self._draw()

    def move(self, step: int) -> None:
        """Mark the next or the one before."""
        if self._choices:
            self._at = (self._at + step) % len(self._choices)
            self._draw()

    @on(events.Click)
    def _choose(self, event: events.Click) -> None:
        event.stop()
        row = self._first() + event.y - 1
        if 0 <= row < len(self._choices):
            self.post_message(ChoicePicked(row))

    def _first(self) -> int:
        return max(0, min(self._at - _ROWS // 2, len(self._choices) - _ROWS))

    def _draw(self) -> None:
        first = self._first()
        self.show(
            Content("\n").join(self._row(first + i, c) for i, c in enumerate(self._choices[first : first + _ROWS]))
        )

    def _row(self, index: int, choice: Choice) -> Content:
        marked = index == self._at
        label = plain_line(visible_line(choice.label).ljust(_LABEL), "bold $primary" if marked else "$primary")
        return joined(("▸ " if marked else "  ", "$accent"), label, " ", plain_line(choice.help, "$foreground 70%"))
