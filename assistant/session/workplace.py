"""What an open app stands on: the conversations, the engine, the model to run, and the conversation at hand.

It opens without waiting for the model. What could not be had is a sentence in `problems`, never a reason not to open.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from assistant.config import Config
from assistant.engine.api import Engine, ModelSpec
from assistant.errors import AssistantError
from assistant.ground import paths
from assistant.models.first_run import FirstRun, first_run
from assistant.models.library import find_model, model_name, use_model
from assistant.models.running import model_spec
from assistant.session.edits import Edits
from assistant.session.events import TurnFailed
from assistant.session.pointing import Pointing
from assistant.session.project_tests import TestStep, run_tests
from assistant.session.records import StoredMessage
from assistant.session.session import Session
from assistant.session.store import Store
from assistant.session.streaming import Stopped


class Workplace:
    """Opened by `open_workplace`, closed by `close`."""

    def __init__(self, folder: Path, config: Config, engine: Engine, store: Store, spec: ModelSpec) -> None:
        self.folder = folder
        self.config = config
        self.engine = engine
        self.store = store
        self.pointing = Pointing(folder)
        self.edits = Edits(folder)
        self.session = Session(engine, store, spec, config, folder, self.pointing)
        self.problems: list[str] = [store.notice] if store.notice else []

    def opened_before(self) -> int | None:
        """The conversation on this folder that the app's end cut off, to be gone on with; else None."""
        return self.store.interrupted(str(self.folder))

    def go_to(self, session: int | None) -> list[StoredMessage]:
        """Make a stored (or with None a new) conversation the one at hand; returns its messages."""
        return self.session.open(session)

    def model_name(self) -> str:
        """The name of the model to run, "" where there is none."""
        path = self.session.spec.path
        if not path:
            return ""
        with contextlib.suppress(AssistantError):
            return model_name(Path(path), self.config)
        return Path(path).stem

    def first_run(self) -> FirstRun | None:
        """The newcomer's notice, if it is to be shown."""
        with contextlib.suppress(AssistantError, OSError):
            return first_run(self.config)
        return None

    def use_config(self, config: Config) -> None:
        """Go on with other settings: replies from the next one on, models from the next one loaded."""
        self.config = config
        self.session.config = config

    def use_model(self, name: str) -> str:
        """Make `name` the model that runs from now on, here and at the next start; returns its name.

        Raises:
            AssistantError: there is no such model, or it cannot be read.
        """
        path = find_model(name, self.config)
        chosen = use_model(name, self.config)
        self.session.spec = model_spec(path, self.config)
        return chosen

    async def use_what_was_learned(self) -> TurnFailed | None:
        """Run the same model with the adapter that is switched on now, or without one; what failed, where it does.

        At once where the model is loaded and no reply is being written, else from the next reply on.
        """
        if not self.session.spec.path:
            return None
        self.session.spec = model_spec(Path(self.session.spec.path), self.config)
        if self.engine.loaded is None or self.session.running:
            return None
        with contextlib.suppress(Stopped):
            async for event in self.session.load():
                if isinstance(event, TurnFailed):
                    return event
        return None

    def run_tests(self, changes: Sequence[tuple[str, str]] = ()) -> AsyncIterator[TestStep]:
        """The project's tests in the sandbox, on a copy in which each file of `changes` has its new text."""
        return run_tests(self.edits.root, self.config.test_command, changes)

    async def close(self) -> None:
        """Stop what runs and end the engine."""
        self.session.cancel()
        await self.engine.close()


async def open_workplace(folder: Path, config: Config, engine: Engine | None = None) -> Workplace:
    """Open everything that an app on `folder` needs; files are read in a thread."""
    return await asyncio.to_thread(_open, folder, config, engine)


def _open(folder: Path, config: Config, engine: Engine | None) -> Workplace:
    if engine is None:
        from assistant.engine.client import EngineClient

        engine = EngineClient()
    store = Store(paths.sessions_file())
    spec, problem = ModelSpec(""), ""
    try:
        spec = model_spec(find_model("", config), config)
    except AssistantError as error:
        problem = error.sentence()
    workplace = Workplace(folder, config, engine, store, spec)
    workplace.problems += [problem] if problem else []
    return workplace
