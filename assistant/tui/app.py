"""The app itself: screens, keys and themes; what the keys do is in `desk`, what a turn does in `assistant.session`.

Nothing here or imported from here loads a model, a database or a download: those come after the first paint.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.theme import Theme
from textual.worker import WorkerFailed

from assistant.config import Config
from assistant.errors import AssistantError
from assistant.ground.visible import visible
from assistant.tui.keymap import Keymap, named
from assistant.tui.screens.workbench import Workbench
from assistant.tui.themes import THEMES

if TYPE_CHECKING:
    from assistant.engine.api import Engine
    from assistant.session.workplace import Workplace


_TYPING_SECONDS = 5.0
"""So often what works in the background hears that someone types."""
_TOUR_SECONDS = 1.0
"""After the first paint: the tour comes over an app that is seen."""


class WizardApp(App[None]):
    """The app on one folder.

    Args:
        folder: where it was opened.
        config: the settings.
        engine: what answers; None starts the real one.
        newcomer: whether the tour is to be shown.
    """

    TITLE = "wizard"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = named(
        "app",
        [
            Binding("ctrl+c", "interrupt", "Copy what is marked, else stop the reply", show=False, priority=True),
            Binding("ctrl+p", "command_palette", "Every action by name", show=False, priority=True),
            Binding("f10", "show('settings')", "Settings", show=False, id="app.settings"),
            Binding("f12", "show('jobs')", "Jobs: training and quantizing", show=False, id="app.jobs"),
        ],
    )

    def __init__(self, folder: Path, config: Config, engine: Engine | None = None, newcomer: bool = False) -> None:
        super().__init__()
        self._newcomer = newcomer
        self.folder = folder
        self.config = config
        self.engine = engine
        self.workplace: Workplace | None = None
        self.keymap: Keymap = {}
        self.failure: Exception | None = None
        self._focus_moves = False
        self._typed = 0.0
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = config.theme if config.theme in self.available_themes else THEMES[0].name

    def get_default_screen(self) -> Screen[None]:
        """The conversation."""
        return Workbench(self.folder, _shown(self.folder), self.config.layout)

    async def on_mount(self) -> None:
        """Leave in order when the terminal goes away or someone ends us."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGHUP, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, self.exit)
        self.theme_changed_signal.subscribe(self, self._keep_theme)
        if self._newcomer:
            self.set_timer(_TOUR_SECONDS, self._show_tour)
        if self.config.theme not in self.available_themes:
            self.notify(f"There is no theme {self.config.theme}; this is {self.theme}.", severity="warning")

    async def on_unmount(self) -> None:
        """End the engine with the app."""
        if self.workplace is not None:
            await self.workplace.close()

    async def on_event(self, event: events.Event) -> None:
        """What works in the background rests while someone types here."""
        if isinstance(event, events.Key) and time.monotonic() - self._typed > _TYPING_SECONDS:
            self._typed = time.monotonic()
            self.call_later(_note_typing)
        await super().on_event(event)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a short remark; its words may not be ours, so they are never markup."""
        super().notify(visible(message), title=visible(title), severity=severity, timeout=timeout, markup=False)

    def action_show(self, name: str) -> None:
        """Open one of the screens beside the workbench: settings, jobs, lessons, help, tour."""
        from assistant.tui.side_screens import show

        show(self, name)

    def _show_tour(self) -> None:
        from assistant.tui.side_screens import offer_tour

        offer_tour(self)

    def _keep_theme(self, _theme: Theme) -> None:
        from assistant.tui.side_screens import keep_theme

        keep_theme(self)

    def action_interrupt(self) -> None:
        """Ctrl+C: copy what is marked, else stop the reply, else say how to leave."""
        marked = self.screen.get_selected_text()
        chat = self.screen_stack[0]
        focused = self.screen.focused
        if isinstance(text := getattr(focused, "selected_text", ""), str) and text:
            # The place that it is copied from may remember more of it than the text.
            getattr(focused, "action_copy", lambda: self.copy_to_clipboard(text))()
            self.notify("Copied what is selected.")
        elif marked:
            self.copy_to_clipboard(marked)
            self.screen.clear_selection()
            self.notify("Copied what was marked.")
        elif isinstance(chat, Workbench) and chat.desk is not None and chat.desk.busy:
            chat.action_stop()
        else:
            self.notify("Ctrl+Q leaves the app.")

    async def action_quit(self) -> None:
        """Leave the app; the workbench asks about what is unsaved."""
        bench = self.screen_stack[0]
        if isinstance(bench, Workbench):
            bench.action_leave()
        else:
            self.exit()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the command palette offers: the keys of the screen, by name, and the themes."""
        chat = self.screen_stack[0]
        for binding in Workbench.BINDINGS:
            if isinstance(binding, Binding) and "(" not in binding.action:
                action = getattr(chat, f"action_{binding.action}")
                yield SystemCommand(binding.description, f"Key: {binding.key}", action)
        for name, told in (("Lessons", "What was kept of your choices"), ("Learn", "Let the model learn from them")):
            yield SystemCommand(name, told, partial(self.action_show, name.lower()))
        yield SystemCommand("Theme", "Choose the colours", self.search_themes)
        yield SystemCommand("Quit", "Leave the app", self.action_quit)

    def _watch_app_focus(self, focus: bool) -> None:
        # None of our styles depends on the terminal's focus: the widget that gets or loses it is styled, not all.
        self._focus_moves = True
        super()._watch_app_focus(focus)
        self._focus_moves = False

    def update_styles(self, node: DOMNode, animate: bool = True) -> None:
        """Style a node and all in it anew, as its classes want it."""
        if not (self._focus_moves and isinstance(node, Screen)):
            super().update_styles(node, animate)

    def _handle_exception(self, error: Exception) -> None:
        told = error.error if isinstance(error, WorkerFailed) else error
        if isinstance(told, AssistantError):
            self.notify(told.sentence(), severity="error")
            return
        # Textual would print a traceback with local variables, which hold text that is not ours; the command line
        # puts the traceback of a bug into a log file instead.
        self.failure = self.failure or error
        super()._handle_exception(error)
        self._exit_renderables.clear()


def _note_typing() -> None:
    from assistant.learning.rest import someone_types

    # Where the mark cannot be made, work in the background does not rest, and typing goes on.
    with contextlib.suppress(OSError, AssistantError):
        someone_types()


def _shown(folder: Path) -> str:
    try:
        return f"~/{folder.relative_to(Path.home())}".removesuffix("/.")
    except ValueError:
        return str(folder)
