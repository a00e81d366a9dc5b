"""`wizard-tui doctor`: what was found on this machine, what will be used and why, and what to do about each problem."""

from __future__ import annotations

import platform
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from assistant.cli.options import AsJson
from assistant.errors import AssistantError
from assistant.ground.visible import visible_line

if TYPE_CHECKING:
    from assistant.config import Config
    from assistant.engine.devices import DeviceReport


def doctor(json: AsJson = False) -> None:
    """Say what this machine can run, and what to do about problems."""
    from assistant.engine.devices import survey

    report: dict[str, Any] = {"python": _python(), "folders": {}, "model": {}, "devices": {}, "sandbox": {}}
    problems: list[dict[str, str]] = []
    devices = survey()
    report["devices"] = asdict(devices)
    if devices.problem:
        problems.append(
            _problem("llama.cpp cannot be used", devices.problem, "pip install --force-reinstall llama-cpp-python")
        )
    for gpu in devices.unusable:
        problems.append(_problem(f"{gpu.description} is not used", gpu.why, gpu.install))
    report["folders"] = _folders()
    config = _settings(problems)
    report["model"] = _model(config, problems)
    report["sandbox"] = _sandbox(problems)
    report["problems"] = problems
    if json:
        import json as json_form

        print(json_form.dumps(report))
    else:
        _print(report, devices)
    if not report["model"] or devices.problem:
        raise typer.Exit(1)


def _problem(what: str, why: str, remedy: str) -> dict[str, str]:
    return {"what": what, "why": why, "remedy": remedy}


def _of(error: AssistantError) -> dict[str, str]:
    return _problem(error.what, error.why, error.hint)


def _python() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    def package(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return "not installed"

    names = ("wizard-tui", "llama-cpp-python", "textual", "huggingface-hub")
    return {
        "version": platform.python_version(),
        "executable": sys.executable,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    } | {name: package(name) for name in names}


def _folders() -> dict[str, str]:
    from assistant.ground import paths

    return {
        "settings": str(paths.config_file()),
        "models": str(paths.models_folder()),
        "sessions": str(paths.sessions_file()),
        "lessons": str(paths.lessons_file()),
        "jobs": str(paths.state_folder("jobs")),
        "cache": str(paths.cache_folder()),
        "logs": str(paths.state_folder("crashes")),
    }


def _settings(problems: list[dict[str, str]]) -> Config:
    from assistant.config import Config, load_config

    try:
        config = load_config()
    except AssistantError as error:
        problems.append(_of(error))
        return Config()
    if config.keys:
        from assistant.ground import paths
        from assistant.tui.keys import understood

        wrong = understood(config.keys)[1]
        problems += [_problem(sentence, "", f"correct [keys] in {paths.config_file()}") for sentence in wrong]
    return config


def _model(config: Config, problems: list[dict[str, str]]) -> dict[str, Any]:
    from assistant.models.catalogue import best_for, fits
    from assistant.models.gguf_header import read_header
    from assistant.models.library import find_model, model_name
    from assistant.models.machine import this_machine

    if config.models_folder and not Path(config.models_folder).expanduser().is_dir():
        problems.append(_problem("your models_folder is not there", config.models_folder, "correct models_folder"))
    machine = this_machine()
    best = best_for(machine)
    try:
        path = find_model("", config)
        header = read_header(path)
    except AssistantError as error:
        problems.append(_of(error))
        return {}
    runs = fits(header.bytes, machine)
    if not runs:
        problems.append(
            _problem(
                f"{path.name} is too big for this machine's memory",
                "it will be slow, or end with an error",
                f"wizard-tui models pull {best.name}" if best else "wizard-tui models use starter",
            )
        )
    return {
        "name": model_name(path, config),
        "path": str(path),
        "architecture": header.architecture,
        "quantization": header.quantization,
        "bytes": header.bytes,
        "context": header.context_size,
        "fim": header.fim,
        "fits": runs,
        "recommended": best.name if best else "",
    }


def _sandbox(problems: list[dict[str, str]]) -> dict[str, Any]:
    """Which sandbox holds here, by its own self-test."""
    from assistant.sandbox.probe import report

    found = report()
    if not found.usable:
        why = found.problem or "no backend passed its self-test"
        problems.append(_problem("code of models cannot be run here", why, "apt install bubblewrap"))
    return {"backend": found.backend or "none", "tried": [asdict(backend) for backend in found.tried]}


def _print(report: dict[str, Any], devices: DeviceReport) -> None:
    from assistant.ground.files import human_bytes

    python, model = report["python"], report["model"]
    print(f"wizard-tui {python['wizard-tui']} on Python {python['version']}, {python['system']}")
    print(f"llama.cpp  {devices.llama_version or 'not found'} (llama-cpp-python {python['llama-cpp-python']})")
    print(
        f"CPU        {visible_line(devices.cpu)}, {devices.cpus_allowed} to be used: {' '.join(devices.cpu_features)}"
    )
    print(f"Memory     {human_bytes(devices.memory_available)} free")
    for device in devices.found:
        if device.gpu:
            size = f"{human_bytes(device.free)} of {human_bytes(device.total)} free"
            print(f"GPU        {visible_line(device.name)}: {visible_line(device.description)}, {size}")
    print(f"Runs on    {visible_line(devices.uses)}: {visible_line(devices.why)}")
    if model:
        fim = "fills in the middle" if model["fim"] else "does not fill in the middle"
        size = human_bytes(model["bytes"])
        print(f"Model      {visible_line(model['name'])}, {size}, {model['context']:,} tokens of context, {fim}")
        print(f"           {visible_line(model['path'])}")
        if model["recommended"] and model["name"] != model["recommended"]:
            print(f"           recommended here: {model['recommended']}")
    for name, folder in report["folders"].items():
        print(f"{name.capitalize():<10} {visible_line(folder)}")
    print(f"Sandbox    {visible_line(report['sandbox']['backend'])}")
    print()
    if not report["problems"]:
        print("No problems found.")
    for problem in report["problems"]:
        why = f": {visible_line(problem['why'])}" if problem["why"] else ""
        print(f"Problem    {visible_line(problem['what'])}{why}")
        if problem["remedy"]:
            print(f"           try: {visible_line(problem['remedy'])}")
