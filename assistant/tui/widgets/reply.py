"""One reply: prose and code as they stream, and a line below that says what it took.

Text goes into a buffer that a timer empties; the more a drawing takes, the longer the next one waits, so keys are
never kept waiting by a fast model.
"""

from __future__ import annotations

import time

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.timer import Timer

from assistant.tui.drawing.reply_parts import Piece, ReplyParts
from assistant.tui.drawing.untrusted import Plain
from assistant.tui.widgets.code_block import CodeBlock
from assistant.tui.widgets.prose import Prose

_INTERVAL = 0.08
_AFTER_ROWS = 0.16
"""Seconds after a drawing that brought rows: everything above them moved, and is drawn anew."""

_ROW = 40
_REST = 4
"""After a drawing, at least this many times its duration passes before the next."""


class Reply(Vertical):
    """What the model said, or is saying.

    Args:
        text: the reply so far.
        note: the line below it; "" while it streams.
        finished: whether nothing follows.
    """

    DEFAULT_CSS = """
    Reply { height: auto; padding: 0 1; margin: 0 0 1 0; }
    Reply > .note { color: $foreground 45%; height: auto; }
    Reply.-cut > .note { color: $warning; }
    """

    def __init__(self, text: str = "", note: str = "", finished: bool = False) -> None:
        super().__init__()
        self._waiting = [text] if text else []
        self._parts = ReplyParts()
        self._note = note
        self._ending = finished
        self._last: Prose | CodeBlock | None = None
        self._timer: Timer | None = None
        self._free_at = 0.0
        self._drawing = False
        self._again = False

    def compose(self) -> ComposeResult:
        """The line below; the parts come as they stream."""
        yield Plain(self._note, classes="note")

    async def on_mount(self) -> None:
        """Draw what is there and begin to listen."""
        self.query_one(".note").display = bool(self._note)
        self._timer = self.set_interval(_INTERVAL, self._drain)
        await self._drain()

    def feed(self, text: str) -> None:
        """Add text; it is drawn soon."""
        self._waiting.append(text)

    def begin_again(self, text: str) -> None:
        """Show `text` instead of all that was fed so far."""
        self._again = True
        self._waiting = [text]

    def finish(self, note: str, cut: bool = False) -> None:
        """Nothing follows; `note` says what the reply took, or why it ends here."""
        self._ending = True
        self._note = note
        self.set_class(cut, "-cut")

    def blocks(self) -> list[CodeBlock]:
        """The code blocks, first to last."""
        return list(self.query(CodeBlock))

    async def _drain(self) -> None:
        if self._drawing or (time.monotonic() < self._free_at and not self._ending):
            return
        self._drawing = True
        text = ""
        began = time.monotonic()
        try:
            if self._again:
                self._again, self._parts, self._last = False, ReplyParts(), None
                await self.query("Prose, CodeBlock").remove()
            text = "".join(self._waiting)
            self._waiting.clear()
            ended = self._ending
            pieces = self._parts.feed(text) + (self._parts.finish() if ended else [])
            for piece in pieces:
                await self._draw(piece)
            if ended:
                self._end()
        finally:
            self._drawing = False
            grew = len(text) > _ROW or "\n" in text
            now = time.monotonic()
            self._free_at = now + max(_REST * (now - began), _AFTER_ROWS if grew else 0.0)

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        note = self.query_one(".note", Plain)
        note.show(self._note)
        note.display = bool(self._note)

    async def _draw(self, piece: Piece) -> None:
        if piece.kind == "code":
            if piece.opens or not isinstance(self._last, CodeBlock):
                self._last = CodeBlock(piece.language)
                await self._add(self._last)
            if piece.text:
                self._last.feed(piece.text)
            if piece.closes:
                self._last.finish()
                self._last = None
            return
        if piece.opens or not isinstance(self._last, Prose):
            self._last = Prose()
            await self._add(self._last)
        if piece.text:
            self._last.append(piece.text)

    async def _add(self, widget: Prose | CodeBlock) -> None:
        if not self.is_attached:
            return
        await self.mount(widget, before=self.query_one(".note"))
