"""`wizard-tui ask`: one question, one answer, streamed."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.cli.options import Adapter, AsJson, MaxTokens, Model, Seed, Temperature


def ask(
    question: Annotated[
        list[str] | None,
        typer.Argument(metavar="PROMPT", help="The question; - reads it from stdin. Piped text is added to it."),
    ] = None,
    file: Annotated[
        list[str] | None,
        typer.Option(
            "--file", "-f", metavar="FILE[::SYMBOL]", help="Put a file, or one symbol of it, into the prompt."
        ),
    ] = None,
    system: Annotated[str | None, typer.Option(metavar="TEXT", help="Instructions that stand before it all.")] = None,
    model: Model = None,
    adapter: Adapter = None,
    max_tokens: MaxTokens = None,
    temperature: Temperature = None,
    seed: Seed = None,
    json: AsJson = False,
) -> None:
    """Ask the model one question and print its answer.

    Examples:

      wizard-tui ask "Explain Python decorators in three sentences"

      wizard-tui ask "What does this do?" --file main.py::parse

      git diff | wizard-tui ask "Write a commit message"
    """
    from assistant.cli.adapters import read_adapters
    from assistant.cli.prompt_parts import file_part, fitted_files, read_question
    from assistant.cli.reply import Built, run_reply
    from assistant.config import load_config
    from assistant.engine.api import ChatMessage, ChatPrompt, Engine, GenerationRequest, LoadedModel
    from assistant.models.library import find_model, model_name
    from assistant.models.running import model_spec, sampling

    config = load_config(model=model, temperature=temperature, max_tokens=max_tokens)
    path = find_model("", config)
    parts = [file_part(argument) for argument in file or ()]
    asked = read_question(question or [])
    messages = (ChatMessage("system", system),) if system else ()

    def prompt(files: str) -> ChatPrompt:
        return ChatPrompt((*messages, ChatMessage("user", "\n\n".join(text for text in (files, asked) if text))))

    async def build(engine: Engine, loaded: LoadedModel, limit: int) -> Built:
        others = await engine.count_tokens(prompt("")) if parts else 0
        files, note = await fitted_files(engine, parts, others, limit, config.max_tokens) if parts else ("", "")
        return Built(GenerationRequest(prompt(files), config.max_tokens, sampling(config, seed)), note)

    spec = model_spec(path, config, read_adapters(adapter))
    run_reply(spec, model_name(path, config), build, as_json=json)
