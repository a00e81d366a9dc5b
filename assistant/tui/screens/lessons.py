"""The lessons: what was kept of your choices; searched, looked at, deleted, exported, and switched on and off."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, get_args

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input

from assistant.config import load_config
from assistant.errors import AssistantError
from assistant.ground.visible import visible
from assistant.lessons import consent, store
from assistant.lessons.export import Form, export
from assistant.lessons.lesson import Kept
from assistant.tui.drawing.code_lines import coloured
from assistant.tui.drawing.untrusted import Plain, joined, plain, plain_line
from assistant.tui.keymap import named
from assistant.tui.screens.ask import AskLine, Confirm
from assistant.tui.widgets.key_bar import KeyBar
from assistant.tui.widgets.rows import Row, Rows

_NARROW = 90
_SIGNS = {"accepted": ("✔", "$success"), "edited": ("✎", "$accent"), "rejected": ("✖", "$error")}
_SHOWN = 20_000
_EMPTY_ON = "They come with the changes and completions that you accept, edit or reject."
_EMPTY_OFF = (
    "A lesson is a change or a completion of the model that you accepted, edited or rejected. You can train a model of "
    "your own on them.\n\nNone are kept. o agrees that they are: on this machine only, with secrets masked. You can see, "
    "export and delete them here, and switch it off again."
)


class Lessons(Screen[None]):
    """All lessons, and one of them looked at.

    Args:
        switched: told whether lessons are kept from now on.
    """

    DEFAULT_CSS = """
    Lessons {
        layout: vertical;
        background: $background;
        & > #title { height: 1; padding: 0 1; background: $surface; }
        & > Input { border: none; height: 1; padding: 0 1; background: $surface; }
        & > Input:focus { background: $panel; }
        & #list { width: 45%; border-right: solid $border; }
        & #lesson { width: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
        &.-narrow #both { layout: vertical; }
        &.-narrow #list { width: 1fr; height: 40%; border-right: none; border-bottom: solid $border; }
    }
    """
    AUTO_FOCUS = "#list"
    BINDINGS: ClassVar[list[BindingType]] = named(
        "lessons",
        [
            Binding("slash,ctrl+f", "search", "Search", key_display="/"),
            Binding("d,delete", "delete", "Delete", key_display="d"),
            Binding("D", "delete_all", "Delete all shown"),
            Binding("e", "export", "Export"),
            Binding("o", "switch", "On, off"),
            Binding("l", "learn", "Learn"),
            Binding("escape,q", "leave", "Back", key_display="Esc"),
        ],
    )

    def __init__(self, switched: Callable[[bool], object]) -> None:
        super().__init__()
        self._switched = switched
        self._kept: list[Kept] = []
        self._on = False

    def compose(self) -> ComposeResult:
        """Search, list, lesson."""
        yield Plain("", id="title")
        yield Input(placeholder="Search: words that a lesson holds", id="query")
        with Horizontal(id="both"):
            yield Rows(id="list")
            with VerticalScroll(id="lesson"):
                yield Plain("", id="text")
        yield KeyBar(self.BINDINGS)

    def on_mount(self) -> None:
        """Read them."""
        self._fit()
        self.query_one("#query", Input).display = False
        self.watch(self.query_one(Rows), "at", self._show_one, init=False)
        self._read()

    def on_resize(self) -> None:
        """One above the other where there is little room."""
        self._fit()

    def _fit(self) -> None:
        self.set_class(self.app.size.width < _NARROW, "-narrow")

    @work(exclusive=True, group="read")
    async def _read(self) -> None:
        query = self.query_one("#query", Input).value
        try:
            self._on = load_config().lessons == "on"
            self._kept = await asyncio.to_thread(store.lessons, query)
        except AssistantError as error:
            self.app.notify(error.sentence(), severity="error")
            return
        rows = self.query_one(Rows)
        rows.empty = "No lesson holds these words." if query else "None yet."
        rows.put([_row(kept) for kept in self._kept])
        state = ("kept from now on", "$success") if self._on else ("not kept", "$warning")
        self.query_one("#title", Plain).show(
            joined(
                ("✦ lessons  ", "bold $primary"),
                state,
                (f"  ·  {len(self._kept):,} on this machine only", "$foreground 60%"),
            )
        )
        self._show_one()

    @property
    def _one(self) -> Kept | None:
        at = self.query_one(Rows).at
        return self._kept[at] if at < len(self._kept) else None

    def _show_one(self) -> None:
        one = self._one
        none = _EMPTY_ON if self._on else _EMPTY_OFF
        self.query_one("#text", Plain).show(_about(one) if one else joined((none, "$foreground 75%")))
        self.query_one("#lesson").scroll_home(animate=False)

    def action_search(self) -> None:
        """To the search line."""
        box = self.query_one("#query", Input)
        box.display = True
        box.focus()

    @on(Input.Changed)
    def _searched(self) -> None:
        self._read()

    @on(Input.Submitted)
    def _into_list(self) -> None:
        self.query_one(Rows).focus()

    @work
    async def action_delete(self) -> None:
        """Delete the lesson at hand."""
        if (one := self._one) is not None:
            await self._delete([one], "Delete this lesson for good?", one.lesson.path)

    @work
    async def action_delete_all(self) -> None:
        """Delete all that are listed."""
        count = len(self._kept)
        if count:
            await self._delete(self._kept, f"Delete all {count:,} lessons that are listed, for good?", "")

    async def _delete(self, kept: list[Kept], question: str, subject: str) -> None:
        if not await self.app.push_screen_wait(Confirm(question, subject)):
            return
        try:
            await asyncio.to_thread(store.delete, [one.id for one in kept])
        except AssistantError as error:
            self.app.notify(error.sentence(), severity="error")
        self._read()

    @work
    async def action_export(self) -> None:
        """Write those that are listed as pairs to train on."""
        line = await self.app.push_screen_wait(
            AskLine("Export to FILE.jsonl; instructions or preferences", "lessons.jsonl instructions")
        )
        if not line:
            return
        name, _, form = line.rpartition(" ")
        if form not in get_args(Form):
            name, form = line, "instructions"
        try:
            count = await asyncio.to_thread(export, self._kept, Path(name).expanduser(), form)  # type: ignore[arg-type]
            self.app.notify(f"{count:,} pairs are in {name}.")
        except AssistantError as error:
            self.app.notify(error.sentence(), severity="warning")

    @work
    async def action_switch(self) -> None:
        """Agree that lessons are kept, or end it."""
        if not self._on and not await self.app.push_screen_wait(Confirm(consent.QUESTION, consent.EXPLAINED)):
            return
        try:
            consent.answer(not self._on)
        except AssistantError as error:
            self.app.notify(error.sentence(), severity="error")
        self._switched(not self._on)
        self._read()

    async def action_learn(self) -> None:
        """To the screen on which the model learns from them."""
        await self.app.run_action("show('learn')")

    def action_leave(self) -> None:
        """Leave the search, then the screen."""
        box = self.query_one("#query", Input)
        if box.display:
            box.value = ""
            box.display = False
            self.query_one(Rows).focus()
        else:
            self.dismiss(None)


def _row(kept: Kept) -> Row:
    what = kept.lesson.instruction or kept.lesson.proposed.strip()
    return Row(what.partition("\n")[0][:120], detail=f"· {kept.lesson.path}", sign=_SIGNS[kept.lesson.verdict][0])


def _about(kept: Kept) -> Content:
    lesson = kept.lesson
    sign, colour = _SIGNS[lesson.verdict]
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(kept.time))
    parts = [
        joined((f"{sign} {lesson.verdict}", f"bold {colour}"), plain_line(f"  {lesson.path}", "bold")),
        plain_line(f"{lesson.kind} of {when}, {lesson.model or 'by a model'}", "$foreground 60%"),
    ]
    if lesson.instruction:
        parts += [Content(""), plain(lesson.instruction)]
    if lesson.comment:
        parts += [Content(""), joined(("Why not: ", "$error"), plain(lesson.comment))]
    texts = (("What stood there", lesson.old), ("What the model wrote", lesson.proposed))
    changed = lesson.final if lesson.verdict == "edited" else ""
    for title, text in (*texts, ("What you made of it", changed)):
        if text.strip():
            code = visible(text[:_SHOWN].rstrip("\n")).expandtabs(4)
            parts += [Content(""), joined((title, "$accent")), *coloured(code, lesson.language)]
    return Content("\n").join(parts)
