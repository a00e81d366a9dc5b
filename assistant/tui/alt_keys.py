"""Reads a letter held with Alt as that key at once, where the terminal sends it as Esc and the letter.

Textual waits whether more follows; a second such key within that time it takes for typed text, so that holding Alt and a
letter would write into the file. Terminals that say which keys are held, as kitty does, never come here.
"""

from __future__ import annotations

import string
from collections.abc import MutableMapping
from enum import Enum
from typing import Any, cast

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

_KEYS = Enum(  # type: ignore[misc]  # one member a letter
    "_KEYS",
    {
        **{letter: f"alt+{letter}" for letter in string.ascii_lowercase},
        **{letter: f"alt+shift+{letter.lower()}" for letter in string.ascii_uppercase},
    },
)


def take_at_once() -> None:
    """Tell Textual these keys; those that begin a longer sequence, and those that it has a meaning for, stay."""
    table = cast("MutableMapping[str, Any]", ANSI_SEQUENCES_KEYS)
    # Sequences of the terminal itself begin so too: a keypad's keys, and answers to questions.
    begun = {"O", "P", "N", "X", *(sequence[1] for sequence in table if len(sequence) > 2 and sequence[0] == "\x1b")}
    for key in _KEYS:
        if key.name not in begun:
            table.setdefault(f"\x1b{key.name}", (key,))
