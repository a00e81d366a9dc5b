"""Any keys, pastes, suggestions and replacements leave the editor's text equal to a model of it, and can all be undone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from assistant.syntax.languages import language_named
from assistant.syntax.symbols import outline
from assistant.tui.widgets.code_editor import CodeEditor

CODE = "class Cart:\n    def add(self, item):\n        self.items.append(item)\n\n    def total(self):\n        return sum(self.items)\n"

_MOVING = (
    *("left", "right", "up", "down", "home", "end", "ctrl+home", "ctrl+end", "pageup", "pagedown", "shift+down"),
    *("shift+left", "shift+right", "ctrl+right", "ctrl+left", "ctrl+shift+left", "ctrl+shift+right", "shift+end"),
    *("alt+up", "alt+down", "alt+right", "alt+left", "alt+c", "alt+u", "alt+a", "alt+d", "alt+shift+d", "alt+t"),
    *("alt+shift+t", "alt+m", "alt+shift+m", "alt+k", "alt+e", "alt+z", "alt+shift+z", "escape", "ctrl+shift+a"),
)
_SWAPPING = ("alt+shift+right", "alt+shift+left", "alt+shift+up", "alt+shift+down")
_REMOVING = ("ctrl+x", "ctrl+k", "ctrl+u", "ctrl+w", "ctrl+shift+k")
_TYPING = ("a", "(", "é", "enter", "backspace", "delete", "tab", "shift+tab", *_SWAPPING, *_REMOVING)
_TURNING = ("ctrl+z", "ctrl+y")
_PASTED = st.text(st.sampled_from("ab \t\n\r\x1b\u202e\u2028é漢🙂(:\"'"), max_size=12)


@dataclass(frozen=True)
class Do:
    """Something that is no key: paste a text, draw a suggestion and take a part of it, or replace one letter by a text."""

    what: str
    text: str


_STEP = st.one_of(
    st.sampled_from(_TYPING),
    st.sampled_from(_TYPING),
    st.sampled_from(_MOVING),
    st.sampled_from(_TURNING),
    st.builds(Do, st.sampled_from(["paste", "all", "word", "line", "over", "replace"]), _PASTED),
)


def _indented(text: str, start: int) -> str:
    line = text[text.rfind("\n", 0, start) + 1 : start]
    step = "    " if line.rstrip().endswith((":", "(", "[", "{")) else ""
    own = line[: len(line) - len(line.lstrip(" \t"))]
    return own + ("\t" if step and own.startswith("\t") else step)


def _as_modelled(key: str, text: str, start: int, end: int, ghost: str, now: str) -> bool:
    """Whether a key may make `now` of a text whose characters `start` to `end` are selected and where `ghost` is suggested."""
    if ghost and key in ("tab", "end", "ctrl+right"):
        most = len(ghost)
        least = most if key == "tab" else 1
        return now in [text[:start] + ghost[:count] + text[end:] for count in range(least, most + 1)]
    if key in _MOVING:
        return now == text
    if key == "backspace":
        return now == text[: max(0, start - 1 if start == end else start)] + text[end:]
    if key == "delete":
        return now == text[:start] + text[end + 1 if start == end else end :]
    if key == "enter":
        return now == f"{text[:start]}\n{_indented(text, start)}{text[end:]}"
    if key == "tab":
        return now in [f"{text[:start]}{' ' * count}{text[end:]}" for count in range(1, 5)]
    if key == "shift+tab":
        return [line.lstrip(" \t") for line in now.split("\n")] == [line.lstrip(" \t") for line in text.split("\n")]
    if key in _SWAPPING:
        return sorted(now) == sorted(text)
    if key in _REMOVING:
        most = min(start, len(now))
        return any(text.startswith(now[:i]) and text.endswith(now[i:]) for i in range(most + 1)) and len(now) <= len(
            text
        )
    return now == text[:start] + key + text[end:]


async def _done(pilot: Pilot[None], editor: CodeEditor, step: Do, text: str, start: int, end: int) -> str:
    """Do what is no key; what the text is to be then."""
    if step.what == "paste":
        editor.post_message(events.Paste(step.text))
        await pilot.pause()
        return text[:start] + step.text.replace("\r\n", "\n").replace("\r", "\n") + text[end:]
    if step.what == "replace":
        editor.replace_all(text.replace("e", step.text))
        return text.replace("e", step.text)
    words = step.text.replace("\r", "")
    editor.show_ghost(words)
    if not editor.ghost:
        return text
    assert start == end, "a suggestion stands at a cursor, never at a selection"
    if step.what == "over":
        editor.drop_ghost()
        return text
    editor.take_ghost(step.what)
    rest = editor.ghost
    assert words.endswith(rest)
    return text[:start] + words[: len(words) - len(rest)] + text[end:]


@contextmanager
def _in_step(editor: CodeEditor) -> Iterator[None]:
    """Afterwards tree, selection, folds and rows agree with the text."""
    yield
    assert editor.parsed.text == editor.text
    assert editor.text[editor.span.start : editor.span.end] == editor.selected_text
    assert all(editor.view.row_of(line) < editor.view.height for line in range(editor.document.line_count))
    shown = [editor.view.line_of(row) for row in range(editor.view.height)]
    assert [editor.view.row_of(line) for line in shown if line is not None] == list(range(editor.view.height))


async def _to_the_end(editor: CodeEditor, pilot: Pilot[None], key: str) -> str:
    """Undo or redo all there is; the text then."""
    while editor.history.undo_stack if key == "ctrl+z" else editor.history.redo_stack:
        with _in_step(editor):
            await pilot.press(key)
    return editor.text


class _Bench(App[None]):
    def compose(self) -> ComposeResult:
        yield CodeEditor(CODE, language_named("python"))


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(steps=st.lists(_STEP, min_size=10, max_size=50))
async def test_any_keys_leave_text_model_and_tree_in_step_and_all_is_undone(steps: list[str | Do]) -> None:
    app = _Bench()
    async with app.run_test(size=(60, 12)) as pilot:
        editor = app.query_one(CodeEditor)
        editor.focus()
        seen = {CODE}
        for step in steps:
            editor.symbols = outline(editor.parsed)
            text, (start, end), ghost = editor.text, (editor.span.start, editor.span.end), editor.ghost
            with _in_step(editor):
                if isinstance(step, Do):
                    assert await _done(pilot, editor, step, text, start, end) == editor.text, step
                elif step in _TURNING:
                    await pilot.press(step)
                    assert editor.text in seen, step
                else:
                    await pilot.press({"(": "left_parenthesis"}.get(step, step))
                    assert _as_modelled(step, text, start, end, ghost, editor.text), step
            seen.add(editor.text)
        newest = await _to_the_end(editor, pilot, "ctrl+y")
        assert await _to_the_end(editor, pilot, "ctrl+z") == CODE
        assert await _to_the_end(editor, pilot, "ctrl+y") == newest
