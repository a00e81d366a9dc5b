"""`wizard-tui complete`: what belongs at one place of a file, as the editor would suggest it there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import Adapter, AsJson, MaxTokens, Model, Seed, Temperature
from assistant.errors import AssistantError, NothingProduced, UsageError

if TYPE_CHECKING:
    from assistant.completion.ask import Place, Said
    from assistant.completion.frame import Frame
    from assistant.completion.suggestion import Habits
    from assistant.engine.api import ModelSpec, Sampling

_MAX_TOKENS = 128
# The person says how long it may be in tokens.
_ANY_LINES = 100_000


def complete(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file; it is read, never written.")],
    at: Annotated[str, typer.Option(metavar="LINE:COLUMN", help="Where; both count from 1, columns in characters.")],
    model: Model = None,
    adapter: Adapter = None,
    max_tokens: MaxTokens = _MAX_TOKENS,
    temperature: Temperature = 0.0,
    seed: Seed = None,
    json: AsJson = False,
) -> None:
    """Print the text that belongs at one place of a file.

    It is filled in between what stands before and after LINE:COLUMN, ends with the statement or the block there, and
    adds no syntax error. This needs a model trained for that (FIM in `wizard-tui models list`).

    Example: wizard-tui complete main.py --at 12:5
    """
    import asyncio
    import logging

    from assistant.cli.adapters import read_adapters
    from assistant.cli.prompt_parts import read_text
    from assistant.cli.reply import Reply, print_reply
    from assistant.completion.ask import Place
    from assistant.completion.suggestion import Habits
    from assistant.config import load_config
    from assistant.models.library import find_model, model_name
    from assistant.models.running import model_spec, sampling
    from assistant.syntax.document import Document
    from assistant.syntax.languages import detect

    # The penalty for repeated words is for prose; code repeats itself rightly.
    config = load_config(model=model, temperature=temperature, max_tokens=max_tokens, repeat_penalty=1.0)
    text = read_text(file)
    cursor = place_in(text, at, file)
    path = find_model("", config)
    name = model_name(path, config)
    spec = model_spec(path, config, read_adapters(adapter))
    place = Place(Document(text, detect(file, text[:200].encode())), cursor, file.name)
    habits = Habits(most_tokens=config.max_tokens, most_lines=_ANY_LINES)
    # What asyncio has to remark on child processes is not for the person who asked.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    said, note = asyncio.run(_ask(spec, name, place, habits, sampling(config, seed)))
    print_reply(Reply(said.offered, name, said.stats, note), as_json=json)
    if said.text.strip() and not said.offered:
        raise NothingProduced(
            f"nothing to offer at {at}", "what the model wrote repeats the file or would add a syntax error"
        )


async def _ask(spec: ModelSpec, name: str, place: Place, habits: Habits, sampling: Sampling) -> tuple[Said, str]:
    from assistant.completion.ask import Asker
    from assistant.completion.ring import Ring
    from assistant.engine.client import EngineClient

    engine = EngineClient()
    try:
        loaded = await engine.load(spec)
        if not loaded.infill:
            raise AssistantError(
                f"{name} cannot fill in the middle",
                "it was not trained for it",
                "wizard-tui models list shows which can (FIM), --model runs one",
            )
        asker = Asker(engine, habits, Ring(habits.ring))
        if asker.budget() <= 0:
            raise UsageError(
                "there is no room for the file beside the reply",
                f"the context holds {loaded.context_size:,} tokens",
                f"--max-tokens {max(1, loaded.context_size // 8)}",
            )
        said = await asker.ask(place, sampling)
        return said, what_was_left_out(place, asker.frame)
    finally:
        await engine.close()


def what_was_left_out(place: Place, frame: Frame | None) -> str:
    """A sentence on the lines of the file that the model did not see, or nothing."""
    if frame is None:
        return ""
    text = place.document.text
    before = text.count("\n", 0, frame.start)
    after = text.count("\n", place.cursor + len(frame.after))
    if not before and not after:
        return ""
    return f"(of the file, the first {before:,} and the last {after:,} lines were left out, but for imports)"


def place_in(text: str, at: str, file: Path) -> int:
    """The character at a place given as LINE:COLUMN.

    Raises:
        UsageError: no such place; the sentence says which there are.
    """
    match = re.fullmatch(r"(\d+):(\d+)", at.strip())
    if not match:
        raise UsageError(f"--at {at} is no place in a file", hint="--at LINE:COLUMN, both counted from 1")
    line, column = int(match[1]), int(match[2])
    lines = re.split(r"(?<=\n)", text)
    if not 1 <= line <= len(lines):
        raise UsageError(f"{file} has no line {line:,}", f"it has {len(lines):,}", f"--at {len(lines)}:1")
    width = len(lines[line - 1].rstrip("\r\n"))
    if not 1 <= column <= width + 1:
        raise UsageError(
            f"line {line:,} of {file} has no column {column:,}",
            f"it has {width:,} characters, so {width + 1:,} is its end",
            f"--at {line}:{width + 1}",
        )
    return sum(len(one) for one in lines[: line - 1]) + column - 1
