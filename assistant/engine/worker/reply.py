"""One reply that is being generated: what it has said, what is to be computed next, and how it goes back.

It computes nothing itself; `decode` moves it on.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from assistant.engine.api import Chunk, GenerationStats, StopReason, TextChunk
from assistant.engine.llama.sampling import Sampler
from assistant.engine.worker.drafting import Drafter
from assistant.engine.worker.reply_text import ReplyText


@dataclass
class Reply:
    """One reply that is being generated in `sequence`. `emit` takes its chunks; times are monotonic seconds.

    `pending` are tokens that are still to be computed, from index `next_pending` on; with `drafting` all but the first
    are guesses. `tokens` are the reply's own, `starts` the character of the text that each begins with, `refused` the
    ones that may not stand at a place (an index of `tokens`), and `sent` is how many characters went out.
    """

    id: int
    sequence: int
    prompt: Sequence[int]
    max_tokens: int
    sampler: Sampler
    text: ReplyText
    emit: Callable[[Chunk], None]
    arrived: float
    ends: frozenset[int] = frozenset()
    drafter: Drafter | None = None
    drafted: int = 0
    accepted: int = 0
    drafting: bool = False
    pending: Sequence[int] = ()
    next_pending: int = 0
    cached: int = 0
    began: float = field(default_factory=time.monotonic)
    first_token: float = 0.0
    tokens: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    sent: int = 0
    refused: dict[int, set[int]] = field(default_factory=dict)
    rewound: int = 0

    @property
    def generated(self) -> int:
        """How many tokens it has."""
        return len(self.tokens)

    def take(self, token: int, piece: bytes) -> None:
        """Add a token and pass on what is certain of the text."""
        self.tokens.append(token)
        self.starts.append(self.text.characters)
        if self.drafter is not None:
            self.drafter.observe(token)
        text = self.text.feed(piece)
        if text:
            self.say(text)

    def say(self, text: str) -> None:
        """Pass a piece of text on."""
        self.sent += len(text)
        self.emit(TextChunk(text, len(self.tokens), 0, self.drafted, self.accepted))

    def place_of(self, character: int) -> int:
        """The index of the token that holds this character of the text, or the number of tokens."""
        if character >= self.text.characters:
            return len(self.tokens)
        # Tokens that are parts of one character begin with the same.
        return bisect_left(self.starts, self.starts[bisect_right(self.starts, max(character, 0)) - 1])

    def go_back(self, place: int, pieces: Iterable[bytes]) -> None:
        """Forget the tokens from index `place` on and refuse the first of them there.

        Args:
            pieces: the bytes of the tokens that stay.
        """
        self.refused = {at: tokens for at, tokens in self.refused.items() if at <= place}
        self.refused.setdefault(place, set()).add(self.tokens[place])
        self.rewound += len(self.tokens) - place
        del self.tokens[place:], self.starts[place:]
        self.sampler.go_back(self.tokens)
        if self.drafter is not None:
            self.drafter.go_back(place)
        certain = self.text.go_back(pieces)
        taken_back, self.sent = self.sent - certain, certain
        self.emit(TextChunk("", place, taken_back))
        self.pending, self.next_pending, self.drafting = [*self.prompt, *self.tokens], 0, False

    def stats(self, reason: StopReason) -> GenerationStats:
        """The accounts of the reply, now that it is over."""
        now = time.monotonic()
        first = self.first_token or now
        return GenerationStats(
            stop_reason=reason,
            prompt_tokens=len(self.prompt),
            cached_tokens=self.cached,
            completion_tokens=len(self.tokens),
            prefill_seconds=first - self.began,
            decode_seconds=now - first,
            time_to_first_token=first - self.arrived,
            drafted_tokens=self.drafted,
            accepted_tokens=self.accepted,
            rewound_tokens=self.rewound,
            constrained_tokens=self.sampler.constrained,
        )
