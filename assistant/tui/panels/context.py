"""The panel of the context: what the last prompt consisted of, part by part, and how fast it was read and answered.

A part can be taken out from here; doing so is the desk's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from assistant.session.context_parts import ContextPart
from assistant.tui.drawing.untrusted import Plain, joined, plain_line
from assistant.tui.keymap import named
from assistant.tui.messages import ContextChanged
from assistant.tui.widgets.status_bar import Status, bar

REMOVABLE = ("map", "pinned", "files", "history")
_COLOURS = {"map": "$secondary", "pinned": "$accent", "files": "$accent", "history": "$primary"}


class ContextPanel(Vertical):
    """The parts of a prompt."""

    DEFAULT_CSS = """
    ContextPanel {
        height: auto;
        max-height: 60%;
        border-top: solid $border;
        background: $surface;
        & > Plain { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        & > OptionList, & > OptionList:focus {
            height: auto;
            max-height: 12;
            border: none;
            padding: 0;
            background: $surface;
            background-tint: transparent;
            text-wrap: nowrap;
            text-overflow: ellipsis;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = named(
        "context",
        [
            Binding("d,delete", "take_out", "Take the part out of the next prompts"),
            Binding("escape,q", "close", "Close the panel"),
        ],
    )

    def __init__(self, parts: Sequence[ContextPart], size: int, status: Status) -> None:
        super().__init__()
        self._parts = list(parts)
        self._room = size
        self._status = status

    def compose(self) -> ComposeResult:
        """Head, parts, figures."""
        yield Plain(joined(("context  ", "bold $primary"), self._head()), id="head")
        yield OptionList(*(Option(self._row(part)) for part in self._parts), markup=False)
        yield Plain(figures(self._status), id="figures")

    def on_mount(self) -> None:
        """Keys go to the list."""
        self.query_one(OptionList).focus()

    def show_figures(self, status: Status) -> None:
        """Draw the speeds and shares as they are now."""
        self.query_one("#figures", Plain).show(figures(status))

    def _head(self) -> Content:
        if not self._parts:
            return Content("nothing has been asked yet · Esc closes")
        used = sum(part.tokens for part in self._parts if part.kind != "reply")
        cut = sum(part.cut for part in self._parts)
        words = f"{used:,} of {self._room:,} tokens in the last prompt"
        return joined(
            words,
            (f" · {cut:,} left out" if cut else "", "$warning"),
            ("   d takes out · Esc closes", "$foreground 60%"),
        )

    def _row(self, part: ContextPart) -> Content:
        share = part.tokens / self._room if self._room else 0.0
        note = f"  {part.note}" if part.note else ""
        return joined(
            (f"{part.tokens:>7,} ", "$foreground"),
            bar(share, 10, _COLOURS.get(part.kind, "$foreground 50%")),
            (f" {part.kind:<8} ", "$foreground 55%"),
            plain_line(part.name),
            (f"  {part.cut:,} tokens left out" if part.cut else "", "$warning"),
            plain_line(note, "$foreground 55%"),
        )

    def action_take_out(self) -> None:
        """Ask for the part at hand to leave."""
        at = self.query_one(OptionList).highlighted
        if at is None:
            return
        if self._parts[at].kind in REMOVABLE:
            self.post_message(ContextChanged(self._parts[at]))
        else:
            self.app.notify(f"{self._parts[at].name} cannot be taken out.")

    def action_close(self) -> None:
        """Ask to be closed."""
        self.post_message(ContextChanged(None))


def figures(status: Status) -> Content:
    """Speeds of reading and writing, and the shares of the cache and of accepted drafts."""
    parts = [
        f"reading {status.prefill_speed:,.0f} tok/s" if status.prefill_speed else "",
        f"writing {status.speed:.1f} tok/s" if status.speed else "",
        f"cache {status.cached / status.total:.0%}" if status.total else "",
        f"drafts accepted {status.drafts:.0%}" if status.drafts is not None else "",
    ]
    return joined((" · ".join(part for part in parts if part) or "no figures yet", "$foreground 70%"))
