"""How the tokens of a context are shared out among the parts of a prompt, and what had to be cut, by name.

Each kind of part has a share that grows with the context, so a small window keeps room for a reply as a large one
does. What one kind does not need goes to those that want more. This counts and chooses; it neither reads files nor
writes prompts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

from assistant.engine.api import PromptTooLong

PartKind = Literal["system", "map", "files", "history"]
KINDS: tuple[PartKind, ...] = get_args(PartKind)
_SPARE_GOES_TO: tuple[PartKind, ...] = ("files", "history", "map", "system")


@dataclass(frozen=True)
class Shares:
    """The share of the context that each kind of part, and the reply, may take; together 1."""

    system: float = 0.10
    map: float = 0.15
    files: float = 0.35
    history: float = 0.20
    reply: float = 0.20


@dataclass(frozen=True)
class Part:
    """A piece of a prompt, with its size in tokens and, if there are any, smaller forms to fall back on."""

    kind: PartKind
    name: str
    text: str
    tokens: int
    required: bool = False
    """It must be in the prompt, whatever else has to go (the question, the system prompt)."""
    shorter: tuple[Part, ...] = ()
    """The same in fewer tokens (an outline in place of a file), the longest first."""


@dataclass(frozen=True)
class Cut:
    """What is not in the prompt as it was meant: `kept` of its `tokens` are."""

    kind: PartKind
    name: str
    tokens: int
    kept: int

    def words(self) -> str:
        """The cut for a person: `assistant/app.py left out (1,204 tokens)`."""
        if self.kept:
            return f"{self.name} shortened from {self.tokens:,} to {self.kept:,} tokens"
        return f"{self.name} left out ({self.tokens:,} tokens)"


@dataclass(frozen=True)
class FittedParts:
    """The parts that fit, in the order they were given, and those that were cut; sizes in tokens."""

    parts: tuple[Part, ...]
    cuts: tuple[Cut, ...]
    tokens: int
    reply: int
    used: Mapping[PartKind, int] = field(default_factory=lambda: MappingProxyType({}))
    """Tokens taken by each kind."""


@dataclass(frozen=True)
class Budget:
    """The tokens of one context.

    Args:
        context_size: all tokens that the model sees, the reply's included.
        overhead: tokens that the chat layout itself takes.
        longest_reply: a reply is never given more room than this; 0 for no limit.
    """

    context_size: int
    shares: Shares = Shares()
    overhead: int = 0
    longest_reply: int = 0

    @property
    def reply(self) -> int:
        """Tokens kept free for the reply."""
        room = max(1, int(self.context_size * self.shares.reply))
        return min(room, self.longest_reply) if self.longest_reply else room

    @property
    def prompt(self) -> int:
        """Tokens that all parts together may take."""
        return max(0, self.context_size - self.overhead - self.reply)

    def room(self, kind: PartKind) -> int:
        """The tokens of a kind's own share, of what the reply and the layout leave."""
        total = sum(getattr(self.shares, one) for one in KINDS)
        return int(self.prompt * getattr(self.shares, kind) / total)

    def rooms(self, wanted: Mapping[PartKind, int]) -> dict[PartKind, int]:
        """The tokens that each kind gets if it wants so many: its share, and what others leave of theirs."""
        rooms = {kind: min(wanted.get(kind, 0), self.room(kind)) for kind in KINDS}
        spare = self.prompt - sum(rooms.values())
        for kind in _SPARE_GOES_TO:
            more = min(spare, wanted.get(kind, 0) - rooms[kind])
            rooms[kind] += more
            spare -= more
        return rooms

    def fit(self, parts: Sequence[Part]) -> FittedParts:
        """Choose the parts of a prompt: required ones, then the others of each kind in the order given.

        Of the history the last ones are kept. A part that does not fit is tried in its shorter forms.

        Raises:
            PromptTooLong: the required parts alone take more than there is.
        """
        required = sum(part.tokens for part in parts if part.required)
        if required > self.prompt:
            raise PromptTooLong(required + self.overhead + self.reply, self.context_size)
        chosen: dict[int, Part] = {index: part for index, part in enumerate(parts) if part.required}
        rooms = self._rooms_beside(parts)
        left = self.prompt - required
        for kind in KINDS:
            room = min(rooms[kind], left)
            for index in self._order(parts, kind):
                form = next((one for one in (parts[index], *parts[index].shorter) if one.tokens <= room), None)
                if form is not None:
                    chosen[index] = form
                    room -= form.tokens
                    left -= form.tokens
                elif kind == "history":
                    # A conversation with a hole in it misleads: what is older than the first cut goes too.
                    break
        return self._fitted(parts, chosen)

    def _rooms_beside(self, parts: Sequence[Part]) -> dict[PartKind, int]:
        """The room of each kind once the required parts have theirs."""
        needed = {kind: sum(p.tokens for p in parts if p.kind == kind and p.required) for kind in KINDS}
        wanted = {kind: sum(p.tokens for p in parts if p.kind == kind and not p.required) for kind in KINDS}
        rooms = {kind: min(wanted[kind], max(0, self.room(kind) - needed[kind])) for kind in KINDS}
        spare = self.prompt - sum(needed.values()) - sum(rooms.values())
        for kind in _SPARE_GOES_TO:
            # Where required parts took more than their share, the others give it up in turn.
            more = max(-rooms[kind], min(spare, wanted[kind] - rooms[kind]))
            rooms[kind] += more
            spare -= more
        return rooms

    @staticmethod
    def _order(parts: Sequence[Part], kind: PartKind) -> list[int]:
        found = [index for index, part in enumerate(parts) if part.kind == kind and not part.required]
        return found[::-1] if kind == "history" else found

    def _fitted(self, parts: Sequence[Part], chosen: Mapping[int, Part]) -> FittedParts:
        kept = tuple(chosen[index] for index in sorted(chosen))
        cuts = tuple(
            Cut(part.kind, part.name, part.tokens, chosen[index].tokens if index in chosen else 0)
            for index, part in enumerate(parts)
            if chosen.get(index) != part
        )
        tokens = sum(part.tokens for part in kept) + self.overhead
        used = MappingProxyType({kind: sum(p.tokens for p in kept if p.kind == kind) for kind in KINDS})
        return FittedParts(kept, cuts, tokens, self.reply, used)
