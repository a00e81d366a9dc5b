"""`wizard-tui complete`: what belongs at one place of a file, filled in between what is before and after it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.options import Adapter, AsJson, MaxTokens, Model, Seed, Temperature
from assistant.engine.api import Engine, GenerationRequest, InfillPrompt, LoadedModel
from assistant.errors import AssistantError, UsageError

_MAX_TOKENS = 128
# Tokens for the layout's own marks.
_MARGIN = 16


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

    It is filled in between what stands before and after LINE:COLUMN. This needs a model trained for that (FIM in `wizard-tui models list`).

    Example: wizard-tui complete main.py --at 12:5
    """
    from assistant.cli.adapters import read_adapters
    from assistant.cli.prompt_parts import read_text
    from assistant.cli.reply import Built, run_reply
    from assistant.config import load_config
    from assistant.models.library import find_model, model_name
    from assistant.models.running import model_spec, sampling

    # The penalty for repeated words is for prose; code repeats itself rightly.
    config = load_config(model=model, temperature=temperature, max_tokens=max_tokens, repeat_penalty=1.0)
    prefix, suffix = split_at(read_text(file), at, file)
    path = find_model("", config)
    name = model_name(path, config)
    adapters = read_adapters(adapter)

    async def build(engine: Engine, loaded: LoadedModel, limit: int) -> Built:
        if not loaded.infill:
            raise AssistantError(
                f"{name} cannot fill in the middle",
                "it was not trained for it",
                "wizard-tui models list shows which can (FIM), --model runs one",
            )
        prompt, note = await fit_prompt(
            engine, InfillPrompt(prefix, suffix), limit - config.max_tokens - _MARGIN, limit
        )
        return Built(GenerationRequest(prompt, config.max_tokens, sampling(config, seed)), note)

    run_reply(model_spec(path, config, adapters), name, build, as_json=json, exact=True)


def split_at(text: str, at: str, file: Path) -> tuple[str, str]:
    """The text before and after a place given as LINE:COLUMN.

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
    start = sum(len(one) for one in lines[: line - 1]) + column - 1
    return text[:start], text[start:]


async def fit_prompt(engine: Engine, prompt: InfillPrompt, room: int, limit: int) -> tuple[InfillPrompt, str]:
    """The prompt, cut at line ends far from the cursor to `room` tokens, and a sentence on what was left out.

    Raises:
        UsageError: the reply alone would take all `limit` tokens of the context.
    """
    from assistant.server.infill import fit

    if room < 2 * _MARGIN:
        raise UsageError(
            "there is no room for the file beside the reply",
            f"the context holds {limit:,} tokens",
            f"--max-tokens {max(1, limit // 4)}",
        )
    cut = await fit(engine, prompt, room)
    if cut == prompt:
        return prompt, ""
    left_out = (
        prompt.prefix.count("\n") - cut.prefix.count("\n"),
        prompt.suffix.count("\n") - cut.suffix.count("\n"),
    )
    note = (
        f"(the file does not fit into the {limit:,} tokens for a completion: the first {left_out[0]:,} and the "
        f"last {left_out[1]:,} lines were left out)"
    )
    return cut, note
