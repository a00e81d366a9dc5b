"""The colours of code in the editor, from the variables of the theme at hand."""

from __future__ import annotations

from rich.style import Style
from textual.color import Color

from assistant.tui.drawing.line_painter import Palette


def palette_of(variables: dict[str, str]) -> Palette:
    """Styles from `App.get_css_variables()`."""

    def colour(name: str) -> Color:
        return Color.parse(variables[name].split()[0])

    ground, ink = colour("background"), colour("foreground")

    def of(name: str, share: float = 1.0, bold: bool | None = None, italic: bool | None = None) -> Style:
        return Style(color=ground.blend(colour(name), share).rich_color, bold=bold, italic=italic)

    def under(name: str, share: float) -> Style:
        return Style(bgcolor=ground.blend(colour(name), share).rich_color)

    return Palette(
        base=Style(color=ink.rich_color, bgcolor=ground.rich_color),
        gutter=of("foreground", 0.35) + Style(bgcolor=ground.rich_color),
        gutter_here=of("primary", bold=True) + under("surface", 1.0),
        line_here=under("surface", 1.0),
        selected=under("primary", 0.35),
        found=under("accent", 0.35),
        bracket=Style(bold=True, underline=True),
        cursor=Style(color=ground.rich_color, bgcolor=ink.rich_color),
        cursor_more=Style(color=ground.rich_color, bgcolor=ground.blend(ink, 0.6).rich_color),
        ghost=of("foreground", 0.45, italic=True) + under("surface", 1.0),
        faint=of("foreground", 0.45) + Style(bgcolor=ground.rich_color),
        roles={
            "keyword": of("primary"),
            "string": of("success"),
            "escape": of("accent"),
            "comment": of("foreground", 0.55, italic=True),
            "number": of("accent"),
            "constant": of("accent"),
            "function": of("warning"),
            "type": of("secondary"),
            "property": of("secondary"),
            "tag": of("primary"),
            "heading": of("primary", bold=True),
        },
    )
