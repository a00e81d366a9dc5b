"""Names for keys: every binding gets one, and the person's own keymap says which keys it has instead.

A name is `area.action`: `editor.save`, `review.accept_all`. This knows how names are made and replaced; which areas there
are is `keys`' business.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from textual.binding import Binding, BindingType
from textual.keys import _character_to_key

Keymap = Mapping[str, str]
"""Names and their keys, several with commas between: `{"editor.save": "ctrl+s,f2"}`."""


def named(area: str, bindings: Iterable[BindingType]) -> list[BindingType]:
    """The bindings, each with its name; one that has a name keeps it."""
    rows: list[BindingType] = []
    for given in bindings:
        binding = Binding(*given) if isinstance(given, tuple) else given
        rows.append(binding if binding.id else dataclasses.replace(binding, id=f"{area}.{_word(binding.action)}"))
    return rows


_ARGUMENTS = {"1": "next", "-1": "previous", "2": "more", "-2": "less", "True": "selecting", ":": "line", "@": "symbol"}


def _word(action: str) -> str:
    """`decide('accepted')` as `decide_accepted`, `screen.copy` as `copy`, `go(-1)` as `go_previous`."""
    name, _, argument = action.partition("(")
    argument = argument.rstrip(")").strip("'\"")
    words = [name.split(".")[-1], _ARGUMENTS.get(argument, argument)]
    return "_".join(re.sub(r"\W+", "_", word) for word in words if word)


def in_force(bindings: Iterable[BindingType], keymap: Keymap) -> list[Binding]:
    """The bindings, one a key, as `keymap` has them."""
    rows: list[Binding] = []
    done: set[str] = set()
    for binding in Binding.make_bindings(bindings):
        own = keymap.get(binding.id or "")
        if own is None:
            rows.append(binding)
        elif binding.id and binding.id not in done:
            done.add(binding.id)
            rows += [dataclasses.replace(binding, key=key, key_display=None) for key in keys_in(own)]
    return rows


def keymap_of(app: Any) -> Keymap:
    """The keymap that an app works by; none where it is not our app."""
    found: Keymap = getattr(app, "keymap", {})
    return found


def keys_in(text: str) -> list[str]:
    """The keys of `"ctrl+s, ?"`, as Textual calls them."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return [_character_to_key(part) if len(part) == 1 else part for part in parts]


def keys_of(name: str, bindings: Sequence[BindingType], keymap: Keymap) -> tuple[str, ...]:
    """The keys that the binding of that name has now."""
    return tuple(binding.key for binding in in_force(bindings, keymap) if binding.id == name)
