"""Copies code blocks and replies from the transcript, and says where the text went."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from assistant.session.workplace import Workplace
from assistant.tui.clipboard import copy
from assistant.tui.widgets.code_block import CodeBlock

if TYPE_CHECKING:
    from assistant.tui.screens.workbench import Workbench


class Copying:
    """What can be copied from the conversation on screen."""

    def __init__(self, screen: Workbench, place: Workplace) -> None:
        self._screen = screen
        self._place = place

    def copy_text(self, what: str) -> None:
        """Copy a block by its number, the last one, or the last reply."""
        blocks = self._screen.transcript.code_blocks()
        if what.lower() == "reply":
            self._copy(self._last_reply(), "the reply")
        elif not blocks:
            self._screen.notify("There is no code block yet. /copy reply copies the reply.")
        elif what and not (what.isdigit() and 1 <= int(what) <= len(blocks)):
            self._screen.notify(f"There are {len(blocks)} code blocks: /copy 1 to /copy {len(blocks)}.")
        else:
            focused = self._screen.focused
            block = focused if focused in blocks and not what else blocks[int(what) - 1 if what else -1]
            if isinstance(block, CodeBlock):
                self.copy_code(block.code, block.language)

    def copy_code(self, code: str, language: str) -> None:
        """Copy what a block shows."""
        lines = code.count("\n")
        self._copy(code, f"{lines} {'line' if lines == 1 else 'lines'} of {language}")

    def _last_reply(self) -> str:
        session = self._place.session.id
        messages = self._place.store.messages(session) if session is not None else []
        return next((m.text for m in reversed(messages) if m.role == "assistant"), "")

    def _copy(self, text: str, name: str) -> None:
        async def run() -> None:
            copied = await asyncio.to_thread(copy, text, self._screen.app.copy_to_clipboard)
            self._screen.notify(f"Copied {name} {copied.sentence()}.")

        self._screen.run_worker(run(), group="copy")
