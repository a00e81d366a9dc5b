"""Which turns of a conversation go into the next prompt, so that it fits and room for the reply is left.

The oldest turns are left out first, more of them than needed: a prompt whose beginning stays the same for some turns
is read from the KV cache, one that loses a turn each time is read anew. Nothing is left out without being named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.engine.api import ChatMessage, ChatPrompt, Engine, PromptTooLong
from assistant.session.records import StoredMessage

REPLY_SHARE = 4
"""The reply gets up to a quarter of the context."""

_NAME_LENGTH = 32


@dataclass(frozen=True)
class Exchange:
    """One turn of the history: its number (from 1), what was asked, and the reply if one came."""

    number: int
    question: str
    reply: str = ""

    def name(self) -> str:
        """The turn in a few words, for telling that it was left out."""
        words = " ".join(self.question.split())
        return f"turn {self.number} “{words[:_NAME_LENGTH]}{'…' if len(words) > _NAME_LENGTH else ''}”"


@dataclass(frozen=True)
class Fitted:
    """A prompt that fits: its size, the room left for the reply (both in tokens), and what is not in it."""

    prompt: ChatPrompt
    tokens: int
    reply_room: int
    first_kept: int
    left_out: tuple[str, ...]


def exchanges(messages: Sequence[StoredMessage]) -> list[Exchange]:
    """The turns in stored messages: questions without a reply join the next one, of several replies the last counts."""
    turns: list[Exchange] = []
    for message in messages:
        if message.role == "user":
            asked = message.text + message.attached
            if turns and not turns[-1].reply:
                last = turns.pop()
                turns.append(Exchange(last.number, f"{last.question}\n\n{asked}"))
            else:
                turns.append(Exchange(len(turns) + 1, asked))
        elif message.role == "assistant" and turns and message.text.strip():
            last = turns.pop()
            turns.append(Exchange(last.number, last.question, message.text))
    return turns


async def fit(
    engine: Engine, system: str, turns: Sequence[Exchange], context_size: int, max_tokens: int, first_kept: int = 0
) -> Fitted:
    """Lay out `turns` (the last one is to be answered), leaving out the oldest where they do not fit.

    Args:
        first_kept: index of the first turn that was in the last prompt; earlier ones stay out.

    Raises:
        PromptTooLong: the last turn alone does not fit.
    """
    reserve = max(1, min(max_tokens, context_size // REPLY_SHARE))
    budget = context_size - reserve
    last = len(turns) - 1
    first = min(first_kept, last)

    async def tokens_from(index: int) -> int:
        return await engine.count_tokens(_prompt(system, turns[index:]))

    tokens = await tokens_from(first)
    if tokens > budget and first < last:
        low, high = first + 1, last
        while low < high:
            middle = (low + high) // 2
            if await tokens_from(middle) <= budget // 2:
                high = middle
            else:
                low = middle + 1
        first, tokens = low, await tokens_from(low)
    if tokens > context_size - max(1, reserve // 2):
        raise PromptTooLong(tokens, context_size)
    return Fitted(
        prompt=_prompt(system, turns[first:]),
        tokens=tokens,
        reply_room=min(max_tokens, context_size - tokens),
        first_kept=first,
        left_out=tuple(turn.name() for turn in turns[:first]),
    )


def _prompt(system: str, turns: Sequence[Exchange]) -> ChatPrompt:
    messages = [ChatMessage("system", system)] if system else []
    for turn in turns:
        messages.append(ChatMessage("user", turn.question))
        if turn is not turns[-1]:
            messages.append(ChatMessage("assistant", turn.reply))
    return ChatPrompt(tuple(messages))
