"""Slash commands: each row is complete, runs on a desk, and is found when half typed or misspelt."""

from __future__ import annotations

from typing import get_type_hints
from unittest.mock import create_autospec

import pytest

from assistant.commands import COMMANDS
from assistant.commands.slash import Desk, SlashCommand, is_command, matching, parse
from assistant.errors import UsageError


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_each_command_does_exactly_one_thing_to_the_desk(command: SlashCommand) -> None:
    desk = create_autospec(Desk, instance=True)
    command.run(desk, "words")
    assert len(desk.method_calls) == 1
    assert command.help[0].islower()
    assert get_type_hints(type(command))["run"]


def test_names_and_aliases_are_unique() -> None:
    names = [name for command in COMMANDS for name in (command.name, *command.aliases)]
    assert len(names) == len(set(names))


def test_a_command_is_parsed_with_its_argument() -> None:
    command, argument = parse("/rename  The parser ", COMMANDS)
    assert (command.name, argument) == ("rename", "The parser")
    assert parse("/EXIT", COMMANDS)[0].name == "quit"


def test_a_misspelt_command_names_the_nearest() -> None:
    with pytest.raises(UsageError) as refusal:
        parse("/sesions", COMMANDS)
    assert refusal.value.hint == "/sessions"


def test_a_missing_argument_is_asked_for() -> None:
    with pytest.raises(UsageError, match="needs WORDS"):
        parse("/search", COMMANDS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("/help", True), ("/usr/bin is full", False), ("/", False), ("what is /help", False), ("/x\nmore", False)],
)
def test_paths_and_prose_are_no_commands(text: str, expected: bool) -> None:
    assert is_command(text) is expected


def test_half_typed_commands_are_offered() -> None:
    assert matching("/ren", COMMANDS)[0].name == "rename"
    assert {"rename", "retry", "redo"} <= {c.name for c in matching("/re", COMMANDS)}
    assert "sessions" in [c.name for c in matching("/resu", COMMANDS)]
    assert len(matching("/", COMMANDS)) == len(COMMANDS)
    assert matching("/rename x", COMMANDS) == []
