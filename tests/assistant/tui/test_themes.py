"""Every theme of ours can be read: letters stand off from what is behind them, as WCAG measures it."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import Theme

from assistant.tui.themes import THEMES, WIZARD_CONTRAST

COLOURS = ("foreground", "primary", "secondary", "accent", "success", "warning", "error")
GROUNDS = ("background", "surface", "panel")


def _ratio(one: Color, other: Color) -> float:
    """1 for the same colour, 21 for black on white."""

    def light(colour: Color) -> float:
        parts = [part / 255 for part in colour.rgb]
        r, g, b = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_words_and_signs_stand_off_from_every_ground(theme: Theme) -> None:
    least = 7.0 if theme is WIZARD_CONTRAST else 4.5
    for ground in GROUNDS:
        for colour in COLOURS:
            ratio = _ratio(Color.parse(getattr(theme, colour)), Color.parse(getattr(theme, ground)))
            assert ratio >= least, (colour, ground, ratio)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_muted_words_and_marked_rows_can_be_read(theme: Theme) -> None:
    ground = Color.parse(theme.background)
    muted = ground.blend(Color.parse(theme.foreground), 0.6)
    assert _ratio(muted, ground) >= 4.5
    marked = Color.parse(theme.variables["block-cursor-background"])
    for colour in (theme.variables["block-cursor-foreground"], theme.accent or "", theme.foreground or ""):
        assert _ratio(Color.parse(colour), marked) >= 4.5, colour
    footer = Color.parse(theme.variables["footer-background"])
    assert _ratio(Color.parse(theme.variables["footer-description-foreground"]), footer) >= 4.5


def test_all_themes_set_the_same_variables() -> None:
    assert len({tuple(sorted(theme.variables)) for theme in THEMES}) == 1
    assert {theme.dark for theme in THEMES} == {True, False}
