"""Old and new text of a changed file beside each other, to be read with the keys of the tree: what is this hunk part of?

Nothing is decided or changed here; the review behind it waits.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import TextArea

from assistant.editing.edit import Edit
from assistant.editing.source_file import with_lf
from assistant.syntax.languages import detect
from assistant.syntax.symbols import outline, symbol_at
from assistant.tui.drawing.untrusted import Plain, joined, plain_line
from assistant.tui.keymap import named
from assistant.tui.widgets.key_bar import KeyBar
from assistant.tui.widgets.structured_area import StructuredArea


class CodePanes(Screen[None]):
    """Both sides of an edit.

    Args:
        edit: what is proposed.
        line: of the old text (from 0) at which to begin.
    """

    DEFAULT_CSS = """
    CodePanes {
        background: $background;
        & > #title { height: 1; padding: 0 1; background: $panel; }
        & Vertical { width: 1fr; }
        & .side { height: 1; padding: 0 1; color: $foreground 60%; text-style: bold; }
        & .place { height: 1; padding: 0 1; color: $foreground 60%; }
        & #new { border-left: solid $border-blurred; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = named(
        "panes",
        [
            Binding("tab", "app.focus_next", "Other side", priority=True),
            Binding("alt+o,alt+up", "by_tree('expand')", "Select more", key_display="Alt+O"),
            Binding("alt+i,alt+down", "by_tree('shrink')", "Select less", key_display="Alt+I"),
            Binding("alt+d", "by_tree('function')", "Function", key_display="Alt+D"),
            Binding("escape", "close", "Back", key_display="Esc"),
        ],
    )

    def __init__(self, edit: Edit, line: int) -> None:
        super().__init__()
        self._edit = edit
        self._line = line

    def compose(self) -> ComposeResult:
        """Title, the two sides, keys."""
        yield Plain(joined(("✦ ", "bold $primary"), plain_line(self._edit.path, "bold")), id="title")
        language = detect(PurePath(self._edit.path))
        with Horizontal():
            for side, text in (("old", self._edit.before), ("new", self._edit.after)):
                with Vertical(id=side):
                    yield Plain(side, classes="side")
                    area = StructuredArea(with_lf(text or ""), language)
                    area.read_only = True
                    yield area
                    yield Plain("", classes="place")
        yield KeyBar(self.BINDINGS)

    @property
    def areas(self) -> list[StructuredArea]:
        """Old and new."""
        return list(self.query(StructuredArea))

    def on_mount(self) -> None:
        """Both sides at the hunk; the new one has the keys."""
        for area in self.areas:
            area.symbols = outline(area.parsed)
            self.call_after_refresh(area.go_to, (self._line, 0))
        self.areas[1].focus()

    @on(TextArea.SelectionChanged)
    def _moved(self, event: TextArea.SelectionChanged) -> None:
        area = event.text_area
        if isinstance(area, StructuredArea) and area.parent is not None:
            symbol = symbol_at(area.parsed, area.span.start)
            place = f"{area.cursor_location[0] + 1}"
            parts = [place, area.selected_words(), area.node_kind(), symbol.qualified_name if symbol else ""]
            line = area.parent.query_one(".place", Plain)
            line.show(plain_line("  ·  ".join(part for part in parts if part)), layout=False)

    def action_by_tree(self, how: Literal["expand", "shrink", "function"]) -> None:
        """For the mouse; the keys belong to the side that has the focus."""
        area = self.focused if isinstance(self.focused, StructuredArea) else self.areas[1]
        if how == "function":
            area.action_select_object("function")
        else:
            area.action_by_tree(how)

    def action_close(self) -> None:
        """Back to the review; of several selections first back to one."""
        if sum(area.only_main() for area in self.areas) == 0:
            self.dismiss(None)
