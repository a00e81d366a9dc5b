"""What a slash command is, what it may do to the app, and how a typed one is understood."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.errors import UsageError


class Desk(Protocol):
    """What a command can do; the app's chat screen is one. Nothing here waits for the model."""

    def show_help(self) -> None:
        """Open the list of keys and commands."""

    def show_screen(self, name: str) -> None:
        """Open one of the app's own screens: settings, jobs, lessons, tour; "lessons on" and "lessons off" switch."""

    def choose_model(self, name: str) -> None:
        """Switch to a model by name or file; with "" open the list."""

    def new_conversation(self) -> None:
        """Begin a new conversation; the present one stays in the list."""

    def show_conversations(self, query: str) -> None:
        """Open the list of conversations, those that hold `query`."""

    def rename_conversation(self, title: str) -> None:
        """Rename the present conversation; with "" ask for the name."""

    def fork_conversation(self) -> None:
        """Copy the present conversation and go on in the copy."""

    def delete_conversation(self) -> None:
        """Delete the present conversation, after a question."""

    def copy_text(self, what: str) -> None:
        """Copy a code block ("" the last, "2" the second) or the last reply ("reply")."""

    def retry(self) -> None:
        """Ask the last question once more."""

    def stop(self) -> None:
        """End the reply that is being written."""

    def open_file(self, target: str) -> None:
        """Open `FILE` or `FILE::SYMBOL` in the editor."""

    def edit_file(self, target: str, instruction: str) -> None:
        """Let the model change `FILE` or `FILE::SYMBOL`, and review the change hunk by hunk."""

    def undo_edit(self) -> None:
        """Take the last written change back."""

    def redo_edit(self) -> None:
        """Write the change again that was undone last."""

    def pin(self, target: str) -> None:
        """Keep `FILE` or `FILE::SYMBOL` in every prompt of the conversation."""

    def unpin(self, target: str) -> None:
        """Take it out again; with "" open the parts of the context."""

    def show_map(self, tokens: str) -> None:
        """Show the outline of the folder, in so many tokens."""

    def show_context(self) -> None:
        """Open or close the parts of the context."""

    def clear_context(self) -> None:
        """Leave what was said so far out of the next prompts."""

    def run_tests(self) -> None:
        """Run the project's tests in the sandbox."""

    def mend(self, target: str) -> None:
        """Let the model mend what the last run of the tests found, in `FILE` or where it seems to be."""

    def set_theme(self, name: str) -> None:
        """Change the colours; with "" open the list."""

    def quit(self) -> None:
        """Leave the app."""


@dataclass(frozen=True)
class SlashCommand:
    """A command typed as `/name argument`. `usage` names its argument, `[IN BRACKETS]` where it may be left out."""

    name: str
    usage: str
    help: str
    run: Callable[[Desk, str], None]
    aliases: tuple[str, ...] = ()


def is_command(text: str) -> bool:
    """Whether `text` is meant as a command: one line that begins with a slash and a word, not a path."""
    word = text.split(maxsplit=1)[0] if text.strip() else ""
    return text.startswith("/") and "\n" not in text.strip() and "/" not in word[1:] and len(word) > 1


def parse(text: str, commands: Sequence[SlashCommand]) -> tuple[SlashCommand, str]:
    """The command and its argument.

    Raises:
        UsageError: there is no such command, or its argument is missing; the nearest or the usage is named.
    """
    word, _, argument = text.strip().removeprefix("/").partition(" ")
    named = {name: command for command in commands for name in (command.name, *command.aliases)}
    command = named.get(word.lower())
    if command is None:
        near = difflib.get_close_matches(word.lower(), named, n=1)
        raise UsageError(f"there is no command /{word}", hint=f"/{near[0]}" if near else "/help lists them")
    argument = argument.strip()
    if not argument and command.usage and not command.usage.startswith("["):
        raise UsageError(f"/{command.name} needs {command.usage}", hint=f"/{command.name} {command.usage}")
    return command, argument


def matching(text: str, commands: Sequence[SlashCommand]) -> list[SlashCommand]:
    """The commands that a half-typed `text` may become, by name first, then by alias."""
    if not text.startswith("/") or "\n" in text or " " in text:
        return []
    word = text[1:].lower()
    by_name = [c for c in commands if c.name.startswith(word)]
    return by_name + [c for c in commands if c not in by_name and any(a.startswith(word) for a in c.aliases)]
