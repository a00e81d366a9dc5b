"""Lets the model say which symbol of a long file a wish is about, so that only that symbol has to be written.

The answer is held to the names that the file has: one that does not exist cannot be said. Nothing is changed here, and a
wish that belongs to none of them is left to the other formats.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator

from assistant.context.names import definitions_of
from assistant.editing.task import EditTask
from assistant.engine.api import (
    ChatMessage,
    ChatPrompt,
    Choice,
    Chunk,
    Engine,
    GenerationRequest,
    Prefill,
    PromptTooLong,
    Sampling,
    TextChunk,
)
from assistant.ground.texts import text_of
from assistant.syntax.symbols import outline

NOWHERE = "none of these"
_KINDS = frozenset(("function", "method", "class", "type", "test", "section", "constant", "rule", "key"))
_CODE = frozenset(("function", "method", "test"))
SMALL_FILE = 60
"""Files of up to so many lines are rewritten whole where no symbol is known."""
_BIG_SHARE = 5
"""A symbol that takes more than one part in so many of its file is narrowed down to one within it."""
_MOST = 400
_LONGEST_NAME = 64
"""Tokens of an answer."""


_ADDS = re.compile(r"\b(add\w*|new|insert\w*|creat\w*|writ\w*|implement\w*)\b", re.I)


def worth_choosing(task: EditTask) -> bool:
    """Whether saying where the change belongs costs less than writing all that was addressed: a long file, a big class."""
    if task.symbol is None:
        return task.text.count("\n") >= SMALL_FILE
    big = len(task.symbol.span) * _BIG_SHARE > len(task.text) and task.text.count("\n") >= SMALL_FILE
    return big and not _ADDS.search(task.instruction)


async def choose_symbol(engine: Engine, task: EditTask) -> AsyncGenerator[Prefill | str, None]:
    """How far the names are read, and last the qualified name that the model takes the wish to be about; "" for none.

    Raises:
        EngineError: from the engine.
    """
    names = symbol_names(task)
    if not names or len(names) > _MOST:
        yield ""
        return
    told = "\n".join(
        f"{one.qualified_name}: {one.declaration}"
        for one in definitions_of(task.document)
        if one.qualified_name in names
    )
    system = ChatMessage("system", text_of("prompts", "edit_place.md"))
    user = ChatMessage("user", f"{told or chr(10).join(names)}\n\nThe change: {task.instruction.strip()}")
    request = GenerationRequest(
        ChatPrompt((system, user), reply_start="The change is in `"),
        max_tokens=_LONGEST_NAME,
        sampling=Sampling(temperature=0.0, repeat_penalty=1.0),
        stop=("`",),
        choices=(Choice("", (*names, NOWHERE), end="`"),),
    )
    said = ""
    stream = engine.generate(request)
    try:
        async for chunk in stream:
            if isinstance(chunk, Prefill):
                yield chunk
            elif isinstance(chunk, TextChunk):
                said = said[: len(said) - chunk.taken_back] + chunk.text
    except PromptTooLong:
        said = ""
    finally:
        await close(stream)
    chosen = said.strip().strip("`")
    yield chosen if chosen in names else ""


async def close(stream: AsyncIterator[Chunk]) -> None:
    """Have the model stop at once: whoever leaves a stream in the middle must not wait until memory is tidied."""
    end = getattr(stream, "aclose", None)
    if end is not None:
        await end()


def symbol_names(task: EditTask) -> tuple[str, ...]:
    """The qualified names that a change can be addressed to, within the symbol that the wish names if it names one."""
    around = task.symbol
    return tuple(
        symbol.qualified_name
        for symbol in outline(task.document)
        if symbol.kind in _KINDS
        and (around is None or (around.span.contains(symbol.span) and symbol != around and symbol.kind in _CODE))
    )
