"""The model of a conversation on its way into memory: loaded once, whoever waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from assistant.engine.api import Engine, LoadedModel, ModelRefused, ModelSpec
from assistant.session.events import ModelLoaded, ModelLoading
from assistant.session.streaming import unless_stopped


class Loading:
    """Loads what is asked for, if it is not in memory.

    Args:
        spec: what the engine runs, where it runs something already.
    """

    def __init__(self, engine: Engine, spec: ModelSpec) -> None:
        self._engine = engine
        self._under_way: asyncio.Future[LoadedModel] | None = None
        self._asked = self._runs = spec

    async def load(self, spec: ModelSpec, stop: asyncio.Event) -> AsyncIterator[ModelLoading | ModelLoaded]:
        """ModelLoading and ModelLoaded; nothing where the model is in memory.

        Raises:
            Stopped: `stop` was set first; the model is loaded all the same.
            EngineError: there is no model, or it cannot be loaded.
        """
        loaded = self._engine.loaded
        if loaded is not None and loaded.path == spec.path and self._runs.adapters == spec.adapters:
            return
        if not spec.path:
            raise ModelRefused("there is no model to run", hint="/model shows what there is to choose from")
        yield ModelLoading(Path(spec.path).name)
        if self._under_way is None or self._under_way.done() or self._asked != spec:
            self._asked = spec
            self._under_way = asyncio.ensure_future(self._engine.load(spec))
        loaded = await unless_stopped(asyncio.shield(self._under_way), stop)
        self._runs = self._asked
        yield ModelLoaded(loaded)
