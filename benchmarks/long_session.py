"""A conversation of 2,000 messages: how soon it is open, how smoothly it scrolls, what a storm of resizes costs.

Demanded: open within 1 s, at least 30 drawings a second while scrolling, and neither a resize nor a change of focus
styles every widget anew. Frames are counted by the processor time of this thread, so a busy machine does not change
them; opening is told in both. Run: python -m benchmarks.long_session
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

from textual.events import AppBlur, AppFocus
from textual.pilot import Pilot
from textual.widget import Widget

from assistant.config import Config
from assistant.ground import paths
from assistant.session.store import Store
from assistant.tui.app import WizardApp
from assistant.tui.desks.desk import ChatDesk
from assistant.tui.screens.workbench import Workbench
from tests.fakes.scripted_engine import ScriptedEngine

MESSAGES = 2000
SCREENFULS = 12
OPENED = 1.0
FRAME = 1 / 30

_REPLY = (
    "It is **sorted** in place, see `list.sort`:\n\n1. compare\n2. swap\n3. go on\n\n"
    "```python\ndef sort(items: list[int]) -> None:\n    for at in range(len(items)):\n        items[at:] = sorted(items[at:])\n```\n\n"
    "And that is what the loop of number {n} does, again and again, until nothing is out of order any more.\n"
)


def a_long_conversation(folder: Path) -> int:
    """Store one of MESSAGES messages; returns its id."""
    store = Store(paths.sessions_file())
    session = store.create(str(folder), "a long one")
    for number in range(MESSAGES // 2):
        store.add(session, "user", f"Question {number}: how does sorting work?")
        store.add(session, "assistant", _REPLY.replace("{n}", str(number)), model="m.gguf")
    store.close()
    return session


async def opening(pilot: Pilot[None], desk: ChatDesk, session: int) -> tuple[float, float]:
    """Wall and processor seconds from the wish until its end is drawn and nothing is left to do."""
    screen = pilot.app.screen
    assert isinstance(screen, Workbench)
    wall, cpu = time.monotonic(), time.thread_time()
    desk.open_conversation(session)
    while not screen.query("CodeBlock") or screen.transcript.max_scroll_y == 0:
        await asyncio.sleep(0.005)
    await pilot.pause()
    return time.monotonic() - wall, time.thread_time() - cpu


async def scrolling(pilot: Pilot[None], screen: Workbench) -> list[float]:
    """Processor seconds of each step of scrolling up through the conversation."""
    frames = []
    screen.transcript.release_anchor()
    for _ in range(SCREENFULS * 10):
        cpu = time.thread_time()
        screen.transcript.scroll_relative(y=-3, animate=False)
        await pilot.pause(0)
        frames.append(time.thread_time() - cpu)
    return frames


async def restyled(pilot: Pilot[None], screen: Workbench) -> dict[str, float]:
    """How many widgets a change of focus, and one of size, gives to the stylesheet, as a share of all."""
    counts: dict[str, float] = {}
    given = 0
    apply = pilot.app.stylesheet.apply

    def counted(node: object, **options: object) -> None:
        nonlocal given
        given += isinstance(node, Widget)
        apply(node, **options)  # type: ignore[arg-type]  # handed on as it came

    pilot.app.stylesheet.apply = counted  # type: ignore[method-assign]  # counts what goes through
    mounted = len(screen.query("*"))
    for _ in range(5):
        pilot.app.post_message(AppBlur())
        pilot.app.post_message(AppFocus())
    await pilot.pause(0.3)
    counts["a change of focus"], given = given / 10 / mounted, 0
    for width in range(100, 130, 3):
        await pilot.resize_terminal(width, 40)
    await pilot.pause(0.3)
    counts["a change of size"] = given / 10 / mounted
    return counts


async def run() -> None:
    """Measure all of it and print it with its bounds."""
    folder = Path(os.environ["WIZARD_HOME"]) / "folder"
    folder.mkdir()
    session = a_long_conversation(folder)
    app = WizardApp(folder, Config(), ScriptedEngine())
    async with app.run_test(size=(120, 40)) as pilot:
        screen = app.screen
        assert isinstance(screen, Workbench)
        while screen.desk is None or screen.desk.busy:
            await asyncio.sleep(0.02)
        await asyncio.sleep(1)
        wall, cpu = await opening(pilot, screen.desk, session)
        print(
            f"{MESSAGES:,} messages open: {wall:.2f} s, {cpu:.2f} s of them work   (at most {OPENED:.0f} s)   {_ok(cpu <= OPENED)}"
        )
        frames = await scrolling(pilot, screen)
        median, slowest = statistics.median(frames), statistics.quantiles(frames, n=20)[-1]
        rate = len(frames) / sum(frames)
        print(
            f"scrolling: {rate:.0f} drawings a second, each {median * 1000:.1f} ms, p95 {slowest * 1000:.1f} ms   "
            f"(at least {1 / FRAME:.0f} a second)   {_ok(rate >= 1 / FRAME)}"
        )
        print(f"widgets in memory: {len(screen.transcript.query('*'))}")
        for what, share in (await restyled(pilot, screen)).items():
            print(f"{what} styles {share:.0%} of the widgets anew   (not all)   {_ok(share < 0.5)}")


def _ok(good: bool) -> str:
    return "ok" if good else "MISS"


def main() -> None:
    """Measure with a home of its own."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["WIZARD_HOME"] = home
        asyncio.run(run())


if __name__ == "__main__":
    main()
