"""The app with the real starter model, driven by keys."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from assistant.config import Config
from assistant.tui.app import WizardApp
from assistant.tui.screens.workbench import Workbench
from assistant.tui.widgets.prose import Prose


@pytest.mark.slow
async def test_the_starter_model_answers_in_the_app_and_survives_a_kill(tmp_path: Path, starter_model: Path) -> None:
    app = WizardApp(tmp_path, Config(max_tokens=40, context_size=1024, temperature=0.0))

    async def until(condition: object, seconds: float = 60) -> None:
        assert callable(condition)
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end
            await asyncio.sleep(0.05)

    async with app.run_test(size=(90, 30)) as pilot:
        chat = app.screen
        assert isinstance(chat, Workbench)
        await until(lambda: app.workplace is not None and app.workplace.engine.loaded is not None)
        await pilot.press(*"hello", "enter")
        await until(lambda: chat.query(Prose) and chat.desk is not None and not chat.desk.busy)
        assert chat.status.status.context_size == 1024
        assert chat.status.status.context_used > 0
        assert app.workplace is not None
        engine = app.workplace.engine
        os.kill(engine.worker_pid, signal.SIGKILL)  # type: ignore[attr-defined]
        await until(lambda: engine.loaded is None)
        await pilot.press(*"again", "enter")
        await until(lambda: len(chat.query(Prose)) >= 2 and chat.desk is not None and not chat.desk.busy)
        assert app.workplace.store.messages(1)[-1].state == "done"
    assert app.failure is None
