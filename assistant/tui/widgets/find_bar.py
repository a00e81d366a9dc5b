"""Find and replace: two lines to type, a count; Enter finds the next or replaces, and nothing is searched here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from assistant.tui.drawing.untrusted import Plain
from assistant.tui.keymap import named
from assistant.tui.widgets.line_input import LineInput


class FindBar(Horizontal):
    """Hidden until it is opened."""

    DEFAULT_CSS = """
    FindBar {
        height: 1;
        background: $panel;
        display: none;
        &.-open { display: block; }
        & > Plain { width: auto; height: 1; padding: 0 1; color: $foreground 60%; }
        & > Input { width: 1fr; height: 1; border: none; padding: 0 1; background: $surface; }
        & > Input:focus { border: none; background: $background; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = named(
        "find",
        [
            Binding("escape", "close", "Close", show=False, priority=True),
            Binding("down,f3", "seek(1)", "The next place", show=False, priority=True),
            Binding("up,shift+f3", "seek(-1)", "The place before", show=False, priority=True),
            Binding("alt+a", "replace_all", "Replace all", show=False, priority=True),
        ],
    )

    @dataclass
    class Sought(Message):
        """A pattern (a regular expression) is to be found: from the cursor on, or anew after typing (`step` 0)."""

        pattern: str
        step: int

    @dataclass
    class Replaced(Message):
        """What is found is to be replaced: the one at hand, or all."""

        pattern: str
        by: str
        which: Literal["one", "all"]

    @dataclass
    class Closed(Message):
        """Back to the text."""

    def __init__(self) -> None:
        super().__init__(id="find")

    def compose(self) -> ComposeResult:
        """Pattern, replacement, count."""
        yield Plain("find")
        yield LineInput(id="pattern", placeholder="a regular expression", select_on_focus=True)
        yield Plain("replace")
        yield LineInput(id="by", placeholder=r"with this; \1 is a group", select_on_focus=True)
        yield Plain("", id="count")

    @property
    def pattern(self) -> str:
        """What is looked for."""
        return self.query_one("#pattern", Input).value

    def open(self, pattern: str, replacing: bool) -> None:
        """Show it, with a pattern if one is given."""
        self.add_class("-open")
        box = self.query_one("#pattern", Input)
        if pattern:
            box.value = pattern
        (self.query_one("#by", Input) if replacing and box.value else box).focus()

    def say(self, text: str) -> None:
        """What came of it."""
        self.query_one("#count", Plain).show(text)

    @on(Input.Changed, "#pattern")
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Sought(self.pattern, 0))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input.id == "by":
            self._replace("one")
        else:
            self.action_seek(1)

    def _replace(self, which: Literal["one", "all"]) -> None:
        self.post_message(self.Replaced(self.pattern, self.query_one("#by", Input).value, which))

    def action_seek(self, step: int) -> None:
        """To the next place, or the one before."""
        self.post_message(self.Sought(self.pattern, step))

    def action_replace_all(self) -> None:
        """Replace every place, as one change."""
        self._replace("all")

    def action_close(self) -> None:
        """Hide it."""
        self.remove_class("-open")
        self.post_message(self.Closed())
