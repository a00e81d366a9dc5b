"""The screen before it has a widget: it draws what is about to be there, and keeps what is typed for the prompt.

So the first paint waits for nothing, and keys are heard from then on. Who the widgets are, its subclass knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import RenderableType
from textual import events
from textual.content import Content
from textual.screen import Screen

from assistant.ground.visible import visible_line
from assistant.tui.drawing import card
from assistant.tui.drawing.painting import NarrowCompositor

if TYPE_CHECKING:
    from assistant.tui.widgets.prompt_input import PromptInput

_AFTER_PAINT = 0.02
"""Seconds after the first paint at which the rest is opened."""

_CARD = 78
"""Columns of the card of an empty conversation."""
_BOX, _BELOW = 3, 2
"""Rows of the prompt, and of what is below it."""


class OpeningScreen(Screen[None]):
    """A screen that is seen before its widgets are there.

    Args:
        shown: the folder as it is shown.
    """

    def __init__(self, shown: str) -> None:
        super().__init__()
        self._compositor = NarrowCompositor()
        self._shown = shown
        self._opening = True
        self.typed = ""
        """What was typed before there was a prompt."""

    def on_mount(self) -> None:
        """Paint first; open everything else after that."""
        self.call_after_refresh(self.set_timer, _AFTER_PAINT, self.open_everything)

    def open_everything(self) -> object:
        """Mount the widgets; they take over with `give_typed_to`."""
        raise NotImplementedError

    def give_typed_to(self, prompt: PromptInput) -> None:
        """The widgets are there: they are drawn from now on, and the prompt gets the keys, with those typed so far."""
        self.set_focus(prompt)
        # In turn, behind the keys that are on their way to this screen.
        self.call_later(self._give, prompt)

    def _give(self, prompt: PromptInput) -> None:
        self._opening = False
        prompt.put(self.typed + prompt.text)
        self.refresh()

    def render(self) -> RenderableType:
        """The picture, until there is more than a picture."""
        if not self._opening:
            return super().render()
        return picture(self._shown, self.typed, *self.size)

    def on_key(self, event: events.Key) -> None:
        """Keep what is typed, and show it."""
        if not self._opening:
            return
        if event.key == "backspace":
            self.typed = self.typed[:-1]
        elif event.is_printable and event.character:
            self.typed += event.character
        elif event.key == "enter" and self.typed:
            self.notify("One moment: the app is still opening. Your text stays here.")
        else:
            return
        event.stop()
        self.refresh()

    def on_paste(self, event: events.Paste) -> None:
        """Keep what is pasted."""
        if self._opening:
            event.stop()
            self.typed += event.text
            self.refresh()


def picture(folder: str, typed: str, width: int, height: int) -> Content:
    """Title line, card, and a prompt with what is typed, in `width` columns and `height` rows."""
    inset = " " * (2 + max(0, (width - 3 - _CARD) // 2))
    rows = [Content.styled(f" {card.BRAND}".ljust(width), "bold $primary on $panel"), Content(""), Content("")]
    for part in (card.head(folder, height > card.ROOM_FOR_LOGO), Content(""), card.keys()):
        rows += [Content(inset) + line for line in part.split("\n", allow_blank=True)]
    room = max(0, height - _BOX - _BELOW)
    rows = [*rows[:room], *[Content("")] * (room - len(rows)), *_prompt(typed, width), *[Content("")] * _BELOW]
    return Content("\n").join([row.truncate(max(1, width)) for row in rows[:height]])


def _prompt(typed: str, width: int) -> list[Content]:
    """The box, with the end of what is typed and a cursor."""
    room = max(1, width - 6)
    # The line that is typed into; a letter may take two cells, or be drawn as several.
    text = Content(visible_line(typed[-room:].split("\n")[-1]))
    text = text[max(0, len(text) - room + 1) :]
    while len(text) and text.cell_length > room - 1:
        text = text[1:]
    rest = "" if typed else card.PLACEHOLDER
    cursor = Content.styled(rest[:1] or " ", "reverse")
    line = Content("").join([text, cursor, Content.styled(rest[1:room], "$foreground 40%")])
    blank = " " * (room - line.cell_length)
    edges = [Content.styled(f" {left}{'─' * (room + 2)}{right}", "$primary") for left, right in ("╭╮", "╰╯")]
    sides = [Content.styled(side, "$primary") for side in (" │ ", f"{blank} │")]
    return [edges[0], Content("").join([sides[0], line, sides[1]]), edges[1]]
