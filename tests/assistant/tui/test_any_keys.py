"""Any keys, pastes, suggestions and replacements leave the editor's text equal to a model of it, and can all be undone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from assistant.syntax.languages import language_named
from assistant.syntax.many_selections import many
from assistant.syntax.symbols import outline
from assistant.tui.widgets.code_editor import CodeEditor

CODE = "class Cart:\n    def add(self, item):\n        self.items.append(item)\n\n    def total(self):\n        return sum(self.items)\n"

_MOVING = (
    *("left", "right", "up", "down", "home", "end", "ctrl+home", "ctrl+end", "pageup", "pagedown", "shift+down"),
    *("shift+left", "shift+right", "ctrl+right", "ctrl+left", "ctrl+shift+left", "ctrl+shift+right", "shift+end"),
    *("alt+up", "alt+down", "alt+right", "alt+left", "alt+c", "alt+u", "alt+a", "alt+d", "alt+shift+d", "alt+t"),
    *("alt+shift+t", "alt+m", "alt+shift+m", "alt+k", "alt+e", "alt+z", "alt+shift+z", "escape", "ctrl+shift+a"),
    # More often, so that there are several selections to do something with.
    *("alt+a", "alt+a", "alt+a", "alt+s", "alt+s", "alt+s"),
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


Spans = list[tuple[int, int]]
"""What is selected, from and to, in the order of the text."""


def _put(text: str, spans: Spans, words: Sequence[str]) -> str:
    """The text with words in the place of what is selected, from the last to the first."""
    for (start, end), word in reversed(list(zip(spans, words, strict=True))):
        text = text[:start] + word + text[end:]
    return text


def _as_modelled(key: str, text: str, spans: Spans, ghost: str, now: str) -> bool:
    """Whether a key may make `now` of a text of which `spans` are selected and where `ghost` is suggested."""
    if ghost and key in ("tab", "end", "ctrl+right"):
        most = len(ghost)
        least = most if key == "tab" else 1
        return now in [_put(text, spans, [ghost[:count]]) for count in range(least, most + 1)]
    if key in _MOVING:
        return now == text
    if key == "backspace":
        return now == _put(text, [(max(0, s - (s == e)), e) for s, e in spans], [""] * len(spans))
    if key == "delete":
        return now == _put(text, [(s, min(len(text), e + (s == e))) for s, e in spans], [""] * len(spans))
    if key == "enter":
        return now == _put(text, spans, ["\n" + _indented(text, s) for s, _ in spans])
    if key == "shift+tab" or (key == "tab" and any("\n" in text[s:e] for s, e in spans)):
        return [line.lstrip(" \t") for line in now.split("\n")] == [line.lstrip(" \t") for line in text.split("\n")]
    if key == "tab":
        parts = _put(text, spans, ["\0"] * len(spans)).split("\0")
        return re.fullmatch("[ ]{1,4}".join(map(re.escape, parts)), now) is not None
    if key in _SWAPPING:
        return sorted(now) == sorted(text)
    if key in _REMOVING:
        left = iter(text)
        return all(sign in left for sign in now)
    return now == _put(text, spans, [key] * len(spans))


def _pasted(text: str, spans: Spans, pasted: str) -> str:
    words = pasted.replace("\r\n", "\n").replace("\r", "\n")
    lines = words.removesuffix("\n").split("\n")
    return _put(text, spans, lines if len(lines) == len(spans) > 1 else [words] * len(spans))


async def _done(pilot: Pilot[None], editor: CodeEditor, step: Do, text: str, spans: Spans) -> str:
    """Do what is no key; what the text is to be then."""
    if step.what == "paste":
        editor.post_message(events.Paste(step.text))
        await pilot.pause()
        return _pasted(text, spans, step.text)
    if step.what == "replace":
        editor.replace_all(text.replace("e", step.text))
        return text.replace("e", step.text)
    words = step.text.replace("\r", "")
    editor.show_ghost(words)
    if not editor.ghost:
        return text
    [(start, end)] = spans
    assert start == end, "a suggestion stands at a cursor, never at a selection or several"
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
    texts = tuple(editor.text[one.start : one.end] for one in editor.many.every)
    assert texts == editor.selected_texts()
    assert editor.many == many(editor.many.every, editor.many.main), "in order, none over another"
    assert editor.many.every[editor.many.main].span == editor.span.span
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
            text, ghost = editor.text, editor.ghost
            spans = [(one.start, one.end) for one in editor.many.every]
            with _in_step(editor):
                if isinstance(step, Do):
                    assert await _done(pilot, editor, step, text, spans) == editor.text, step
                elif step in _TURNING:
                    await pilot.press(step)
                    assert editor.text in seen, step
                else:
                    await pilot.press({"(": "left_parenthesis"}.get(step, step))
                    assert _as_modelled(step, text, spans, ghost, editor.text), step
            seen.add(editor.text)
        newest = await _to_the_end(editor, pilot, "ctrl+y")
        assert await _to_the_end(editor, pilot, "ctrl+z") == CODE
        assert await _to_the_end(editor, pilot, "ctrl+y") == newest


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(steps=st.lists(st.sampled_from(["alt+a", "alt+s", *_TYPING, *_MOVING, *_TURNING]), min_size=5, max_size=30))
async def test_any_keys_at_several_selections_change_each_of_them_and_nothing_else(steps: list[str]) -> None:
    app = _Bench()
    async with app.run_test(size=(60, 12)) as pilot:
        editor = app.query_one(CodeEditor)
        editor.focus()
        for at, step in enumerate(steps):
            if at % 4 == 0:
                editor.go_to((at % 5, 12))
                await pilot.press("alt+a")
            text, spans = editor.text, [(one.start, one.end) for one in editor.many.every]
            with _in_step(editor):
                await pilot.press({"(": "left_parenthesis"}.get(step, step))
            assert step in _TURNING or _as_modelled(step, text, spans, "", editor.text), step
        assert await _to_the_end(editor, pilot, "ctrl+z") == CODE
