"""What `ask` puts into the prompt: the words, what is piped in, and the files that were named.

Files go in whole, or one symbol of them as `FILE::SYMBOL`. This reads text and builds text; it counts no tokens.
"""

from __future__ import annotations

import difflib
import os
import select
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import AssistantError, UsageError, cause_of
from assistant.ground.fences import fence_for
from assistant.ground.files import human_bytes
from assistant.ground.terminal import say

if TYPE_CHECKING:
    from assistant.engine.api import Engine

# A pipe that somebody holds open and never writes to must not hang a question that is complete without it.
_PIPE_PATIENCE = 3.0
_LARGEST_FILE = 16_000_000


def read_question(words: list[str]) -> str:
    """The question: the words of the command line, `-` among them standing for all of stdin; piped text is added.

    Raises:
        UsageError: there is no question.
    """
    if "-" in words:
        piped = _read_stdin()
        text = "\n\n".join(part for part in _around_dash(words, piped) if part.strip())
    else:
        piped = "" if sys.stdin.isatty() else _piped(bool(words))
        text = "\n\n".join(part for part in (" ".join(words), piped) if part.strip())
    if not text.strip():
        raise UsageError("there is no question", hint='wizard-tui ask "How do I reverse a list in Python?"')
    return text


def file_part(argument: str) -> str:
    """The text that stands for `FILE` or `FILE::SYMBOL` in a prompt.

    Raises:
        AssistantError: no such file or symbol, or no text.
    """
    path, symbol = split_symbol(argument)
    text = read_text(path)
    title = f"`{path}`"
    language = path.suffix.removeprefix(".")
    if symbol:
        title, text = _symbol_text(path, symbol)
    fence = fence_for(text)
    return f"{title}:\n{fence}{language}\n{text.rstrip()}\n{fence}"


async def fitted_files(
    engine: Engine, parts: list[str], others: int, limit: int, longest_reply: int
) -> tuple[str, str]:
    """The texts of files, shortened where they do not fit beside `others` tokens, and a note on what was cut ("" for none).

    Args:
        limit: the tokens of the context.
        longest_reply: the longest reply that is wanted, in tokens; a share of the context is kept for it.
    """
    from assistant.context.budget import Budget
    from assistant.context.shortening import TokenSizes, shorten

    room = Budget(limit, longest_reply=longest_reply).prompt - others
    short = await shorten("".join(f"\n\n{part}" for part in parts), room, TokenSizes(engine))
    if any(piece.tokens and not piece.kept for piece in short.pieces):
        # A file that was named and of which nothing fits: the engine says so, which beats an answer about nothing.
        return "\n\n".join(parts), ""
    cut = [piece.words() for piece in short.pieces if piece.kept < piece.tokens]
    note = f"(to fit into the model's {limit:,} tokens: {'; '.join(cut)})" if cut else ""
    return short.text.strip("\n"), note


def split_symbol(argument: str) -> tuple[Path, str]:
    """`FILE::SYMBOL` in two; a file whose name holds `::` is taken as it is."""
    if Path(argument).exists() or "::" not in argument:
        return Path(argument), ""
    file, _, symbol = argument.partition("::")
    return Path(file), symbol


def read_text(path: Path) -> str:
    """A file as text, line ends as they are; bytes that are no UTF-8 become U+FFFD.

    Raises:
        AssistantError: it is missing, a folder, too large, or no text.
    """
    try:
        size = path.stat().st_size
        if size > _LARGEST_FILE:
            raise AssistantError(
                f"will not read {path}", f"it has {human_bytes(size)}", f"{path}::SYMBOL, a part of it"
            )
        data = path.read_bytes()
    except FileNotFoundError:
        near = near_file(path)
        raise AssistantError(f"there is no file {path}", hint=near) from None
    except OSError as error:
        raise AssistantError(f"cannot read {path}", cause_of(error)) from None
    if b"\0" in data[:8192]:
        raise AssistantError(f"will not put {path} into a prompt", "it is no text file")
    return data.decode("utf-8", "replace")


def near_file(path: Path) -> str:
    """A file beside `path` whose name is much like it; "" where there is none."""
    try:
        names = os.listdir(path.parent)  # noqa: PTH208 - names are wanted, not paths
    except OSError:
        return ""
    near = difflib.get_close_matches(path.name, names, n=1)
    return str(path.with_name(near[0])) if near else ""


def _symbol_text(path: Path, name: str) -> tuple[str, str]:
    from assistant.syntax.document import Document
    from assistant.syntax.symbols import find

    document = Document.read(path)
    if document.language is None:
        raise AssistantError(f"cannot find {name} in {path}", "its language is not known here", f"--file {path}")
    symbol = find(document, name)
    text = document.text[symbol.span.start : symbol.span.end]
    title = f"`{symbol.qualified_name}` of `{path}`, lines {symbol.start_line} to {symbol.end_line}"
    return title, text


def _around_dash(words: list[str], piped: str) -> tuple[str, str, str]:
    at = words.index("-")
    return " ".join(words[:at]), piped, " ".join(word for word in words[at:] if word != "-")


def _piped(complete_without: bool) -> str:
    """What comes through a pipe or a redirected file; an idle pipe is waited for only when it is all there could be."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError):
        return ""
    if complete_without:
        if stat.S_ISCHR(mode):
            return ""
        ready = stat.S_ISREG(mode) or select.select([sys.stdin.fileno()], [], [], _PIPE_PATIENCE)[0]
        if not ready:
            say(f"(nothing came through the pipe in {_PIPE_PATIENCE:.0f} seconds: going on without it; - waits for it)")
            return ""
    text = _read_stdin()
    if complete_without and stat.S_ISFIFO(mode) and not text.strip():
        say("(nothing came through the pipe: the question is asked without it)")
    return text


def _read_stdin() -> str:
    if sys.stdin.isatty():
        say("(type the question; Ctrl-D on an empty line ends it)")
    return sys.stdin.buffer.read().decode("utf-8", "replace")
