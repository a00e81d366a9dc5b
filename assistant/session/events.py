"""What a turn tells whoever watches it: plain frozen dataclasses, matched to widgets (or lines) in one place.

Texts in events are the model's and the user's own, not yet made visible: whoever shows them passes them through
`assistant.ground.visible`.
"""

from __future__ import annotations

from dataclasses import dataclass

from assistant.engine.api import EngineCrashed, GenerationStats, LoadedModel
from assistant.errors import AssistantError
from assistant.session.context_parts import ContextPart


@dataclass(frozen=True)
class ModelLoading:
    """A model is being read into memory; `name` is its file's name."""

    name: str


@dataclass(frozen=True)
class ModelLoaded:
    """The model can be asked."""

    model: LoadedModel


@dataclass(frozen=True)
class LookingThrough:
    """What the question points at is being looked for in all of the folder `name`."""

    name: str


@dataclass(frozen=True)
class TurnStarted:
    """The question is stored; the reply will be stored under `reply_id` as it comes.

    `attached` names what the question's mentions put into the prompt, `unclear` says what meant nothing here.
    """

    question_id: int
    reply_id: int
    attached: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()


@dataclass(frozen=True)
class ContextFitted:
    """What the prompt of this turn consists of, part by part, and what of each part had to be cut."""

    parts: tuple[ContextPart, ...]
    prompt_tokens: int
    context_size: int

    @property
    def cuts(self) -> tuple[ContextPart, ...]:
        """The parts that are not in the prompt as they were meant."""
        return tuple(part for part in self.parts if part.cut)


@dataclass(frozen=True)
class ContextTrimmed:
    """Older turns were left out of the prompt so that it fits; `left_out` names each of them."""

    left_out: tuple[str, ...]
    prompt_tokens: int
    context_size: int


@dataclass(frozen=True)
class PrefillProgress:
    """The prompt is being read: `done` of `total` tokens, `cached` of them from the turn before."""

    done: int
    total: int
    cached: int


@dataclass(frozen=True)
class TextDelta:
    """A piece of the reply that is already on disk; `tokens` tokens came in `seconds` seconds so far.

    Of `drafted` tokens that were guessed ahead, `accepted` were right.
    """

    text: str
    tokens: int
    seconds: float
    drafted: int = 0
    accepted: int = 0


@dataclass(frozen=True)
class ReplyRepeats:
    """The reply is ended because it repeats itself; `what` says in words what, and how often."""

    what: str


@dataclass(frozen=True)
class NotAsked:
    """The user stopped the turn before the question was stored."""


@dataclass(frozen=True)
class TurnEnded:
    """The reply is complete, or was stopped (`stats.stop_reason` says why)."""

    reply_id: int
    stats: GenerationStats
    context_size: int

    @property
    def context_used(self) -> int:
        """Tokens of the context that this turn fills."""
        return self.stats.prompt_tokens + self.stats.completion_tokens

    @property
    def tokens_per_second(self) -> float:
        """How fast the reply came, without the reading of the prompt."""
        return self.stats.completion_tokens / self.stats.decode_seconds if self.stats.decode_seconds > 0 else 0.0


@dataclass(frozen=True)
class TurnFailed:
    """The turn could not go on; what came of the reply stands. `restart` offers to start the model again."""

    what: str
    why: str
    hint: str
    restart: bool

    @classmethod
    def of(cls, error: AssistantError) -> TurnFailed:
        """The failure that an error is."""
        return cls(error.what, error.why, error.hint, restart=isinstance(error, EngineCrashed))

    def sentence(self) -> str:
        """The failure in one line, without the hint."""
        return f"{self.what}: {self.why}" if self.why else self.what


Event = (
    ModelLoading
    | ModelLoaded
    | LookingThrough
    | TurnStarted
    | ContextFitted
    | ContextTrimmed
    | PrefillProgress
    | TextDelta
    | ReplyRepeats
    | NotAsked
    | TurnEnded
    | TurnFailed
)
"""A turn yields any of these, and last exactly one NotAsked, TurnEnded or TurnFailed."""
