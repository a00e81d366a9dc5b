"""What an engine can be asked and what it answers: plain frozen data, and one Protocol.

The app, the command line, the trainer and the tests see a model through this only. Nothing here imports llama.cpp.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from assistant.errors import AssistantError

Role = Literal["system", "user", "assistant"]
StopReason = Literal["end", "stop", "length", "context_full", "cancelled"]


@dataclass(frozen=True)
class ChatMessage:
    """One message of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True)
class ChatPrompt:
    """A conversation, laid out by the model's own chat template; `reply_start` begins the reply for the model."""

    messages: tuple[ChatMessage, ...]
    reply_start: str = ""


@dataclass(frozen=True)
class TextPrompt:
    """Text to be continued as it stands; special tokens written in it are plain text unless `special` is set."""

    text: str
    special: bool = False


@dataclass(frozen=True)
class InfillPrompt:
    """The text before and after a gap, laid out as the model's family was trained to fill it."""

    prefix: str
    suffix: str
    middle: str = ""
    """What the gap begins with already: the reply goes on from there. A key pressed here costs one new token in any
    order of the two sides, since both stay as they are."""


@dataclass(frozen=True)
class TokenPrompt:
    """Token ids, taken as they are."""

    tokens: tuple[int, ...]


Prompt = ChatPrompt | TextPrompt | InfillPrompt | TokenPrompt


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen. `temperature` 0 is greedy; a `seed` makes sampling repeatable."""

    temperature: float = 0.2
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    repeat_penalty: float = 1.0
    dry_multiplier: float = 0.0
    seed: int | None = None
    grammar: str | None = None
    """GBNF text that the whole reply must follow, or what comes after `grammar_after` in it."""
    grammar_after: str = ""
    """The text from which on the grammar holds; what comes before it is free, and costs nothing."""


@dataclass(frozen=True)
class Choice:
    """Wherever a reply says `after`, one of `texts` and then `end` must follow; all else is free, and costs nothing.

    `after` may be empty: then the reply begins with one of them. With `end` empty, a text may go on after it was
    chosen ("sum" as "summary"), so name what closes it.
    """

    after: str
    texts: tuple[str, ...]
    end: str = "\n"


@dataclass(frozen=True)
class GenerationRequest:
    """One reply to be generated: at most `max_tokens` tokens, ending before the first of the `stop` strings.

    With `max_tokens` 0 the prompt is only read, so that the reply to it (or to what it begins) starts at once later.
    """

    prompt: Prompt
    max_tokens: int = 512
    sampling: Sampling = field(default_factory=Sampling)
    stop: tuple[str, ...] = ()
    old_text: str = ""
    """A text that the reply will mostly repeat (the symbol being edited): it is drafted from, which only saves time."""
    choices: tuple[Choice, ...] = ()
    """Places of the reply where only certain texts may stand: names of symbols that exist, say."""
    drafts: bool = True
    """Whether several tokens may be guessed and checked at once; it changes the speed only."""


@dataclass(frozen=True)
class ModelSpec:
    """Which model to run and how. Zero (threads, context_size) and -1 (gpu_layers) mean: decide by what is there."""

    path: str
    context_size: int = 0
    gpu_layers: int = -1
    threads: int = 0
    adapters: tuple[tuple[str, float], ...] = ()
    """LoRA adapters in GGUF form, each with its weight."""


@dataclass(frozen=True)
class LoadedModel:
    """What was loaded, as measured after loading. Sizes are in tokens, `bytes` is the file's."""

    path: str
    name: str
    architecture: str
    parameters: int
    bytes: int
    context_size: int
    trained_context_size: int
    vocabulary_size: int
    threads: int
    gpu_layers: int
    layers: int
    device: str
    """A short line for people: "CPU, 2 threads" or "CUDA0: NVIDIA RTX 4090, 29 of 29 layers"."""
    chat_format: str
    """Name of the chat layout: "model's own template", or a family of the table."""
    infill: bool
    """Whether fill-in-the-middle works with this model."""
    load_seconds: float


_LEAST_COMPLETION, _MOST_COMPLETION = 2048, 4096


