"""vim in an editor of the app: which keys it takes there, and what `:w` and `:q` do.

It is there while the setting `keymap` says "vim"; the editor asks before each key, so a change of the setting counts at
once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import events
from textual.message import Message

from assistant.tui.vim.text_area import AreaBuffer
from assistant.tui.vim.vim import Vim

if TYPE_CHECKING:
    from textual.widgets import TextArea


class ModeChanged(Message):
    """Mode or half-typed command are others now."""


class Modal:
    """The modes of one text area."""

    def __init__(self, area: TextArea) -> None:
        self._area = area
        self._vim = Vim(AreaBuffer(area), self)

    @property
    def status(self) -> str:
        """The mode, and what is typed of a command."""
        return self._vim.status

    def take(self, event: events.Key) -> bool:
        """Take a key; False where it is the editor's own."""
        taken = self._vim.key(event.key, event.character)
        if taken:
            event.stop()
            event.prevent_default()
            self._area.post_message(ModeChanged())
        return taken

    def save(self) -> None:
        """`:w`."""
        self._do("save")

    def leave(self) -> None:
        """`:q`."""
        self._do("close")

    def save_and_leave(self) -> None:
        """`:wq`; closing asks where saving did not come about."""
        self._area.run_worker(self._save_and_leave())

    def tell(self, words: str) -> None:
        """A remark."""
        self._area.notify(words)

    async def _save_and_leave(self) -> None:
        saving = self._do("save")
        if saving is not None:
            await saving.wait()
        self._do("close")

    def _do(self, action: str) -> Any:
        """Run the action of the nearest place that has it; answers with its worker."""
        for place in self._area.ancestors:
            method: Any = getattr(place, f"action_{action}", None)
            if method is not None:
                return method()
        return None


def modal_of(area: TextArea, known: Modal | None) -> Modal | None:
    """What takes an area's keys by the settings of its app: `known`, a new one, or nothing."""
    wanted = getattr(getattr(area.app, "config", None), "keymap", "plain") == "vim"
    return (known or Modal(area)) if wanted else None
