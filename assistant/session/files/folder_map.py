"""The repository map of a conversation: made once, then the same in every prompt until a new one is asked for.

A map that changed with the files would cost the whole prompt anew each turn. It is only for folders of code, only where
reading it takes the model a few seconds at most, and no question waits long for it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assistant.context.budget import Budget
from assistant.context.index import Index
from assistant.context.repository_map import RepoMap
from assistant.context.shortening import TokenSizes
from assistant.engine.api import LoadedModel
from assistant.errors import AssistantError
from assistant.syntax.languages import detect

CODE_KINDS = frozenset(("function", "method", "class", "type", "test", "module"))
LEAST_ROOM = 96
"""Tokens below which a map says nothing."""

_SECONDS_TO_READ = 12.0
"""How long the model may take to read a map: it is read ahead, while the first question is being typed."""
_CPU_OPERATIONS = 25e9
"""What a CPU thread does in a second, about; a token costs two for each parameter."""
_PATIENCE = 1.5
_NO_CODE = frozenset(("markdown", "json", "toml", "yaml", "xml", "html", "css"))
_LEAST_DEFINITIONS = 3
_HEADING = "An outline of the user's folder {name}:"


@dataclass(frozen=True)
class FolderOutline:
    """A map as it stands in prompts ("" for none), its name, and a clause on what it shows or why there is none."""

    text: str = ""
    name: str = ""
    note: str = ""


class FolderMap:
    """The map of one folder for the conversation at hand.

    Args:
        names: reads the folder's names; called in a thread.
    """

    def __init__(self, folder: Path, names: Callable[[], Index]) -> None:
        self._folder = folder
        self._names = names
        self._making: asyncio.Task[FolderOutline] | None = None
        self._settled: FolderOutline | None = None

    def forget(self) -> None:
        """Make a new map for the next prompt: the folder has changed, or another conversation begins."""
        if self._making is not None:
            self._making.cancel()
        self._making = self._settled = None

    def begin(self, model: LoadedModel, sizes: TokenSizes) -> None:
        """Start making the map, if that has not been done."""
        if self._making is None and self._settled is None:
            self._making = asyncio.create_task(self._make(model, sizes))

    async def outline(self, model: LoadedModel, sizes: TokenSizes, patience: float = _PATIENCE) -> FolderOutline:
        """The map; what is not ready after `patience` seconds is left out of the whole conversation."""
        if self._settled is None:
            self.begin(model, sizes)
            assert self._making is not None
            try:
                self._settled = await asyncio.wait_for(asyncio.shield(self._making), patience)
            except TimeoutError:
                self._settled = FolderOutline(name=self._name(), note="left out: the folder is still being read")
        return self._settled

    async def _make(self, model: LoadedModel, sizes: TokenSizes) -> FolderOutline:
        room = map_room(model)
        if not await asyncio.to_thread(is_code_folder, self._folder):
            return FolderOutline()
        if room < LEAST_ROOM:
            return FolderOutline(name=self._name(), note="left out: this model would take too long to read it here")
        with contextlib.suppress(AssistantError):
            index = await asyncio.to_thread(self._names)
            repo_map = await asyncio.to_thread(RepoMap, index)
            if sum(one.definition.kind in CODE_KINDS for one in repo_map.ranked) < _LEAST_DEFINITIONS:
                return FolderOutline()
            heading = _HEADING.format(name=self._folder.resolve().name)
            fitted = await repo_map.fit_async(room - await sizes.of(heading) - 2, sizes.of)
            if fitted.shown:
                note = f"{len(fitted.shown):,} of {len(repo_map.ranked):,} definitions"
                return FolderOutline(f"{heading}\n{fitted.text}", self._name(), note)
        return FolderOutline()

    def _name(self) -> str:
        return f"map of {self._folder.resolve().name}"


def map_room(model: LoadedModel) -> int:
    """The tokens that a map may take: its share of the context, and on a CPU what is read in some seconds."""
    room = Budget(model.context_size).room("map")
    if model.layers and model.gpu_layers >= model.layers:
        return room
    a_second = _CPU_OPERATIONS * max(1, model.threads) / (2 * max(1, model.parameters))
    return min(room, int(_SECONDS_TO_READ * a_second))


def is_code_folder(folder: Path) -> bool:
    """Whether a folder is a repository's, or has source files at its top or one below; never a home folder or `/`."""
    folder = folder.resolve()
    if folder == Path(folder.anchor) or Path.home().resolve().is_relative_to(folder):
        return False
    home = Path.home().resolve()
    for place in (folder, *folder.parents):
        if place == home or place == Path(place.anchor):
            break
        if (place / ".git").exists():
            return True
    with contextlib.suppress(OSError):
        entries = sorted(folder.iterdir())[:500]
        inner = [entry for entry in entries if entry.is_dir() and not entry.name.startswith(".")][:50]
        if any(_is_code(entry) for entry in entries):
            return True
        return any(_is_code(file) for place in inner for file in _some(place))
    return False


def _is_code(file: Path) -> bool:
    language = detect(file.name)
    return language is not None and language.name not in _NO_CODE and file.is_file()


def _some(folder: Path) -> list[Path]:
    with contextlib.suppress(OSError):
        return sorted(folder.iterdir())[:200]
    return []
