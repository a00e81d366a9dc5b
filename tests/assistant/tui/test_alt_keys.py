"""Letters held with Alt, as a terminal sends them that knows no better than Esc and the letter."""

from __future__ import annotations

import pytest
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.events import Key

from assistant.tui.alt_keys import take_at_once


@pytest.fixture
def parser(monkeypatch: pytest.MonkeyPatch) -> XTermParser:
    table = dict(ANSI_SEQUENCES_KEYS)
    monkeypatch.setattr("textual._xterm_parser.ANSI_SEQUENCES_KEYS", table)
    monkeypatch.setattr("assistant.tui.alt_keys.ANSI_SEQUENCES_KEYS", table)
    take_at_once()
    return XTermParser()


def _keys(parser: XTermParser, *read: str) -> list[str]:
    return [token.key for part in read for token in parser.feed(part) if isinstance(token, Key)]


def test_a_letter_that_is_held_with_alt_is_that_key_each_time_and_never_text(parser: XTermParser) -> None:
    assert _keys(parser, *["\x1bn"] * 3) == ["alt+n"] * 3
    assert _keys(parser, "\x1bo\x1bo\x1ba") == ["alt+o", "alt+o", "alt+a"]
    assert _keys(parser, "\x1bD\x1bM") == ["alt+shift+d", "alt+shift+m"]


def test_longer_sequences_are_read_as_before(parser: XTermParser) -> None:
    assert _keys(parser, "\x1bOP\x1b[1;3A\x1b[99;3u") == ["f1", "alt+up", "alt+c"]
    assert _keys(parser, "\x1bf") == ["ctrl+right"]
