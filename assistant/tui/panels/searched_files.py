"""Finding and replacing in the file that is seen: the find bar's wishes, carried out in the text."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from assistant.errors import AssistantError
from assistant.tui.finding import MOST, Place, expanded, literal, pattern_of, places_of, replaced
from assistant.tui.keymap import named
from assistant.tui.panels.open_files import OpenFiles
from assistant.tui.widgets.find_bar import FindBar


class SearchedFiles(OpenFiles):
    """Open files with a FindBar among the children."""

    BINDINGS: ClassVar[list[BindingType]] = named(
        "editor",
        [
            Binding("ctrl+f", "find", "Find", key_display="^F", priority=True),
            Binding("f3", "seek(1)", "Find the next", show=False),
            Binding("shift+f3", "seek(-1)", "Find the one before", show=False),
            Binding("alt+r", "replace", "Replace", show=False, priority=True),
        ],
    )
    _places: tuple[Place, ...] = ()

    def action_find(self) -> None:
        """Find a regular expression."""
        self._open_find(replacing=False)

    def action_replace(self) -> None:
        """Find and replace."""
        self._open_find(replacing=True)

    def _open_find(self, replacing: bool) -> None:
        if self.text is not None:
            selected = self.text.selected_text
            self.query_one(FindBar).open(literal(selected) if "\n" not in selected else "", replacing)

    def action_seek(self, step: int) -> None:
        """To the next place of what was found, or the one before."""
        self._seek(self.query_one(FindBar).pattern, step)

    @on(FindBar.Sought)
    def _sought_for(self, event: FindBar.Sought) -> None:
        event.stop()
        self._seek(event.pattern, event.step)

    @work(exclusive=True, group="find")
    async def _seek(self, typed: str, step: int) -> None:
        text, bar = self.text, self.query_one(FindBar)
        if text is None or not typed:
            bar.say("")
            return
        self._places = tuple(await places_of(text.document.lines, pattern_of(typed)))
        text.mark_found(self._places)
        if not self._places:
            bar.say("nowhere")
            return
        start, end = sorted(text.selection)
        if step < 0:
            before = [n for n, (at, _) in enumerate(self._places) if at < start]
            at = before[-1] if before else len(self._places) - 1
        else:
            begin = end if step else start
            at = next((n for n, (place, _) in enumerate(self._places) if place >= begin), 0)
        text.select_places(*self._places[at])
        more = "+" if len(self._places) >= MOST else ""
        bar.say(f"{at + 1:,} of {len(self._places):,}{more}")

    @on(FindBar.Replaced)
    def _replace(self, event: FindBar.Replaced) -> None:
        event.stop()
        text, bar = self.text, self.query_one(FindBar)
        if text is None or text.read_only or not event.pattern:
            return
        pattern = pattern_of(event.pattern)
        try:
            if event.which == "all":
                new, count = replaced(text.text, pattern, event.by)
                text.replace_all(new)
                bar.say(f"{count:,} replaced")
                return
            match = pattern.fullmatch(text.selected_text)
            if match is not None and text.selected_text:
                text.replace(expanded(match, event.by), *sorted(text.selection), maintain_selection_offset=False)
        except AssistantError as error:
            self.notify(error.sentence(), severity="warning")
            return
        self._seek(event.pattern, 1)

    @on(FindBar.Closed)
    def _found(self, event: FindBar.Closed) -> None:
        event.stop()
        if self.text is not None:
            self.text.mark_found([])
        self.focus_text()
