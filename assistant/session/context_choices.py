"""What a person chose about the context of a conversation: what is pinned into it, and what is left out of it.

Plain data, kept with the conversation; laying out the prompt by it is `fitting`'s and the session's.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ContextChoices:
    """Nothing chosen by default: no pins, the map in, all turns in."""

    pins: tuple[str, ...] = ()
    """Files and symbols (`shop.py`, `shop.py::Cart`) whose text stands in every prompt, as it is at that time."""
    without_map: bool = False
    after: int = 0
    """Messages up to this id are no part of prompts any more."""
    bare: tuple[int, ...] = ()
    """Messages whose attached texts are left out."""

    def with_pin(self, words: str) -> ContextChoices:
        """The same with one more pin."""
        return dataclasses.replace(self, pins=tuple(dict.fromkeys((*self.pins, words))))

    def without_pin(self, words: str) -> ContextChoices:
        """The same without a pin."""
        return dataclasses.replace(self, pins=tuple(pin for pin in self.pins if pin != words))

    def moved(self, to: Mapping[int, int]) -> ContextChoices:
        """The same for a copy of the conversation; `to` maps the messages that were copied to their copies."""
        after = max((new for old, new in to.items() if old <= self.after), default=0)
        return dataclasses.replace(self, after=after, bare=tuple(to[one] for one in self.bare if one in to))

    def to_json(self) -> str:
        """As it is stored."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ContextChoices:
        """As it was stored; what cannot be read is nothing chosen."""
        try:
            row = json.loads(text or "{}")
            return cls(
                tuple(str(pin) for pin in row.get("pins", ())),
                bool(row.get("without_map", False)),
                int(row.get("after", 0)),
                tuple(int(one) for one in row.get("bare", ())),
            )
        except (ValueError, TypeError, AttributeError):
            return cls()