def completion_size(context_size: int) -> int:
    """Tokens that are kept for completion at the cursor, beside the `context_size` tokens of the conversation."""
    return min(context_size, max(context_size // 2, _LEAST_COMPLETION), _MOST_COMPLETION)


@dataclass(frozen=True)
class Prefill:
    """The prompt is being read: `done` of `total` tokens, `cached` of them already in the KV cache."""

    done: int
    total: int
    cached: int


@dataclass(frozen=True)
class TextChunk:
    """A piece of the reply: never half a character; `tokens` tokens have been generated so far.

    Only a request that was rewound (see `Engine.rewind`) has pieces with `taken_back`: so many characters at the end
    of what came before no longer stand, and `text` follows what is left: `reply[: len(reply) - taken_back] + text`.
    """

    text: str
    tokens: int
    taken_back: int = 0
    drafted: int = 0
    """Tokens that were guessed ahead so far."""
    accepted: int = 0
    """Those of them that the model would have said too."""


@dataclass(frozen=True)
class GenerationStats:
    """What a reply took. Times are in seconds; `time_to_first_token` counts from the request's arrival."""

    stop_reason: StopReason
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    prefill_seconds: float
    decode_seconds: float
    time_to_first_token: float
    drafted_tokens: int = 0
    accepted_tokens: int = 0
    rewound_tokens: int = 0
    """Tokens that were generated and taken back; they are not part of `completion_tokens`."""
    constrained_tokens: int = 0
    """Tokens that a grammar or a list of choices looked at; the others were sampled as if there were none."""


Chunk = Prefill | TextChunk | GenerationStats
"""A generation yields Prefill…, TextChunk…, and last exactly one GenerationStats."""


@dataclass(frozen=True)
class ManyReply:
    """One of many replies (see `EngineClient.generate_many`): `index` is its request's place in the list.

    `stats` is None, and `error` says why, for a request that could not be begun.
    """

    index: int
    text: str
    stats: GenerationStats | None
    error: AssistantError | None = None


class EngineError(AssistantError):
    """The engine could not do what was asked; it can be asked again."""


class EngineCrashed(EngineError):
    """The worker process ended in the middle of something; the next request starts a new one."""


class ModelRefused(EngineError):
    """The file is no model that can be run here: missing, damaged, unknown, or too big."""


class PromptTooLong(EngineError):
    """The prompt has more tokens than the context holds; with `at_least` they were not counted, there are that many."""

    def __init__(self, tokens: int, context_size: int, at_least: bool = False) -> None:
        self.tokens = tokens
        self.context_size = context_size
        self.at_least = at_least
        super().__init__(
            "the prompt does not fit into the model's context",
            f"it has {'at least ' if at_least else ''}{tokens:,} tokens and the context holds {context_size:,}",
            "fewer or smaller files, a new conversation, or a larger context_size",
        )


class Engine(Protocol):
    """A model that runs. One conversation at a time: a second reply waits for the first, a filled gap does not."""

    @property
    def loaded(self) -> LoadedModel | None:
        """The model in memory, or None before `load` and after a crash."""

    async def load(self, spec: ModelSpec) -> LoadedModel:
        """Load a model, replacing the one in memory.

        Raises:
            ModelRefused: the file cannot be run here.
            EngineCrashed: llama.cpp ended the worker while loading.
        """

    def generate(self, request: GenerationRequest) -> AsyncIterator[Chunk]:
        """Generate one reply. Closing the iterator cancels it within one decode step.

        Raises:
            PromptTooLong: the prompt does not fit; nothing was generated.
            EngineCrashed: the worker died; what was yielded before stands.
        """

    def rewind(self, request: GenerationRequest, characters: int, keep_blanks: bool = True) -> None:
        """Take the running reply to `request` (this very object) back to its first `characters` characters.

        The model goes on from there, out of its KV cache, in the same iterator: a chunk without text answers each rewind
        (its `taken_back` may be 0, where nothing of that had gone out), and after it comes what is written instead.

        The place is the beginning of the token that holds character number `characters`, so a little more than asked
        for may go. That token is not chosen there again, nor are those that earlier rewinds to the place refused;
        where it is blank (an indentation) and `keep_blanks` is set, it stays and the first one after it that is not
        blank is refused.

        Chunks that were on their way may still come before it; the end of the reply is not told while a rewind is
        under way. A request that is over is let be. Nothing limits how often it is done: count, and give up.
        """

    async def tokenize(self, text: str, special: bool = False) -> Sequence[int]:
        """Token ids of `text`, without beginning-of-text."""

    async def count_tokens(self, prompt: Prompt) -> int:
        """How many tokens `prompt` takes after layout; about, where the context holds far fewer."""

    async def close(self) -> None:
        """End the worker."""
