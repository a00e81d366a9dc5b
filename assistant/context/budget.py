"""How the tokens of a context are shared out among the parts of a prompt.

Each kind of part has a share that grows with the context, so a small window keeps room for a reply as a large one does.
What one kind does not need, others may take; which parts a prompt has, and what is cut from it, is said in
`session.fitting`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

PartKind = Literal["system", "map", "files", "history"]
KINDS: tuple[PartKind, ...] = get_args(PartKind)


@dataclass(frozen=True)
class Shares:
    """The share of the context that each kind of part, and the reply, may take; together 1."""

    system: float = 0.10
    map: float = 0.10
    files: float = 0.35
    history: float = 0.20
    reply: float = 0.25


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
