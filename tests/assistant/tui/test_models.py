"""The models screen lists, tells what is known of each, and deletes after a yes only."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from assistant.config import Config
from assistant.ground import paths
from assistant.models import learned
from assistant.models.adapters import Measured, adapters, keep_about
from assistant.models.catalogue import catalogue
from assistant.models.library import add_model, find_model, installed_models
from assistant.models.machine import Machine
from assistant.tui.screens.models import ModelChoice, Models
from tests.assistant.models.gguf_files import write
from tests.assistant.models.test_download import BIG
from tests.assistant.tui.test_app import running
from tests.fakes.local_hub import LocalHub
from tests.fakes.scripted_engine import ScriptedEngine
from tests.fakes.stage import Stage, settled, shown, until, words


async def _to(pilot: Pilot[None], name: str, what: str) -> None:
    """Move down to the model whose description holds `what`."""
    for _ in range(30):
        if what in words(pilot.app):
            return
        await pilot.press("down")
        await pilot.pause()
    raise AssertionError(f"{name} is not there")


async def test_models_are_explained_and_deleted_after_a_yes(tmp_path: Path) -> None:
    pulled = write(paths.models_folder() / "pulled.gguf", fields={"general.license": "mit"})
    own = write(tmp_path / "run" / "own.gguf")
    add_model(own)
    exam = {"model": str(own), "benchmark": "humaneval", "problems": 164, "pass_at": {"1": 0.25}}
    (own.parent / "report.json").write_text(json.dumps(exam))
    app = Stage(Models(Config(model="smollm2-135m")))
    async with app.run_test(size=(110, 40)) as pilot:
        await until(pilot, lambda: "own" in shown(app) and "pulled" in shown(app))
        assert "Runs now." in words(app)
        await pilot.press("d")
        await until(pilot, lambda: "switch to another model first" in app.toasts())
        await _to(pilot, "pulled", "Licence: mit.")
        await pilot.press("d", "enter")
        await pilot.pause()
        assert pulled.exists()
        await pilot.press("d", "y")
        await until(pilot, lambda: not pulled.exists())
        await until(pilot, lambda: "pulled is removed" in app.toasts())
        await _to(pilot, "own", "It passes 25.0% of 164 (humaneval).")
        await pilot.press("d", "y")
        await until(pilot, lambda: "own is forgotten" in app.toasts())
        assert own.exists()
        assert [m.name for m in installed_models(Config())] == ["smollm2-135m"]


async def test_what_was_learned_is_listed_and_deleted_but_not_what_runs() -> None:
    starter = find_model("", Config())
    for name in ("learned-1", "learned-2"):
        folder = paths.learned_folder() / name
        folder.mkdir()
        (folder / "adapter.gguf").write_bytes(b"adapter")
        keep_about(folder, Measured(str(starter), 5.0, "better", 8, 1.5, 1.25))
    learned.offer(starter, learned.Learned(str(paths.learned_folder() / "learned-2" / "adapter.gguf")))
    learned.switch_on(starter)
    app = Stage(Models(Config(model="smollm2-135m")))
    async with app.run_test(size=(110, 40)) as pilot:
        await until(pilot, lambda: "Learned here" in shown(app))
        await _to(pilot, "learned-1", "loss 1.500 → 1.250 /learn")
        await pilot.press("d", "y")
        await until(pilot, lambda: "learned-1 is deleted" in app.toasts())
        await until(pilot, lambda: "learned-1" not in shown(app))
        await _to(pilot, "learned-2", "An adapter for smollm2-135m")
        await pilot.press("d")
        await until(pilot, lambda: "smollm2-135m runs with it" in app.toasts())
    assert [one.name for one in adapters()] == ["learned-2"]


async def test_a_model_to_fetch_is_told_with_size_fit_and_licence_and_chosen() -> None:
    app = Stage(Models(Config()))
    async with app.run_test(size=(110, 40)) as pilot:
        await until(pilot, lambda: "To fetch" in shown(app))
        await _to(pilot, "a big one", "Too big for this machine")
        assert "Licence:" in words(app)
        await pilot.press("d")
        await until(pilot, lambda: "Only a model on this machine" in app.toasts())
        await pilot.press("enter")
        await until(pilot, lambda: app.answers)
    choice = app.answers[0]
    assert isinstance(choice, ModelChoice)
    assert choice.fetch


async def test_a_download_is_followed_on_the_screen_and_stopped_there_and_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = catalogue()[0]
    part = paths.models_folder() / f".{row.file}.part"
    with LocalHub({f"{row.repository}/{row.file}": BIG}, stall_after=12_000_000).running() as hub:
        for name, value in (("HF_ENDPOINT", hub.url), ("HF_HUB_DISABLE_XET", "1"), ("HF_HUB_DOWNLOAD_TIMEOUT", "120")):
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        async with running(tmp_path, ScriptedEngine(), size=(120, 40)) as session:
            await session.pilot.press("f2")
            await session.until(lambda: "To fetch" in shown(session.app))
            options = session.app.screen.query_one(OptionList)
            options.highlighted = options.get_option_index(f"fetch:{row.name}")
            await session.pilot.press("enter")
            await session.until(lambda: "10.5 MB of 25.2 MB" in shown(session.app), seconds=60)
            assert "F2, x stops it" in shown(session.app)
            await session.pilot.press("f2")
            await session.until(lambda: "x stops the download" in shown(session.app))
            await session.until(lambda: " MB of 25.2 MB" in shown(session.app))
            await session.until(lambda: part.exists() and part.stat().st_size > 1_000_000, seconds=60)
            await session.pilot.press("x")
            await session.until(lambda: "a later try goes on where it stopped" in session.toasts())
            await session.until(lambda: "x stops the download" not in shown(session.app))
            assert part.stat().st_size > 1_000_000
            await session.pilot.press("x")
            await session.until(lambda: "Nothing is being fetched" in session.toasts())
            have = part.stat().st_size
            options = session.app.screen.query_one(OptionList)
            await session.until(lambda: any(o.id == f"fetch:{row.name}" for o in options.options))
            options.highlighted = options.get_option_index(f"fetch:{row.name}")
            await session.pilot.press("enter")
            await session.until(lambda: hub.ranges and hub.ranges[-1] == f"bytes={have}-", seconds=60)


@pytest.mark.parametrize(
    ("size", "theme"), [((110, 34), "wizard-dark"), ((80, 24), "wizard-light")], ids=["wide", "narrow light"]
)
def test_the_models_look_as_accepted(
    size: tuple[int, int], theme: str, snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(memory=16_000_000_000, cores=8)
    monkeypatch.setattr("assistant.tui.screens.models.this_machine", lambda: machine)
    write(paths.models_folder() / "tiny-coder.gguf", fields={"general.license": "apache-2.0"})
    (paths.models_folder() / "broken.gguf").write_bytes(b"GGUF")

    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "To fetch" in shown(pilot.app))
        await settled(pilot)

    assert snap_compare(Stage(Models(Config()), theme), run_before=steps, terminal_size=size)
