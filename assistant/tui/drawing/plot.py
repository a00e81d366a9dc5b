"""Draws a curve with characters: braille dots, eight to a character, with its least and greatest value beside it.

It gets numbers and gives lines of text; it knows no widget.
"""

from __future__ import annotations

from collections.abc import Sequence

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bits of a braille character: rows from the top, columns from the left."""
_EMPTY = 0x2800
_LARGEST = 1e150
"""Differences of smaller numbers are numbers; NaN is not smaller than anything."""

Points = Sequence[tuple[float, float]]


def plot(points: Points, width: int, height: int) -> list[str]:
    """`height` lines of `width` characters that show the points in order of x; values that are no numbers, or huge, are left out."""
    points = [(x, y) for x, y in points if abs(x) < _LARGEST and abs(y) < _LARGEST]
    if not points or width < 10 or height < 1:
        return [" " * max(0, width)] * max(0, height)
    low, high = min(y for _, y in points), max(y for _, y in points)
    labels = [short(high), *[""] * (height - 1)]
    if height > 1:
        labels[-1] = short(low)
    room = max(map(len, labels))
    if width - room - 2 < 1:
        return [" " * width] * height
    rows = dots(points, width - room - 2, height)
    return [f"{label:>{room}} ┤{row}" for label, row in zip(labels, rows, strict=True)]


def dots(points: Points, width: int, height: int) -> list[str]:
    """The curve alone; each column of dots shows the mean of what falls into it, and gaps are bridged."""
    left, right = points[0][0], points[-1][0]
    low, high = min(y for _, y in points), max(y for _, y in points)
    columns: dict[int, list[float]] = {}
    for x, y in points:
        at = (x - left) / (right - left) if right > left else 0.0
        columns.setdefault(min(2 * width - 1, int(at * (2 * width - 1) + 0.5)), []).append(y)
    cells = [[_EMPTY] * width for _ in range(height)]
    steps = 4 * height - 1
    before: tuple[int, int] | None = None
    for column in sorted(columns):
        mean = sum(columns[column]) / len(columns[column])
        level = (mean - low) / (high - low) if high > low else 0.0
        here = (column, steps - int(min(1.0, max(0.0, level)) * steps + 0.5))
        for x, y in _line(before or here, here):
            cells[y // 4][x // 2] |= _DOTS[y % 4][x % 2]
        before = here
    return ["".join(map(chr, row)) for row in cells]


def _line(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[int, int]]:
    """The dots from one to the other."""
    (x0, y0), (x1, y1) = start, end
    count = max(abs(x1 - x0), abs(y1 - y0), 1)
    return [(x0 + round((x1 - x0) * i / count), y0 + round((y1 - y0) * i / count)) for i in range(count + 1)]


def short(value: float) -> str:
    """A number in few characters."""
    size = abs(value)
    if size >= 1e6 or 0 < size < 1e-3:
        return f"{value:.1e}"
    if size >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def bar(share: float | None, width: int) -> str:
    """How much is done, as a line of `width` characters; a share that is unknown is a dotted one."""
    if share is None:
        return "┄" * width
    full = int(max(0.0, min(1.0, share)) * width + 0.5)
    return "━" * full + "─" * (width - full)


def clock(seconds: float) -> str:
    """A time for people: `2:05`, `1:02:05`, `3 days`."""
    whole = max(0, int(seconds))
    if whole >= 2 * 86400:
        return f"{whole // 86400} days"
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
