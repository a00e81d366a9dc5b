"""The app's own two themes; every widget takes its colours from their variables."""

from __future__ import annotations

from textual.theme import Theme

WIZARD_DARK = Theme(
    name="wizard-dark",
    primary="#a78bfa",
    secondary="#5ec9c4",
    accent="#f2b866",
    foreground="#dcd7ea",
    background="#15131c",
    surface="#1c1926",
    panel="#272335",
    success="#8fce8a",
    warning="#f2b866",
    error="#f07a8a",
    dark=True,
    variables={
        "border": "#4a4363",
        "border-blurred": "#2f2a40",
        "footer-background": "#15131c",
        "footer-key-foreground": "#a78bfa",
        "footer-description-foreground": "#8d86a5",
        "footer-item-background": "#15131c",
        "block-cursor-background": "#a78bfa",
        "block-cursor-foreground": "#15131c",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#3a3350",
        "block-cursor-blurred-foreground": "#dcd7ea",
        "input-selection-background": "#a78bfa 35%",
        "scrollbar": "#3a3350",
        "scrollbar-hover": "#574d78",
        "scrollbar-active": "#a78bfa",
        "scrollbar-background": "#15131c",
        "scrollbar-background-hover": "#15131c",
        "scrollbar-background-active": "#15131c",
        "scrollbar-corner-color": "#15131c",
    },
)

WIZARD_LIGHT = Theme(
    name="wizard-light",
    primary="#6a3fd1",
    secondary="#0f766e",
    accent="#a85b00",
    foreground="#2c2838",
    background="#fbf9f4",
    surface="#f2eee5",
    panel="#e6e0d3",
    success="#2f7d32",
    warning="#a85b00",
    error="#b3261e",
    dark=False,
    variables={
        "border": "#b9b0c9",
        "border-blurred": "#d9d2c5",
        "footer-background": "#fbf9f4",
        "footer-key-foreground": "#6a3fd1",
        "footer-description-foreground": "#6f6880",
        "footer-item-background": "#fbf9f4",
        "block-cursor-background": "#6a3fd1",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#ddd4ee",
        "block-cursor-blurred-foreground": "#2c2838",
        "input-selection-background": "#6a3fd1 25%",
        "scrollbar": "#d3cbbd",
        "scrollbar-hover": "#b9afcb",
        "scrollbar-active": "#6a3fd1",
        "scrollbar-background": "#fbf9f4",
        "scrollbar-background-hover": "#fbf9f4",
        "scrollbar-background-active": "#fbf9f4",
        "scrollbar-corner-color": "#fbf9f4",
    },
)

THEMES = (WIZARD_DARK, WIZARD_LIGHT)
