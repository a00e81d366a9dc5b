"""Which models the user has brought in, and which one is chosen: one small JSON file beside the models.

Pulled files lie in the models folder; registered ones stay where they are. This holds names and paths only; what is in
the files is `gguf_header`'s business, and who wins when names meet is `library`'s.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from assistant.errors import AssistantError, UsageError, cause_of
from assistant.ground import paths
from assistant.ground.files import write_whole
from assistant.ground.locking import in_turn

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")


@dataclass(frozen=True)
class Registered:
    """One model of the user's: `origin` says where it came from ("hub:repository/file@commit", or "" for a local file)."""

    path: str
    origin: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Registry:
    """What the file holds. `chosen` is a name, or "" for the starter."""

    chosen: str = ""
    models: dict[str, Registered] = field(default_factory=dict)


def load_registry() -> Registry:
    """The registry; empty when there is none yet.

    Raises:
        AssistantError: the file is damaged.
    """
    try:
        data = json.loads(_file().read_text(encoding="utf-8"))
        models = {str(name): _registered(**row) for name, row in data["models"].items()}
        return Registry(chosen=str(data["chosen"]), models=models)
    except FileNotFoundError:
        return Registry()
    except OSError as error:
        raise AssistantError(f"cannot read {_file()}", cause_of(error)) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise AssistantError(
            f"cannot read {_file()}", f"it is damaged ({type(error).__name__})", f"remove it: rm {_file()}"
        ) from None


def _registered(**row: str) -> Registered:
    if not all(isinstance(text, str) for text in row.values()):
        raise TypeError("what is kept of a model is text")
    return Registered(**row)


def register(name: str, entry: Registered, chosen: bool = False) -> None:
    """Enter a model under `name`, replacing one of the same name.

    Raises:
        UsageError: the name is none that can be typed without quotes.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a model", "letters, digits, dots, dashes and underscores make one")
    with _changing() as registry:
        models = registry.models | {name: entry}
        _save(replace(registry, models=models, chosen=name if chosen else registry.chosen))


def unregister(name: str) -> None:
    """Forget `name`; if it was chosen, the starter is chosen again."""
    with _changing() as registry:
        models = {key: entry for key, entry in registry.models.items() if key != name}
        _save(Registry(chosen="" if registry.chosen == name else registry.chosen, models=models))


def choose(name: str) -> None:
    """Make `name` the model that runs when none is asked for; "" is the starter."""
    with _changing() as registry:
        _save(replace(registry, chosen=name))


@contextlib.contextmanager
def _changing() -> Iterator[Registry]:
    """The registry, with every other process that wants to change it waiting."""
    with in_turn(paths.models_folder() / ".registry.lock"):
        yield load_registry()


def _save(registry: Registry) -> None:
    write_whole(_file(), json.dumps(asdict(registry), indent=1, sort_keys=True) + "\n")


def _file() -> Path:
    return paths.models_folder() / "registry.json"
