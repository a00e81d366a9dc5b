"""Begins the app: reads its modules without looking for garbage meanwhile, since all of them stay.

Nothing here imports Textual before it is asked for the app. What the app is, `app` knows.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from assistant.tui import memory

if TYPE_CHECKING:
    from assistant.config import Config
    from assistant.tui.app import WizardApp


def app_on(folder: Path, config: Config, newcomer: bool = False) -> WizardApp:
    """The app on a folder, ready to run; garbage is looked for again once it has painted.

    Args:
        newcomer: whether the tour is to be shown.
    """
    memory.hold()
    from assistant.tui.app import WizardApp

    return WizardApp(folder, config, newcomer=newcomer)


def run_app(folder: Path, config: Config) -> None:
    """Open the app on `folder` and return when the user leaves it. The caller has made sure of a terminal.

    Raises:
        Exception: a bug in the app, for the command line to log.
    """
    from assistant.ground import paths
    from assistant.tui.alt_keys import take_at_once

    app = app_on(folder, config, newcomer=not paths.tour_seen_file().exists())
    take_at_once()
    app.run()
    if app.failure is not None:
        raise app.failure
