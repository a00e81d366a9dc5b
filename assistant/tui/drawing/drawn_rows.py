"""Rows of a widget as they were drawn last: text that grows at its end moves up, and is not drawn anew for that.

What invalidates a row its widget knows.
"""

from __future__ import annotations

from textual.strip import Strip

_MOST = 500


class DrawnRows:
    """Strips by their row, of one width."""

    def __init__(self) -> None:
        self._strips: dict[int, Strip] = {}
        self._width = 0

    def get(self, row: int, width: int) -> Strip | None:
        """A row as it was drawn; None where it was not."""
        return self._strips.get(row) if width == self._width else None

    def keep(self, row: int, width: int, strip: Strip) -> Strip:
        """Remember a row."""
        if width != self._width or len(self._strips) >= _MOST:
            self._strips.clear()
            self._width = width
        self._strips[row] = strip
        return strip

    def forget(self, first: int = 0) -> None:
        """From that row on they look otherwise."""
        for row in [row for row in self._strips if row >= first]:
            del self._strips[row]
