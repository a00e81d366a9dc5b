"""wizard-tui map: the repository map as a model would be shown it, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer


def map_(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder to map.")] = Path(),
    tokens: Annotated[int, typer.Option(min=1, metavar="N", help="The longest map, in the model's tokens.")] = 1024,
    model: Annotated[
        str | None, typer.Option("--model", "-m", metavar="NAME|FILE", help="The model whose tokens are counted.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Outline the most important definitions of FOLDER within a number of tokens.

    What is ignored by .gitignore is left out. A second run reads changed files only.
    """
    from assistant.context.index import index_folder
    from assistant.context.repository_map import RepoMap
    from assistant.ground.progress import Progress
    from assistant.ground.terminal import say
    from assistant.ground.visible import visible

    with Progress() as progress:
        index = index_folder(folder, progress=lambda done, total: progress.update("reading", done, total, "files"))
    repo_map = RepoMap(index)
    with ExitStack() as closing:
        fitted = repo_map.fit(tokens, _counter(model, closing) if repo_map.ranked else len)
    if not fitted.shown:
        say(f"{folder}: no definitions" if not repo_map.ranked else f"{folder}: {tokens} tokens hold no definition")
    elif fitted.left_out:
        say(f"{len(fitted.shown)} of {len(repo_map.ranked):,} definitions fit into {tokens:,} tokens")
    if not as_json:
        if fitted.text:
            print(visible(fitted.text))
        return
    symbols = [
        {
            "file": one.path,
            "name": one.definition.name,
            "qualified_name": one.definition.qualified_name,
            "kind": one.definition.kind,
            "start_line": one.definition.start_line,
            "end_line": one.definition.end_line,
            "rank": round(one.rank, 9),
        }
        for one in fitted.shown
    ]
    whole = {"text": fitted.text, "tokens": fitted.tokens, "symbols": symbols, "left_out": fitted.left_out}
    print(json.dumps(whole, indent=2))


def _counter(model: str | None, closing: ExitStack) -> Callable[[str], int]:
    """Counts tokens with the tokenizer of the model in use; without any model, three bytes count as one token."""
    from assistant.config import load_config
    from assistant.context.token_counts import RememberedCounts
    from assistant.engine.api import ModelSpec
    from assistant.engine.blocking import BlockingEngine
    from assistant.errors import AssistantError
    from assistant.ground.terminal import say
    from assistant.models.library import find_model

    def load() -> Callable[[str], int]:
        engine = closing.enter_context(BlockingEngine())
        engine.load(ModelSpec(str(path), context_size=256, gpu_layers=0))
        return lambda text: len(engine.tokenize(text))

    try:
        path = find_model(model or "", load_config())
    except AssistantError as error:
        if model:
            raise
        say(f"tokens are estimated, since no model can count them: {error.what}")
        return lambda text: len(text.encode("utf-8", "replace")) // 3 + 1
    return closing.enter_context(RememberedCounts(path, load))
