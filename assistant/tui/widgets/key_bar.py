"""The bottom line: the keys that matter here, each a click as well; what does not fit gives way from the right."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.keys import format_key
from textual.widget import Widget

from assistant.tui.drawing.untrusted import joined
from assistant.tui.keymap import in_force, keymap_of

_GAP = 2


class KeyBar(Widget):
    """One line of keys.

    Args:
        bindings: those of the screen; the ones that are to be shown are.
    """

    DEFAULT_CSS = """
    KeyBar { height: 1; padding: 0 1; background: $background; color: $foreground 60%; }
    """
    ALLOW_SELECT = False

    def __init__(self, bindings: Sequence[BindingType]) -> None:
        super().__init__()
        self._all = bindings
        self._home: Widget | None = None

    def put(self, bindings: Sequence[BindingType], home: Widget) -> None:
        """The keys of another place; what a click does, `home` does, or else the screen."""
        self._home = home
        if bindings != self._all:
            self._all = bindings
            self.refresh()

    @property
    def _keys(self) -> list[Binding]:
        rows = in_force(self._all, keymap_of(self.app))
        shown = {b.action: b for b in reversed(rows) if b.show and b.key != "none"}
        return list(reversed(shown.values()))

    def render(self) -> Content:
        """The keys that fit."""
        parts: list[Content] = []
        width = 0
        for binding in self._keys:
            part = _label(binding)
            width += part.cell_length + _GAP
            if width - _GAP > self.size.width:
                break
            parts.append(part)
        return Content(" " * _GAP).join(parts)

    async def on_click(self, event: events.Click) -> None:
        """Do what the key under the mouse does."""
        at = event.x - self.styles.padding.left
        for binding in self._keys:
            size = _label(binding).cell_length
            if 0 <= at < size:
                name = binding.action.partition("(")[0]
                home = self._home if self._home is not None and hasattr(self._home, f"action_{name}") else self.screen
                await home.run_action(binding.action)
                return
            at -= size + _GAP


def _label(binding: Binding) -> Content:
    key = binding.key_display or format_key(binding.key).replace("ctrl+", "^")
    return joined((key, "bold $primary"), f" {binding.description}")
