"""The rows that `wizard-tui models` prints: models on this machine, of the catalogue, and adapters, for people and as JSON."""

from __future__ import annotations

import json as json_form
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.ground.visible import visible_line

if TYPE_CHECKING:
    from assistant.models.adapters import Adapter
    from assistant.models.catalogue import CatalogueModel
    from assistant.models.library import InstalledModel
    from assistant.models.machine import Machine


def installed_row(row: InstalledModel, machine: Machine) -> dict[str, Any]:
    """A model on this machine as JSON holds it."""
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
        "pass_rate": known_pass_rate(row.path),
        "problem": row.problem,
    }


def known_pass_rate(path: Path) -> dict[str, Any] | None:
    """What was measured of a model, where a report of that is known."""
    from dataclasses import asdict

    from assistant.models.pass_rates import pass_rate

    found = pass_rate(path)
    return asdict(found) if found else None


def catalogue_row(row: CatalogueModel, machine: Machine) -> dict[str, Any]:
    """A model that can be fetched, as JSON holds it."""
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


def catalogue_facts(row: CatalogueModel) -> dict[str, Any]:
    """What is known of a model before it is fetched."""
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
        "fits": fits_here(row.bytes),
        "to_fetch": f"wizard-tui models pull {row.name}",
    }


def adapter_row(row: Adapter, model: str) -> dict[str, Any]:
    """An adapter that was learned here, as JSON holds it; `model` is what its model is called."""
    from dataclasses import asdict

    told = {"name": row.name, "installed": True, "chosen": False, "source": "learned", "path": str(row.path)}
    told |= {"size": row.bytes, "use": row.use, "adapter_of": model}
    why = f"it is an adapter for {model or 'a model that is not known any more'}"
    return told | asdict(row.measured) | {"gain": row.measured.gain, "problem": why}


def adapter_facts(row: Adapter, model: str) -> dict[str, Any]:
    """An adapter that was learned here, as people read it."""
    facts: dict[str, Any] = {"path": str(row.path), "adapter of": model, "made": _date(row), "size": row.bytes}
    return facts | {"measured": row.measured.gain, "verdict": row.measured.verdict, "use": row.use or "not in use"}


def print_adapters(rows: list[tuple[Adapter, str]]) -> None:
    """The table of what was learned here, each with what its model is called; nothing where there is nothing."""
    from assistant.ground.files import human_bytes

    if not rows:
        return
    print("\nLearned here (* runs with its model); wizard-tui models remove NAME deletes one")
    width = max(len(visible_line(row.name)) for row, _ in rows)
    for row, model in rows:
        told = [f"for {model}" if model else "its model is not known", _date(row), human_bytes(row.bytes)]
        told += [row.measured.gain, row.use or row.measured.verdict]
        text = visible_line("  ".join(part for part in told if part))
        print(f"{'*' if row.use == 'runs' else ' '} {visible_line(row.name):<{width}}  {text}")


def _date(row: Adapter) -> str:
    import time

    return time.strftime("%Y-%m-%d %H:%M", time.localtime(row.measured.made))


def print_table(title: str, rows: list[dict[str, Any]]) -> None:
    """Models as lines under a title."""
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


def print_fields(fields: dict[str, Any], as_json: bool) -> None:
    """Fields with their values, a line each, or one JSON object."""
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


def fits_here(size: int) -> bool:
    """Whether a file of so many bytes fits this machine's memory."""
    from assistant.models.catalogue import fits
    from assistant.models.machine import this_machine

    return fits(size, this_machine())
