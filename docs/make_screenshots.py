"""Makes the pictures of the README from the real app with the real starter model: `make screenshots`.

They are written to docs/images as SVG. What the model answers is its own; the question is fixed and its reply is greedy.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from textual.pilot import Pilot

from assistant.config import Config
from assistant.tui.app import WizardApp
from assistant.tui.screens.workbench import Workbench

IMAGES = Path(__file__).parent / "images"
EXAMPLE = Path(__file__).parent / "example"
SHOP = '''"""A small shop."""

from dataclasses import dataclass, field


@dataclass
class Item:
    name: str
    price: float
    count: int = 1


@dataclass
class Cart:
    """What somebody wants to buy."""

    items: list[Item] = field(default_factory=list)

    def add(self, item: Item) -> None:
        self.items.append(item)

    def total(self) -> float:
        """The price of everything, rounded to cents."""
        return round(sum(item.price * item.count for item in self.items), 2)
'''
QUESTION = "Write a Python function that returns the unique words of a text, sorted."


async def _until(pilot: Pilot[None], ready: object, seconds: float = 120) -> None:
    assert callable(ready)
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            sys.exit("the app did not get ready in time")
        await asyncio.sleep(0.05)
    await pilot.pause(0.5)


async def _take(folder: Path, theme: str, size: tuple[int, int], names: dict[str, str]) -> None:
    """Open the app, ask, and take the pictures of `names`: moment → file name."""
    app = WizardApp(folder, Config(theme=theme, temperature=0.0, max_tokens=400))
    async with app.run_test(size=size) as pilot:
        chat = app.screen
        assert isinstance(chat, Workbench)
        await _until(pilot, lambda: app.workplace is not None and app.workplace.engine.loaded is not None)

        def shoot(moment: str) -> None:
            if moment in names:
                app.save_screenshot(names[moment], path=str(IMAGES))

        shoot("welcome")
        chat.prompt.put(QUESTION)
        await pilot.press("enter")
        await _until(
            pilot, lambda: chat.desk is not None and not chat.desk.busy and bool(chat.query("Prose, CodeBlock"))
        )
        shoot("chat")
        for moment, key in (("models", "f2"), ("conversations", "f3"), ("help", "f1")):
            await pilot.press(key)
            await pilot.pause(3.0 if moment == "models" else 1.0)
            shoot(moment)
            await pilot.press("escape")
            await pilot.pause(0.3)
        if "editor" in names:
            chat.open_file("shop.py::Cart.total")
            await _until(pilot, lambda: chat.bench.editor.text is not None and chat.bench.editor.text.has_focus)
            await pilot.press("alt+d")
            await pilot.pause(1.0)
            shoot("editor")
    if app.failure is not None:
        raise app.failure


async def _take_review(folder: Path, theme: str, size: tuple[int, int], names: dict[str, str]) -> None:
    """Let the model change a symbol of the example, and take the picture of the review of it."""
    Path(folder, "shop.py").write_bytes((EXAMPLE / "shop.py").read_bytes())
    app = WizardApp(folder, Config(theme=theme, temperature=0.0))
    async with app.run_test(size=size) as pilot:
        chat = app.screen
        assert isinstance(chat, Workbench)
        await _until(pilot, lambda: app.workplace is not None and app.workplace.engine.loaded is not None)
        chat.prompt.put("/edit shop.py::area Use the power operator")
        await pilot.press("enter")
        await _until(pilot, lambda: bool(app.screen.query("HunkView")))
        await pilot.press("a")
        await pilot.pause(1.0)
        app.save_screenshot(names["review"], path=str(IMAGES))
    if app.failure is not None:
        raise app.failure


def main() -> None:
    """Write all pictures, from a home of its own in a folder with a short name."""
    IMAGES.mkdir(exist_ok=True)
    screens = {name: f"{name}.svg" for name in ("welcome", "chat", "models", "conversations", "help", "editor")}
    for theme, size, names in (
        ("wizard-dark", (120, 40), screens),
        ("wizard-dark", (80, 24), {"editor": "workbench-80x24.svg"}),
        ("wizard-dark", (240, 60), {"editor": "workbench-240x60.svg"}),
        ("wizard-light", (160, 45), {"editor": "workbench-light-160x45.svg"}),
        ("wizard-light", (80, 24), {"chat": "chat-light-80x24.svg"}),
        ("wizard-dark", (100, 24), {"review": "review.svg"}),
    ):
        with tempfile.TemporaryDirectory() as home:
            os.environ["WIZARD_HOME"] = str(Path(home, "wizard"))
            folder = Path(home, "my-project")
            folder.mkdir()
            Path(folder, "shop.py").write_text(SHOP, encoding="utf-8")
            os.environ["HOME"] = home
            take = _take_review if "review" in names else _take
            asyncio.run(take(folder, theme, size, names))


if __name__ == "__main__":
    main()
