"""`wizard-tui models`: what there is, what can be fetched, and which one runs."""

from __future__ import annotations

import json as json_form
from pathlib import Path
from typing import Annotated, Any

import typer

from assistant.cli.model_rows import (
    adapter_facts,
    adapter_row,
    catalogue_facts,
    catalogue_row,
    fits_here,
    installed_row,
    known_pass_rate,
    print_adapters,
    print_fields,
    print_table,
)
from assistant.cli.options import AsJson
from assistant.ground.terminal import say

models_app = typer.Typer(
    help="See, fetch, choose and remove models.",
    rich_markup_mode=None,
    invoke_without_command=True,
    no_args_is_help=False,
)


@models_app.callback()
def _top(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_models()


@models_app.command("list")
def list_models(json: AsJson = False) -> None:
    """List the models on this machine and those of the catalogue."""
    from assistant.config import load_config
    from assistant.models.adapters import adapters
    from assistant.models.catalogue import best_for, catalogue
    from assistant.models.library import installed_models, made_for
    from assistant.models.machine import this_machine

    config = load_config()
    machine = this_machine()
    learned = [(one, made_for(one, config)) for one in adapters()]
    installed = installed_models(config)
    here = {row.name.lower() for row in installed}
    missing = [row for row in catalogue() if row.name not in here]
    if json:
        rows = [installed_row(row, machine) for row in installed] + [catalogue_row(row, machine) for row in missing]
        print(json_form.dumps(rows + [adapter_row(*row) for row in learned]))
        return
    print_table("On this machine (* runs when none is asked for)", [installed_row(row, machine) for row in installed])
    print_adapters(learned)
    print()
    print_table("To fetch: wizard-tui models pull NAME", [catalogue_row(row, machine) for row in missing])
    best = best_for(machine)
    if best is not None and best in missing:
        print(f"\nThe best code model that runs well on this machine: {best.name}")


@models_app.command()
def show(
    model: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A model of the list, or a GGUF file.")],
    json: AsJson = False,
) -> None:
    """Show what a GGUF file says about itself; no tensor is loaded."""
    from assistant.config import load_config
    from assistant.models.adapters import adapter
    from assistant.models.catalogue import catalogue_model
    from assistant.models.gguf_header import read_header
    from assistant.models.learned import adapters_of
    from assistant.models.library import find_model, made_for, model_files

    config = load_config()
    row = catalogue_model(model)
    known = {file.name.lower() for file in model_files(config)}
    if row is not None and model.lower() not in known and not Path(model).exists():
        print_fields(catalogue_facts(row), json)
        return
    learned = adapter(model)
    if learned is not None and model.lower() not in known:
        told = adapter_row if json else adapter_facts
        print_fields(told(learned, made_for(learned, config)), json)
        return
    path = find_model(model, config)
    header = read_header(path)
    facts: dict[str, Any] = {
        "path": str(path),
        "name": header.name,
        "architecture": header.architecture,
        "parameters": header.parameters,
        "quantization": header.quantization,
        "size": header.bytes,
        "context": header.context_size,
        "layers": header.layers,
        "vocabulary": header.vocabulary_size,
        "chat_template": header.chat_template,
        "chat_template_sha256": header.chat_template_sha256,
        "fim": header.fim,
        "licence": header.licence,
        "kind": header.kind or "model",
        "fits": fits_here(header.bytes),
    }
    adapters = adapters_of(path)
    facts["learned"] = adapters[0][0] if adapters else None
    rate = known_pass_rate(path)
    facts["pass_rate"] = rate if json else rate and f"{rate['rate']:.1%} of {rate['problems']:,} ({rate['benchmark']})"
    print_fields(facts, json)


@models_app.command()
def pull(
    model: Annotated[
        str,
        typer.Argument(metavar="NAME|OWNER/REPOSITORY[/FILE.gguf]", help="A catalogue name, or a file of the hub."),
    ],
) -> None:
    """Fetch a model from the Hugging Face Hub.

    A download that broke off goes on where it stopped. The file is checked by its SHA-256 before it gets its name.
    """
    from assistant.ground.progress import Progress
    from assistant.models.download import pull as fetch
    from assistant.models.download import wanted_model
    from assistant.models.registry import choose, load_registry

    wanted = wanted_model(model)
    with Progress() as progress:
        name, path = fetch(wanted, progress)
    say(f"{name} is at {path}")
    if load_registry().chosen:
        say(f"wizard-tui models use {name} makes it the one that runs")
    else:
        choose(name)
        say("it is the model that runs from now on")


@models_app.command()
def use(
    model: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A model on this machine; starter is the first.")],
) -> None:
    """Choose the model that runs when none is asked for."""
    from assistant.config import load_config
    from assistant.models.library import use_model

    config = load_config()
    say(f"{use_model(model, config)} is the model that runs from now on")
    if config.model:
        say(f"(but the setting model = {config.model} of your config.toml or WIZARD_MODEL goes before it)")


@models_app.command()
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE.gguf", help="The file; it stays where it is.")],
    name: Annotated[str, typer.Option(help="The name to call it by; the file's own without it.")] = "",
) -> None:
    """Register a GGUF file of your own under a name."""
    from assistant.models.library import add_model

    given = add_model(file, name)
    say(f"{given} is registered; wizard-tui models use {given} makes it the one that runs")


@models_app.command()
def remove(
    model: Annotated[str, typer.Argument(metavar="NAME", help="A model that was pulled or added, or an adapter.")],
) -> None:
    """Delete a pulled model or a learned adapter, or forget an added model.

    The file of an added model stays where it is.
    """
    from assistant.config import load_config
    from assistant.models.library import remove_model

    say(remove_model(model, load_config()))
