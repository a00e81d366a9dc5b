"""What goes into the next prompt, so that it fits and room for the reply is left: instructions, map, files, turns.

Each part has its share of the context (`context.budget`). The oldest turns are left out first, more of them than needed:
a prompt whose beginning stays the same for some turns is read from the KV cache, one that loses a turn each time is read
anew. For the same reason a file is shortened once for good. Nothing is left out without being named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from assistant.context.budget import Budget
from assistant.context.shortening import Shortened, TokenSizes, shorten
from assistant.engine.api import ChatMessage, ChatPrompt, Engine, PromptTooLong
from assistant.session.context_parts import GONE, ContextPart
from assistant.session.records import StoredMessage

_NAME_LENGTH = 32
_FRAME = 8
"""Tokens that a chat layout puts around one message, about."""


@dataclass(frozen=True)
class Exchange:
    """One turn of the history: its number (from 1), what was asked and pointed at, and the reply if one came."""

    number: int
    question: str
    reply: str = ""
    attached: str = ""

    def name(self) -> str:
        """The turn in a few words, for telling that it was left out."""
        words = " ".join(self.question.split())
        return f"turn {self.number} “{words[:_NAME_LENGTH]}{'…' if len(words) > _NAME_LENGTH else ''}”"


@dataclass(frozen=True)
class Lead:
    """What stands before all turns: the instructions, and the repository map with its name (both "" for none).

    `map_note` says how much of the folder the map shows, or why there is none.
    """

    system: str
    map_text: str = ""
    map_name: str = ""
    map_note: str = ""
    pinned: Shortened = field(default_factory=lambda: Shortened(""))
    """The texts that a person has pinned into the conversation."""
    lost: tuple[str, ...] = ()
    """What is pinned and is not there any more."""

    def text(self) -> str:
        """The system message."""
        return "\n\n".join(text for text in (self.system, self.map_text, self.pinned.text.lstrip("\n")) if text)


@dataclass(frozen=True)
class Fitted:
    """A prompt that fits: its size, the room left for the reply (both in tokens), and what is in it and what is not."""

    prompt: ChatPrompt
    tokens: int
    reply_room: int
    first_kept: int
    left_out: tuple[str, ...]
    parts: tuple[ContextPart, ...] = ()


def exchanges(messages: Sequence[StoredMessage]) -> list[Exchange]:
    """The turns in stored messages: questions without a reply join the next one, of several replies the last counts."""
    turns: list[Exchange] = []
    for message in messages:
        if message.role == "user":
            if turns and not turns[-1].reply:
                last = turns.pop()
                both = f"{last.question}\n\n{message.text}"
                turns.append(Exchange(last.number, both, attached=last.attached + message.attached))
            else:
                turns.append(Exchange(len(turns) + 1, message.text, attached=message.attached))
        elif message.role == "assistant" and turns and message.text.strip():
            turns.append(replace(turns.pop(), reply=message.text))
    return turns


class Fitting:
    """Lays out the prompts of conversations with one engine; remembers sizes of texts, nothing else."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.sizes = TokenSizes(engine)

    async def with_pinned(self, lead: Lead, attached: str, context_size: int, max_tokens: int) -> Lead:
        """`lead` with pinned texts in it, shortened to the share that files have."""
        budget = Budget(context_size, longest_reply=max_tokens)
        return replace(lead, pinned=await shorten(attached, budget.room("files"), self.sizes))

    async def fit(
        self, lead: Lead, turns: Sequence[Exchange], context_size: int, max_tokens: int, first_kept: int = 0
    ) -> Fitted:
        """Lay out `turns` (the last one is to be answered), leaving out the oldest where they do not fit.

        Args:
            first_kept: index of the first turn that was in the last prompt; earlier ones stay out.

        Raises:
            PromptTooLong: the last turn alone does not fit.
        """
        budget = Budget(context_size, longest_reply=max_tokens)
        room = context_size - budget.reply
        files = await self._files(lead, turns[-1], budget)
        asked = {turns[-1].number: turns[-1].question + files.text}
        for turn in turns[first_kept:-1]:
            asked[turn.number] = turn.question + (await self._files(lead, turn, budget)).text
        first, tokens = await self._newest_that_fit(lead, turns, asked, room, first_kept)
        if tokens > room and lead.map_text:
            note = "left out: the question needs its room"
            without = replace(lead, map_text="", map_note=note)
            return await self.fit(without, turns, context_size, max_tokens, first)
        if tokens > context_size - max(1, budget.reply // 2):
            raise PromptTooLong(tokens, context_size)
        reply_room = min(max_tokens, context_size - tokens)
        parts = await self._parts(lead, turns, first, files, tokens, reply_room)
        prompt = _prompt(lead, turns[first:], asked)
        return Fitted(prompt, tokens, reply_room, first, tuple(turn.name() for turn in turns[:first]), parts)

    async def _newest_that_fit(
        self, lead: Lead, turns: Sequence[Exchange], asked: dict[int, str], room: int, first_kept: int
    ) -> tuple[int, int]:
        """The index of the oldest turn that stays, and the tokens of the prompt from there on."""

        async def tokens_from(index: int) -> int:
            return await self._engine.count_tokens(_prompt(lead, turns[index:], asked))

        last = len(turns) - 1
        first = min(first_kept, last)
        tokens = await tokens_from(first)
        if tokens > room and first < last:
            low, high = first + 1, last
            while low < high:
                middle = (low + high) // 2
                if await tokens_from(middle) <= room // 2:
                    high = middle
                else:
                    low = middle + 1
            first, tokens = low, await tokens_from(low)
        return first, tokens

    async def _files(self, lead: Lead, turn: Exchange, budget: Budget) -> Shortened:
        """What a turn pointed at, in the room that instructions, map, question and the history's own share leave.

        This is the same whenever it is asked, so that an old turn stands in every prompt as it did in its first.
        """
        if not turn.attached:
            return Shortened("")
        taken = await self.sizes.of(lead.text()) + await self.sizes.of(turn.question) + 2 * _FRAME
        return await shorten(turn.attached, budget.prompt - taken - budget.room("history"), self.sizes)

    async def _parts(
        self, lead: Lead, turns: Sequence[Exchange], first: int, files: Shortened, tokens: int, reply_room: int
    ) -> tuple[ContextPart, ...]:
        system, mapped = await self.sizes.of(lead.system), await self.sizes.of(lead.map_text)
        question = await self.sizes.of(turns[-1].question)
        before = await self.sizes.of(lead.text())
        pointed = sum(piece.kept for piece in files.pieces)
        parts = [ContextPart("system", "instructions", system)]
        if lead.map_name:
            parts.append(ContextPart("map", lead.map_name, mapped, note=lead.map_note))
        parts += [ContextPart("pinned", one.label, one.kept, one.tokens - one.kept) for one in lead.pinned.pieces]
        parts += [ContextPart("pinned", pin, 0, note=GONE) for pin in lead.lost]
        parts += [ContextPart("files", one.label, one.kept, one.tokens - one.kept) for one in files.pieces]
        for turn in turns[:first]:
            size = await self.sizes.of(turn.question + turn.attached + turn.reply)
            parts.append(ContextPart("history", turn.name(), 0, size))
        kept = turns[first:-1]
        if kept:
            name = kept[0].name() if len(kept) == 1 else f"turns {kept[0].number} to {kept[-1].number}"
            parts.append(ContextPart("history", name, max(0, tokens - before - pointed - question)))
        parts.append(ContextPart("question", "the question", question))
        return (*parts, ContextPart("reply", "room for the reply", reply_room))


def _prompt(lead: Lead, turns: Sequence[Exchange], asked: dict[int, str]) -> ChatPrompt:
    system = lead.text()
    messages = [ChatMessage("system", system)] if system else []
    for turn in turns:
        messages.append(ChatMessage("user", asked[turn.number]))
        if turn is not turns[-1]:
            messages.append(ChatMessage("assistant", turn.reply))
    return ChatPrompt(tuple(messages))
