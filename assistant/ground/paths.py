"""Where the programs keep things of the user's, by the platform's own conventions.

`WIZARD_HOME` puts all of it into one folder (for trying things out, and for tests). Folders are made when first asked
for, readable by the user only.
"""

from __future__ import annotations

import os
from pathlib import Path

from assistant.errors import AssistantError, cause_of

_APP = "wizard-tui"


def config_file() -> Path:
    """The user's settings (TOML); it need not exist."""
    return _folder("config") / "config.toml"


def models_folder() -> Path:
    """Where pulled and registered models lie."""
    return _folder("data", "models")


def sessions_file() -> Path:
    """The SQLite database of conversations."""
    return _folder("data") / "sessions.db"


def lessons_file() -> Path:
    """The SQLite database of lessons."""
    return _folder("data") / "lessons.db"


def learned_folder() -> Path:
    """Where adapters lie that were trained on this machine, with the reports about them."""
    return _folder("data", "learned")


def learning_folder(*parts: str) -> Path:
    """Where learning works: copies of lessons, and what is made of them on the way."""
    return _folder("state", "learning", *parts)


def typing_mark() -> Path:
    """Touched while someone types into the app, so that work in the background rests; it need not exist."""
    return _folder("state") / "typing"


def tour_seen_file() -> Path:
    """There once the tour was seen."""
    return _folder("state") / "tour-seen"


def cache_folder(*parts: str) -> Path:
    """A folder for what can be made again."""
    return _folder("cache", *parts)


def state_folder(*parts: str) -> Path:
    """A folder for logs and for what must outlive a run but is not the user's work."""
    return _folder("state", *parts)


def _folder(kind: str, *parts: str) -> Path:
    home = os.environ.get("WIZARD_HOME")
    if home:
        base = Path(home).expanduser() / kind
    else:
        import platformdirs

        base = {
            "config": platformdirs.user_config_path,
            "data": platformdirs.user_data_path,
            "cache": platformdirs.user_cache_path,
            "state": platformdirs.user_state_path,
        }[kind](_APP, appauthor=False)
    folder = base.joinpath(*parts)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise AssistantError(
            f"cannot make the folder {folder}", cause_of(error), "WIZARD_HOME=FOLDER names another place"
        ) from None
    return folder
