"""The one border that untrusted text crosses on its way to a terminal.

Text from a model, a file, a file name, a GGUF field or another program may hold escape sequences, C1 controls or
bidirectional overrides, with which it could move the cursor, set the clipboard or show code that is not there. Here
every such character becomes a visible one. The mapping is per character, so it holds for text split over chunks too.
This does not judge what the text says, and it must not be used on text that is going back to disk.
"""

from __future__ import annotations

_CONTROL_PICTURES = 0x2400
_KEPT = {0x09, 0x0A}

# Unicode's own invisible controls: bidirectional marks and overrides, line and paragraph separators, interlinear
# annotations, deprecated format characters, and the tag characters in which text can be hidden from a reader.
_INVISIBLE = (
    *(0x00AD, 0x061C, 0x180E, 0x200B, 0x200C, 0x200E, 0x200F, 0xFEFF),
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFFF9, 0xFFFC),
    *range(0xE0000, 0xE0080),
)


def _table() -> dict[int, str]:
    table = {code: chr(_CONTROL_PICTURES + code) for code in range(0x20) if code not in _KEPT}
    table[0x7F] = "\u2421"
    table |= {code: f"⟨{code:02X}⟩" for code in range(0x80, 0xA0)}
    table |= {code: f"⟨U+{code:04X}⟩" for code in _INVISIBLE}
    table |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
    return table


_VISIBLE = _table()
_IN_PLACE = {code: text if len(text) == 1 else "\ufffd" for code, text in _VISIBLE.items()}
_VISIBLE_LINE = _VISIBLE | {0x09: " ", 0x0A: "\u240a"}


def visible(text: str) -> str:
    """`text` with each control character made visible; tabs and line feeds stay, CRLF becomes a line feed."""
    return text.replace("\r\n", "\n").translate(_VISIBLE)


def visible_line(text: str) -> str:
    """The same for a place that has one line: a title, a file name, a table cell."""
    return text.translate(_VISIBLE_LINE)


def visible_in_place(text: str) -> str:
    """The same, one character for each, for an editor in which columns must stay what they are."""
    return text.translate(_IN_PLACE)


class VisibleStream:
    """`visible` for text that comes in chunks: a CR at the end of one waits for the LF that may open the next."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, chunk: str) -> str:
        """The part of the text so far that can be shown."""
        text = self._held + chunk
        self._held = "\r" if text.endswith("\r") else ""
        return visible(text[:-1] if self._held else text)

    def flush(self) -> str:
        """What was held back, at the end of the stream."""
        rest, self._held = self._held, ""
        return visible(rest)
