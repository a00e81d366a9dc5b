"""Every key and every slash command, read from the bindings and the table themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.keys import format_key

from assistant.commands import COMMANDS
from assistant.ground import paths
from assistant.tui.drawing.untrusted import Plain, joined, plain
from assistant.tui.keymap import Keymap, in_force, keymap_of, named
from assistant.tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from assistant.tui.keys import Area

KEY_WIDTH = 26

_NAMES = {
    "enter": "Enter",
    "pageup": "PageUp",
    "pagedown": "PageDown",
    "escape": "Esc",
    "delete": "Delete",
    "tab": "Tab",
}


_OWN_KEYS = """Other keys: the name at the end of a line, in the table [keys] of {file}:

    [keys]
    editor.save = "ctrl+s,f12"

"none" takes the keys away. keymap = "vim" gives the editor vim's keys. F10 changes settings.
"""


class Help(Dialog[None]):
    """The list.

    Args:
        areas: where keys work, and the bindings there; shown with the keys that the app's keymap gives them.
    """

    BINDINGS: ClassVar[list[BindingType]] = named("dialog", [Binding("f1,q", "close", "Close", show=False)])

    def __init__(self, areas: Sequence[Area]) -> None:
        super().__init__()
        self._areas = areas

    def compose(self) -> ComposeResult:
        """One block an area, then the commands."""
        with VerticalScroll(id="box") as box:
            box.border_title = "Keys and commands"
            box.border_subtitle = "arrows scroll · Esc closes"
            keymap = keymap_of(self.app)
            for area in self._areas:
                rows = described(in_force(area.bindings, keymap))
                yield Plain(_block(area.title, [(_keys(b), b.description, b.id or "") for b in rows]))
            yield Plain(_block("Type in the prompt", [(f"/{c.name} {c.usage}", c.help, "") for c in COMMANDS]))
            yield Plain(plain(_OWN_KEYS.format(file=paths.config_file()), "$foreground 70%"))


def described(bindings: Iterable[BindingType]) -> list[Binding]:
    """The bindings that say what they do, keys of one action together."""
    found: dict[tuple[str, str], Binding] = {}
    for binding in Binding.make_bindings(bindings):
        if not binding.description or binding.system:
            continue
        same = found.get((binding.action, binding.description))
        key = f"{same.key},{binding.key}" if same else binding.key
        display = None if same else binding.key_display
        found[(binding.action, binding.description)] = Binding(
            key, binding.action, binding.description, key_display=display, id=binding.id
        )
    return list(found.values())


def keys_by_name(areas: Iterable[Area], keymap: Keymap) -> dict[str, str]:
    """The first key of each action by the action's name, as a person calls it."""
    rows = [binding for area in areas for binding in in_force(area.bindings, keymap) if binding.id]
    return {binding.id or "": key_name(binding.key) for binding in reversed(rows)}


def _keys(binding: Binding) -> str:
    return "  ".join(dict.fromkeys(key_name(key) for key in binding.key.split(",") if key != "none")) or "–"


def key_name(key: str) -> str:
    """A key as a person calls it: `Ctrl+Y`, `F1`, `↑`."""
    *held, last = key.split("+")
    name = _NAMES.get(last) or format_key(last)
    if len(name) > 1 or held:
        name = name if name in _NAMES.values() else name.capitalize()
    return "+".join([*(h.capitalize() for h in held), name])


def _block(title: str, rows: Sequence[tuple[str, str, str]]) -> Content:
    lines = [joined((title, "bold $accent"))]
    for keys, what, name in rows:
        parts = ((f"  {keys.ljust(KEY_WIDTH)} ", "$primary"), what, (f"  {name}", "$foreground 45%"))
        lines.append(joined(*parts))
    return Content("\n").join([*lines, Content("")])
