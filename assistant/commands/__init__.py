"""Slash commands, one file each, and their table; they know no Textual.

To add one: a file with its `COMMAND`, and a row in `COMMANDS`, in the order that help shows.
"""

from assistant.commands import (
    copy,
    delete,
    edit,
    fork,
    help,
    model,
    new,
    open,
    quit,
    redo,
    rename,
    retry,
    search,
    sessions,
    stop,
    theme,
    undo,
)
from assistant.commands.slash import SlashCommand

COMMANDS: tuple[SlashCommand, ...] = (
    help.COMMAND,
    model.COMMAND,
    new.COMMAND,
    open.COMMAND,
    edit.COMMAND,
    undo.COMMAND,
    redo.COMMAND,
    sessions.COMMAND,
    search.COMMAND,
    rename.COMMAND,
    fork.COMMAND,
    delete.COMMAND,
    copy.COMMAND,
    retry.COMMAND,
    stop.COMMAND,
    theme.COMMAND,
    quit.COMMAND,
)
