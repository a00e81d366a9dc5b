"""How the main states look, as pictures that a person has accepted (`make snapshots` accepts new ones)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from unittest.mock import Mock

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from assistant.config import Config
from assistant.errors import AssistantError
from assistant.tui.app import WizardApp
from assistant.tui.panels.buffer import Disk
from assistant.tui.screens.workbench import Workbench
from assistant.tui.widgets.code_editor import CodeEditor
from tests.fakes.scripted_engine import ScriptedEngine
from tests.fakes.stage import until

Steps = Callable[[Pilot[None]], Awaitable[None]]

REPLY = """Three ways to reverse a list:

1. `reversed(xs)` gives an **iterator**
2. slicing gives a new list
3. `xs.reverse()` works in place

```python
def reverse(xs: list[int]) -> list[int]:
    \"\"\"Return a reversed copy.\"\"\"
    return xs[::-1]  # slicing copies


print(reverse([1, 2, 3]))
```

| way | copies |
|---|---|
| slicing | yes |
| `reverse` | no |
"""


def _chat(pilot: Pilot[None]) -> Workbench:
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, Workbench)
    return screen


async def _opened(pilot: Pilot[None]) -> None:
    chat = _chat(pilot)
    for _ in range(500):
        if chat.desk is not None and chat.status.status.doing in ("ready", "failed"):
            break
        await asyncio.sleep(0.02)
    chat.prompt.cursor_blink = False
    await pilot.pause(0.2)


async def _asked(pilot: Pilot[None]) -> None:
    await _opened(pilot)
    chat = _chat(pilot)
    chat.prompt.put("How do I reverse a list?")
    await pilot.press("enter")
    for _ in range(500):
        if chat.desk is not None and not chat.desk.busy and chat.query("Question"):
            break
        await asyncio.sleep(0.02)
    await _settled(pilot)


async def _settled(pilot: Pilot[None]) -> None:
    """Wait until the screen has not changed for half a second, however busy the machine is."""
    before, same = None, 0
    for _ in range(200):
        for box in pilot.app.screen.query(Input):
            box.cursor_blink = False
        await pilot.pause(0.1)
        now = [strip.text for strip in pilot.app.screen._compositor.render_strips()]
        same = same + 1 if now == before else 0
        before = now
        if same >= 5:
            return


def _after(*steps: Steps | str) -> Steps:
    async def run(pilot: Pilot[None]) -> None:
        for step in steps:
            if isinstance(step, str):
                await pilot.press(step)
            else:
                await step(pilot)
            await _settled(pilot)

    return run


STATES: dict[str, tuple[Steps, tuple[int, int], str]] = {
    "welcome": (_after(_opened), (100, 30), "wizard-dark"),
    "welcome narrow light": (_after(_opened), (80, 24), "wizard-light"),
    "reply": (_after(_asked), (100, 40), "wizard-dark"),
    "reply light": (_after(_asked), (100, 40), "wizard-light"),
    "reply narrow": (_after(_asked), (80, 24), "wizard-dark"),
    "code block focused": (_after(_asked, "ctrl+up"), (100, 40), "wizard-dark"),
    "conversations": (_after(_asked, "f3"), (100, 30), "wizard-dark"),
    "help": (_after(_opened, "f1"), (100, 40), "wizard-dark"),
    "commands": (_after(_opened, "slash"), (80, 24), "wizard-dark"),
}


@pytest.mark.parametrize("state", STATES, ids=str)
def test_it_looks_as_accepted(state: str, snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch) -> None:
    steps, size, theme = STATES[state]
    monkeypatch.setattr("assistant.session.workplace.first_run", lambda config: None)
    app = WizardApp(Path("/home/ada/project"), Config(theme=theme), ScriptedEngine([REPLY]))
    assert snap_compare(app, run_before=steps, terminal_size=size)


def test_a_review_looks_as_accepted(
    snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("assistant.session.workplace.first_run", lambda config: None)
    monkeypatch.chdir(tmp_path)
    before = "def area(r):\n    return 3 * r * r\n\n\ndef round_to(x):\n    return int(x)\n"
    (tmp_path / "shapes.py").write_text(before)
    after = "import math\n\n\n" + before.replace("3 *", "math.pi *")
    app = WizardApp(tmp_path, Config(), ScriptedEngine([after]))

    async def review(pilot: Pilot[None]) -> None:
        await _opened(pilot)
        _chat(pilot).prompt.put("/edit shapes.py use the real pi")
        await pilot.press("enter")
        for _ in range(500):
            if pilot.app.screen.query("HunkView"):
                break
            await asyncio.sleep(0.02)
        await pilot.press("a", "alt+o", "alt+o", "alt+u")
        await _settled(pilot)

    assert snap_compare(app, run_before=review, terminal_size=(100, 30))


SHOP = '''"""A small shop."""

from dataclasses import dataclass, field

RATES = {"de": 0.19, "fr": 0.2}  # of the price


@dataclass
class Cart:
    """What somebody wants to buy."""

    items: list[Item] = field(default_factory=list)

    def add(self, item: Item) -> None:
        self.items.append(item)

    def total(self, country: str = "de") -> float:
        """The price of everything, rounded to cents."""
        price = sum(item.price * item.count for item in self.items)
        return round(price * (1 + RATES[country]), 2)
'''


async def _edited(pilot: Pilot[None]) -> None:
    await _opened(pilot)
    bench = _chat(pilot)
    bench.open_file("shop.py::Cart.total")
    for _ in range(500):
        if bench.bench.editor.text is not None and bench.bench.editor.text.has_focus:
            break
        await asyncio.sleep(0.02)
    for area in bench.query(TextArea):
        area.cursor_blink = False


def _ghost(pilot: Pilot[None]) -> CodeEditor:
    text = _chat(pilot).bench.editor.text
    assert text is not None
    text.cursor_blink = False
    return text


async def _suggested(pilot: Pilot[None]) -> None:
    text = _ghost(pilot)
    text.go_to((13, 39))
    text.show_ghost("\n        self.notify(item)\n        return len(self.items)")


async def _priced(pilot: Pilot[None]) -> None:
    _ghost(pilot).go_to((18, 10))
    await pilot.press("alt+s", "alt+s", "alt+s", "shift+right")


WORKBENCH: dict[str, tuple[Steps, tuple[int, int], str]] = {
    "narrow": (_after(_edited, "alt+d"), (80, 24), "wizard-dark"),
    "files narrow light": (_after(_edited, "f5", "right"), (80, 24), "wizard-light"),
    "middle": (_after(_edited, "alt+z"), (120, 40), "wizard-dark"),
    "wide light": (_after(_edited, "alt+d"), (240, 60), "wizard-light"),
    "wide": (_after(_asked, _edited), (240, 60), "wizard-dark"),
    "several": (_after(_edited, _priced), (120, 30), "wizard-dark"),
    "several light": (_after(_edited, _priced), (120, 30), "wizard-light"),
    "several contrast": (_after(_edited, _priced), (120, 30), "wizard-contrast"),
    "suggestion": (_after(_edited, _suggested), (120, 30), "wizard-dark"),
    "go to": (_after(_edited, "ctrl+o", "u", "t"), (120, 30), "wizard-dark"),
    "find": (_after(_edited, "ctrl+f", "i", "t", "e", "m"), (120, 30), "wizard-light"),
    "unsaved": (_after(_edited, "x", "ctrl+w"), (100, 30), "wizard-dark"),
}


@pytest.mark.parametrize("state", WORKBENCH, ids=str)
def test_the_workbench_looks_as_accepted(
    state: str, snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    steps, size, theme = WORKBENCH[state]
    monkeypatch.setattr("assistant.session.workplace.first_run", lambda config: None)
    monkeypatch.setattr("assistant.tui.app._shown", lambda folder: "~/shop")
    monkeypatch.setattr("assistant.tui.desks.suggesting.Suggesting.typed", lambda self: None)
    folder = tmp_path / "shop"
    for name in ("src/util.py", "src/deep/er.py", "tests/test_shop.py", "README.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x = 1\n")
    (folder / "shop.py").write_text(SHOP)
    app = WizardApp(folder, Config(theme=theme), ScriptedEngine([REPLY]))
    assert snap_compare(app, run_before=steps, terminal_size=size)


async def _binary(pilot: Pilot[None]) -> None:
    await _opened(pilot)
    _chat(pilot).open_file("photo.bin")
    await until(pilot, lambda: pilot.app.screen.query("Refusal"))


async def _forbidden(pilot: Pilot[None]) -> None:
    await _edited(pilot)
    # Whoever runs the tests may be root, who may read everything; that the sentence is this one has its own test.
    error = AssistantError("cannot open keys.py", "you may not read it", "chmod u+r ~/shop/keys.py")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assistant.tui.panels.pages.open_for_editor", Mock(side_effect=error))
        _chat(pilot).open_file("keys.py")
        await until(pilot, lambda: pilot.app.screen.query("Refusal"))


async def _missing_narrow(pilot: Pilot[None]) -> None:
    await _opened(pilot)
    _chat(pilot).open_file("src/a/long/way/down/to/a/file/that/somebody/has/taken/away.py")
    await until(pilot, lambda: pilot.app.screen.query("Refusal"))


async def _gone(pilot: Pilot[None]) -> None:
    await _edited(pilot)
    editor = _chat(pilot).bench.editor
    (editor.folder / "shop.py").unlink()
    await until(pilot, lambda: editor.buffer is not None and editor.buffer.disk is Disk.GONE)
    await until(pilot, lambda: _chat(pilot).bench.files.rows.count == 1)


async def _empty(pilot: Pilot[None]) -> None:
    await _opened(pilot)
    await pilot.press("f5")
    for name in ("shop.py", "photo.bin"):
        (_chat(pilot).bench.editor.folder / name).unlink()
    await until(pilot, lambda: not _chat(pilot).bench.files.rows.count)


FAULTS: dict[str, tuple[Steps, tuple[int, int], str]] = {
    "empty folder": (_after(_empty), (120, 30), "wizard-dark"),
    "empty folder narrow light": (_after(_empty), (80, 24), "wizard-light"),
    "no text": (_after(_binary), (100, 30), "wizard-dark"),
    "forbidden": (_after(_forbidden), (120, 30), "wizard-dark"),
    "forbidden light": (_after(_forbidden), (120, 30), "wizard-light"),
    "missing narrow": (_after(_missing_narrow), (80, 24), "wizard-dark"),
    "nothing of that name": (_after(_edited, "ctrl+o", "q", "z"), (80, 24), "wizard-light"),
    "nothing like that in the file": (_after(_edited, "ctrl+f", "q", "z"), (100, 30), "wizard-dark"),
    "no conversations narrow": (_after(_opened, "f3"), (80, 24), "wizard-dark"),
    "gone from disk": (_after(_gone), (100, 30), "wizard-light"),
}


@pytest.mark.parametrize("state", FAULTS, ids=str)
def test_folders_and_files_with_nothing_to_show_look_as_accepted(
    state: str, snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    steps, size, theme = FAULTS[state]
    monkeypatch.setattr("assistant.session.workplace.first_run", lambda config: None)
    monkeypatch.setattr("assistant.tui.app._shown", lambda folder: "~/shop")
    monkeypatch.setattr(WizardApp, "NOTIFICATION_TIMEOUT", 1000)
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "photo.bin").write_bytes(bytes(range(256)) * 9)
    app = WizardApp(tmp_path, Config(theme=theme), ScriptedEngine([REPLY]))
    assert snap_compare(app, run_before=steps, terminal_size=size)


def test_a_failure_looks_as_accepted(snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.session.workplace.first_run", lambda config: None)
    app = WizardApp(Path("/home/ada/project"), Config(), ScriptedEngine([REPLY], crash_after=12))
    assert snap_compare(app, run_before=_after(_asked), terminal_size=(100, 30))
