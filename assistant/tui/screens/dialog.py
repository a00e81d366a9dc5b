"""What the app's dialogs have in common: a framed box in the middle, Esc closes it."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from assistant.tui.keymap import named

Result = TypeVar("Result")


class Dialog(ModalScreen[Result | None]):
    """A dialog that answers with a Result, or None when it is closed."""

    DEFAULT_CSS = """
    Dialog {
        align: center middle;
        background: $background 60%;
        & > #box {
            width: 90%;
            max-width: 96;
            height: auto;
            max-height: 90%;
            border: round $primary;
            border-title-color: $primary;
            border-title-style: bold;
            border-subtitle-color: $foreground 55%;
            background: $background;
            padding: 0 1;
        }
        & > #box.-tall { height: 90%; }
        OptionList, OptionList:focus {
            border: none;
            background: $background;
            background-tint: transparent;
            height: 1fr;
            padding: 0;
            scrollbar-size-vertical: 1;
            text-wrap: nowrap;
            text-overflow: ellipsis;
        }
        VerticalScroll { scrollbar-size-vertical: 1; }
        Input { border: none; height: 1; padding: 0 1; background: $surface; }
        Input:focus { border: none; background: $panel; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = named("dialog", [Binding("escape", "close", "Close", priority=True)])

    def action_close(self) -> None:
        """Close without an answer."""
        self.dismiss(None)
