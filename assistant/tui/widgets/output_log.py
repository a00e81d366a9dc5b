"""What a command writes, as it writes it: whole lines, the newest last, of which the oldest are let go.

The text is untrusted, so it is made visible on its way in. This starts no command.
"""

from __future__ import annotations

from textual.widgets import Log

from assistant.ground.visible import VisibleStream

_LINES = 5000
_LONGEST_LINE = 2000


class OutputLog(Log):
    """The end of a command's output."""

    DEFAULT_CSS = """
    OutputLog {
        height: 1fr;
        background: $surface;
        border: none;
        padding: 0 1;
        overflow: auto;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        &:focus { background: $panel; }
    }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(max_lines=_LINES, auto_scroll=True, id=id)
        self._stream = VisibleStream()
        self._column = 0

    def begin(self) -> None:
        """Forget what was written before."""
        self.clear()
        self._stream = VisibleStream()
        self._column = 0

    def feed(self, text: str) -> None:
        """Add a piece of output."""
        self._write(self._stream.feed(text))

    def finish(self) -> None:
        """Nothing follows."""
        self._write(self._stream.flush())

    def _write(self, text: str) -> None:
        """Write it, with lines that never end cut where they grow too long to draw."""
        parts = text.split("\n")
        for index, part in enumerate(parts):
            while part and self._column + len(part) > _LONGEST_LINE:
                room = max(0, _LONGEST_LINE - self._column)
                self.write(part[:room] + "\n")
                part, self._column = part[room:], 0
            self.write(part + ("\n" if index < len(parts) - 1 else ""))
            self._column = 0 if index < len(parts) - 1 else self._column + len(part)
