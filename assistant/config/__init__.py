"""The settings: one frozen class, where its values come from, and how a change is written back.

Read `settings` (every setting with its help), `load` (which source goes before which), `toml_file` (one value changed,
the rest of the person's file untouched) and `describe` (all of it as data, for a screen or a table).
"""

from assistant.config.load import load_config
from assistant.config.settings import Config

__all__ = ["Config", "load_config"]
