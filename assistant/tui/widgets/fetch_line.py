"""The line that shows how far a download is; gone when none runs."""

from __future__ import annotations

from textual.content import Content

from assistant.ground.files import human_bytes
from assistant.tui.drawing.untrusted import Plain, joined, plain_line
from assistant.tui.widgets.status_bar import bar


class FetchLine(Plain):
    """One line, hidden at rest."""

    DEFAULT_CSS = """
    FetchLine { height: 1; padding: 0 2; display: none; color: $foreground 80%; &.-shown { display: block; } }
    """

    def show_progress(self, name: str, done: float, total: float, seconds_left: float | None) -> None:
        """`done` of `total` bytes; a total of 0 is not known yet."""
        self.add_class("-shown")
        amount = amount_of(done, total, seconds_left)
        hint = ("   F2, x stops it", "$foreground 50%")
        self.show(joined(("↓ ", "$accent"), plain_line(name), "  ", amount, hint), layout=False)

    def hide(self) -> None:
        """Nothing is being fetched."""
        self.remove_class("-shown")


def amount_of(done: float, total: float, seconds_left: float | None) -> Content:
    """A bar, how many of `total` bytes (0 where unknown) are here, and the time that is left."""
    if not total:
        return joined(bar(0.0, 16, "$accent"), " looking it up…")
    time = f", {int(seconds_left) // 60}:{int(seconds_left) % 60:02} left" if seconds_left is not None else ""
    return joined(bar(done / total, 16, "$accent"), f" {human_bytes(done)} of {human_bytes(total)}{time}")
