"""What an empty conversation says, and an empty prompt: the logo, the folder, three keys.

Plain content without a widget, so that the first paint can show it before there are any.
"""

from __future__ import annotations

from textual.content import Content

from assistant.ground.visible import visible_line

PLACEHOLDER = "Ask about your code    / for commands"
"""What an empty prompt says."""

ROOM_FOR_LOGO = 26
"""Rows of a terminal from which there is room for the logo."""

BRAND = "✦ wizard"

_LOGO = """\
       ✦
      ╱ ╲        w i z a r d
     ╱ · ╲       your own coding assistant,
   ━━━━━━━━━     on your own machine"""

_KEYS: tuple[tuple[str, str], ...] = (
    ("/", "commands"),
    ("@", "files"),
    ("F1", "keys"),
)


def head(folder: str, logo: bool) -> Content:
    """Where one is, below the logo if there is room for it."""
    faint = "$foreground 60%"
    where = Content("").join([Content.styled("in ", faint), Content.styled(visible_line(folder), faint)])
    return Content("\n\n").join([Content.styled(_LOGO, "$primary"), where]) if logo else where


def keys() -> Content:
    """The keys that everything is found by."""
    parts = [Content("Type a question below.   ")]
    for key, what in _KEYS:
        parts += [Content.styled(f" {key} ", "$primary on $panel"), Content(f" {what}   ")]
    return Content("").join(parts)
