"""Text that is not ours on its way into a widget: visible characters only, and never markup.

Every widget that shows what a model, a file, a name or the database holds takes it through here.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from assistant.ground.visible import visible, visible_line


def plain(text: str, style: str = "") -> Content:
    """`text` as content: control characters visible, brackets as brackets."""
    return Content.styled(visible(text), style) if style else Content(visible(text))


def plain_line(text: str, style: str = "") -> Content:
    """The same for a place that has one line."""
    return Content.styled(visible_line(text), style) if style else Content(visible_line(text))


def joined(*parts: Content | tuple[str, str] | str) -> Content:
    """Parts in a row: content as it is, strings and (string, style) made plain."""
    contents = []
    for part in parts:
        if isinstance(part, Content):
            contents.append(part)
        elif isinstance(part, str):
            contents.append(plain(part))
        else:
            contents.append(plain(*part))
    return Content("").join(contents)


class Plain(Static):
    """A Static for text that is not ours; a click on it is a message."""

    @dataclass
    class Clicked(Message):
        """The mouse chose this text."""

        plain: Plain

        @property
        def control(self) -> Plain:
            """For `on` with a selector."""
            return self.plain

    def __init__(self, text: str | Content = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(_content(text), markup=False, id=id, classes=classes)

    def show(self, text: str | Content, layout: bool = True) -> None:
        """Replace the text; `layout` False where the size stays."""
        self.update(_content(text), layout=layout)

    def on_click(self) -> None:
        """Say that this text was clicked."""
        self.post_message(self.Clicked(self))


def _content(text: str | Content) -> Content:
    return text if isinstance(text, Content) else plain(text)
