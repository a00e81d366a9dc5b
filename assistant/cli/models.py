"""`wizard-tui models`: what there is, what can be fetched, and which one runs."""

from __future__ import annotations

import json as json_form
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.options import AsJson
from assistant.ground.terminal import say
from assistant.ground.visible import visible_line

if TYPE_CHECKING:
    from assistant.models.catalogue import CatalogueModel
    from assistant.models.library import InstalledModel
    from assistant.models.machine import Machine

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
    from assistant.models.catalogue import best_for, catalogue
    from assistant.models.library import installed_models
    from assistant.models.machine import this_machine

    machine = this_machine()
    installed = installed_models(load_config())
    here = {row.name.lower() for row in installed}
    missing = [row for row in catalogue() if row.name not in here]
    if json:
        rows = [_installed_row(row, machine) for row in installed] + [_catalogue_row(row, machine) for row in missing]
        print(json_form.dumps(rows))
        return
    _print_table("On this machine (* runs when none is asked for)", [_installed_row(row, machine) for row in installed])
    print()
    _print_table("To fetch: wizard-tui models pull NAME", [_catalogue_row(row, machine) for row in missing])
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
    from assistant.models.catalogue import catalogue_model
    from assistant.models.gguf_header import read_header
    from assistant.models.learned import adapters_of
    from assistant.models.library import find_model, model_files

    config = load_config()
    row = catalogue_model(model)
    known = {file.name.lower() for file in model_files(config)}
    if row is not None and model.lower() not in known and not Path(model).exists():
        _print_fields(_catalogue_facts(row), json)
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
        "fits": _fits(header.bytes),
    }
    adapters = adapters_of(path)
    facts["learned"] = adapters[0][0] if adapters else None
    rate = _pass_rate(path)
    facts["pass_rate"] = rate if json else rate and f"{rate['rate']:.1%} of {rate['problems']:,} ({rate['benchmark']})"
    _print_fields(facts, json)


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
    model: Annotated[str, typer.Argument(metavar="NAME", help="A model that was pulled or added.")],
) -> None:
    """Delete a pulled model, or forget an added one.

    The file of an added model stays where it is.
    """
    from assistant.config import load_config
    from assistant.models.library import remove_model

    say(remove_model(model, load_config()))


def _installed_row(row: InstalledModel, machine: Machine) -> dict[str, Any]:
    from assistant.models.catalogue import fits

    header = row.header
    return {
        "name": row.name,
        "installed": True,
        "chosen": row.chosen,
        "source": row.source,
        "path": str(row.path),
        "size": header.bytes if header else 0,
        "parameters": header.parameters if header else 0,
        "quantization": header.quantization if header else "",
        "context": header.context_size if header else 0,
        "fim": header.fim if header else False,
        "fits": fits(header.bytes, machine) if header else False,
        "licence": header.licence if header else "",
        "pass_rate": _pass_rate(row.path),
        "problem": row.problem,
    }


def _pass_rate(path: Path) -> dict[str, Any] | None:
    """What was measured of a model, where a report of that is known."""
    from dataclasses import asdict

    from assistant.models.pass_rates import pass_rate

    found = pass_rate(path)
    return asdict(found) if found else None


def _catalogue_row(row: CatalogueModel, machine: Machine) -> dict[str, Any]:
    from assistant.models.catalogue import fits

    return {
        "name": row.name,
        "installed": False,
        "chosen": False,
        "source": "catalogue",
        "path": f"{row.repository}/{row.file}",
        "size": row.bytes,
        "size_is_approximate": not row.gigabytes,
        "parameters": round(row.parameters * 1e9),
        "quantization": row.quantization,
        "context": row.context,
        "fim": row.fim,
        "fits": fits(row.bytes, machine),
        "licence": row.licence,
        "pass_rate": None,
        "problem": "",
    }


def _catalogue_facts(row: CatalogueModel) -> dict[str, Any]:
    return {
        "name": row.name,
        "about": row.about,
        "installed": False,
        "repository": row.repository,
        "file": row.file,
        "parameters": round(row.parameters * 1e9),
        "quantization": row.quantization,
        "size": row.bytes,
        "size_is_approximate": not row.gigabytes,
        "context": row.context,
        "fim": row.fim,
        "licence": row.licence,
        "fits": _fits(row.bytes),
        "to_fetch": f"wizard-tui models pull {row.name}",
    }


def _print_table(title: str, rows: list[dict[str, Any]]) -> None:
    from assistant.ground.files import human_bytes

    print(title)
    if not rows:
        print("  none")
        return
    width = max(len(visible_line(row["name"])) for row in rows)
    print(f"  {'name':<{width}}  {'size':>9}  {'context':>7}  FIM  fits  licence")
    for row in rows:
        mark = "*" if row["chosen"] else " "
        name = visible_line(row["name"]).ljust(width)
        if row["problem"]:
            print(f"{mark} {name}  cannot be run: {visible_line(row['problem'])}")
            continue
        size = ("~" if row.get("size_is_approximate") else "") + human_bytes(row["size"])
        told = (("yes" if row[key] else "no") for key in ("fim", "fits"))
        fim, fits = told
        context = f"{row['context']:,}" if row["context"] else "?"
        print(
            f"{mark} {name}  {size:>9}  {context:>7}  {fim:<3}  {fits:<4}  {visible_line(row['licence']) or 'not said'}"
        )


def _print_fields(fields: dict[str, Any], as_json: bool) -> None:
    from assistant.ground.files import human_bytes

    if as_json:
        print(json_form.dumps(fields))
        return
    width = max(len(key) for key in fields)
    for key, value in fields.items():
        if isinstance(value, bool):
            text = "yes" if value else "no"
        elif key == "size" and isinstance(value, int):
            text = human_bytes(value)
        elif isinstance(value, int):
            text = f"{value:,}"
        else:
            text = visible_line(str(value or "")) or "not said"
        print(f"{key.replace('_', ' '):<{width}}  {text}")


def _fits(size: int) -> bool:
    from assistant.models.catalogue import fits
    from assistant.models.machine import this_machine

    return fits(size, this_machine())
