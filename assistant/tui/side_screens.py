"""The app's screens beside the workbench: settings, jobs, lessons, help, the tour; and what a changed setting changes.

Imported when one of them is first asked for. What they show and do is their own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.config.save import save_setting
from assistant.errors import AssistantError
from assistant.tui.desks.lesson_keeping import agree
from assistant.tui.keys import key_areas, put_in_force
from assistant.tui.screens.help import Help
from assistant.tui.screens.jobs import Jobs
from assistant.tui.screens.learn import Learn
from assistant.tui.screens.lessons import Lessons
from assistant.tui.screens.settings import Settings
from assistant.tui.screens.tour import Tour
from assistant.tui.screens.workbench import Workbench
from assistant.tui.widgets.prompt_input import PromptInput

if TYPE_CHECKING:
    from assistant.tui.app import WizardApp


def show(app: WizardApp, name: str) -> None:
    """Open one of the screens of `SCREENS`; one that is open stays the only one of its kind."""
    screen = SCREENS[name]
    if not any(type(open_one).__name__.lower() == name for open_one in app.screen_stack):
        screen(app)


def _settings(app: WizardApp) -> None:
    ours = sorted(name for name in app.available_themes if name.startswith("wizard"))
    themes = (*ours, *(name for name in app.available_themes if name not in ours))
    app.push_screen(Settings(app.config, themes, lambda name, value: applied(app, name, value)))


def _jobs(app: WizardApp) -> None:
    app.push_screen(Jobs(app.folder))


def _lessons(app: WizardApp) -> None:
    app.push_screen(Lessons(lambda on: applied(app, "lessons", "on" if on else "off")))


def _learn(app: WizardApp) -> None:
    place = app.workplace
    model = Path(place.session.spec.path) if place is not None and place.session.spec.path else None
    app.push_screen(Learn(app.folder, model, lambda: app.run_worker(_run_as_learned(app), group="model")))


async def _run_as_learned(app: WizardApp) -> None:
    failed = await app.workplace.use_what_was_learned() if app.workplace is not None else None
    if failed is not None:
        app.notify(failed.sentence(), severity="error")


def _help(app: WizardApp) -> None:
    app.push_screen(Help(key_areas()))


def _tour(app: WizardApp) -> None:
    app.push_screen(Tour(app.keymap))


def offer_tour(app: WizardApp) -> None:
    """Show a newcomer the tour, unless something has begun already: then it comes at the next start."""
    chat = app.screen_stack[0]
    begun = isinstance(chat, Workbench) and (
        (chat.is_open and chat.welcome is None) or chat.typed or any(prompt.text for prompt in chat.query(PromptInput))
    )
    if len(app.screen_stack) == 1 and not begun:
        show(app, "tour")


SCREENS: dict[str, Callable[[WizardApp], None]] = {
    "settings": _settings,
    "jobs": _jobs,
    "lessons": _lessons,
    "lessons on": lambda app: agree(app, True),
    "lessons off": lambda app: agree(app, False),
    "learn": _learn,
    "help": _help,
    "tour": _tour,
}
"""What can be opened, by its name."""


_AT_ONCE = (
    *("keymap", "lessons", "test_command", "models_folder"),
    *("temperature", "top_k", "top_p", "min_p", "repeat_penalty", "max_tokens"),
)
"""Settings that count as soon as they are saved; the others are asked for when the app or a model starts."""


def applied(app: WizardApp, name: str, value: Any) -> bool:
    """Let a saved setting count; False where it does from the next start on only."""
    if name == "theme":
        if value in app.available_themes:
            app.theme = value
    elif name not in _AT_ONCE:
        return False
    app.config = dataclasses.replace(app.config, **{name: value})
    if app.workplace is not None:
        app.workplace.use_config(app.config)
    if name == "keymap":
        put_in_force(app)
    return True


def keep_theme(app: WizardApp) -> None:
    """Save the colours that were chosen, however they were chosen."""
    if app.theme == app.config.theme:
        return
    app.config = dataclasses.replace(app.config, theme=app.theme)
    try:
        save_setting("theme", app.theme)
    except AssistantError as error:
        app.notify(f"The colours are not kept: {error.sentence()}", severity="warning")
