"""Code in which several places are selected and typed into at once: one change, one parse and one undo step for all.

What an action does at one selection it is let do at each, as if that were the only one; the changes that come of it are
collected and made together. Arithmetic on them is `assistant.syntax.many_selections`'. Any move that knows of one
selection only, such as a click, leaves that one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Concatenate, ParamSpec, cast

from textual import events
from textual.document._document import Location
from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult
from textual.widgets.text_area import Selection as AreaSelection

from assistant.syntax import selection as tree
from assistant.syntax.many_selections import (
    Change,
    Many,
    after,
    for_each,
    inverse,
    many,
    settled,
)
from assistant.tui.widgets.code_area import CodeArea

_P = ParamSpec("_P")


def _at_each(action: Callable[Concatenate[Any, _P], Any]) -> Callable[Concatenate[Any, _P], None]:
    """The action, done at each selection."""

    def act(self: Any, /, *args: _P.args, **kwargs: _P.kwargs) -> None:
        if self.further:
            self.at_each(lambda: action(self, *args, **kwargs))
        else:
            action(self, *args, **kwargs)

    return act


class ManyEdits(Edit):
    """Changes made together, and the selections before and after them."""

    def __init__(self, changes: tuple[Change, ...], before: Many, then: Many) -> None:
        texts = [change.text for change in changes]
        # The history goes by it: what is typed letter by letter is undone at once, what is pasted by itself.
        super().__init__(texts[0] if len(set(texts)) == 1 else "".join(texts), (0, 0), (0, 0), False)
        self._changes = changes
        self._back: tuple[Change, ...] = ()
        self._before = before
        self._then = then
        self._stand = then

    def do(self, text_area: TextArea, record_selection: bool = True) -> EditResult:
        """Make them."""
        area = cast("ManyArea", text_area)
        replaced = area.replace_each(self._changes)
        self._back = inverse(self._changes, replaced)
        self._stand = self._then
        # Rows and folds have been told of each change: for Textual nothing but the cursor's place is another.
        at = area.document.location(self._then.every[self._then.main].start)
        self.from_location = self.to_location = at
        self._edit_result = EditResult(at, "".join(replaced))
        return self._edit_result

    def undo(self, text_area: TextArea) -> EditResult:
        """Take them back."""
        area = cast("ManyArea", text_area)
        replaced = area.replace_each(self._back)
        self._stand = self._before
        return EditResult(self.from_location, "".join(replaced))

    def after(self, text_area: TextArea) -> None:
        """Select what was selected then."""
        cast("ManyArea", text_area).stand(self._stand)
        text_area.record_cursor_width()


class ManyArea(CodeArea):
    """Code with further selections beside the main one, which is `selection`."""

    _further: tuple[AreaSelection, ...] = ()
    _further_of: tuple[int, AreaSelection] = (-1, AreaSelection())
    """Revision and main selection that they belong to."""
    _collected: list[Edit] | None = None
    """The edits of an action while it is done at each selection."""
    _many_last = False
    _copied: ClassVar[tuple[str, ...]] = ()
    """What was copied last from several selections, in whichever text."""

    @property
    def further(self) -> tuple[AreaSelection, ...]:
        """The selections beside the main one, in the order of the text; none once something else moved or changed."""
        return self._further if self._further and self._further_of == (self.revision, self.selection) else ()

    @property
    def many(self) -> Many:
        """All selections, in characters."""
        places = self._places()
        return many(map(self._of_place, places), places.index(self.selection))

    @property
    def selected_text(self) -> str:
        """What is selected; of several selections, each on lines of its own."""
        if not self.further:
            return super().selected_text
        return "\n".join(text for text in self.selected_texts() if text)

    def selected_texts(self) -> tuple[str, ...]:
        """What is selected at each place."""
        return tuple(self.get_text_range(*place) for place in self._places())

    def selected_words(self) -> str:
        """`45 selected`, `3 selections of 45 characters`, `3 cursors`, or nothing, for the status line."""
        count, size = len(self.further) + 1, sum(map(len, self.selected_texts()))
        if count == 1:
            return f"{size:,} selected" if size else ""
        characters = f"{size:,} character{'' if size == 1 else 's'}"
        return f"{count:,} selections of {characters}" if size else f"{count:,} cursors"

    def select_many(self, selections: Many) -> None:
        """Select these, and bring the main one into view."""
        was = self.selection, self.further
        with self._one_paint():
            self.stand(selections)
        self._bring_into_view()
        if was[0] == self.selection and was[1] != self.further:
            self.post_message(self.SelectionChanged(self.selection, self))

    def stand(self, selections: Many) -> None:
        """Select these."""
        places = [self._to_place(one) for one in selections.every]
        self.selection = places.pop(selections.main)
        self._further = tuple(places)
        self._further_of = (self.revision, self.selection)

    def only_main(self) -> bool:
        """Go on with the main selection alone; False where it is alone."""
        had = bool(self.further)
        self._further = ()
        if had:
            self._paint_changed()
            self.post_message(self.SelectionChanged(self.selection, self))
        return had

    def further_in(self, first: int, end: int) -> tuple[AreaSelection, ...]:
        """Selections beside the main one that touch lines `first` to `end` (not included)."""
        return tuple(s for s in self.further if min(s)[0] < end and max(s)[0] >= first)

    def _places(self) -> list[AreaSelection]:
        return sorted((self.selection, *self.further), key=min)

    def _of_place(self, place: AreaSelection) -> tree.Selection:
        start, end = sorted(place)
        return tree.Selection(self.document.offset(start), self.document.offset(end), place.end < place.start)

    def _to_place(self, one: tree.Selection) -> AreaSelection:
        start = self.document.location(one.start)
        end = start if one.start == one.end else self.document.location(one.end)
        return AreaSelection(end, start) if one.backward else AreaSelection(start, end)

    # -- an action at each place

    def at_each(self, action: Callable[[], object]) -> list[str]:
        """Do at each selection what `action` does at one, as one change; answers with what was replaced at each."""
        places, done = self._places(), []
        main = self.selection
        try:
            for place in places:
                self._collected = []
                self.set_reactive(CodeArea.selection, place)
                self.navigator.last_x_offset = 0
                action()
                done.append((self._collected, self.selection))
        finally:
            self._collected = None
            self.set_reactive(CodeArea.selection, main)
        if not any(edits for edits, _ in done):
            self.select_many(many((self._of_place(moved) for _, moved in done), places.index(main)))
            return [""] * len(places)
        replaced = ["".join(self.get_text_range(edit.top, edit.bottom) for edit in edits) for edits, _ in done]
        self._change(many(map(self._of_place, places), places.index(main)), [edits for edits, _ in done])
        return replaced

    def _change(self, before: Many, edits: list[list[Edit]]) -> None:
        changes: list[Change] = []
        cursors: list[int | None] = []
        for own in edits:
            offset = self.document.offset
            changes += [Change(offset(edit.top), offset(edit.bottom), edit.text) for edit in own]
            cursors.append(None if not own or own[-1].maintain_selection_offset else changes[-1].end)
        together = settled(changes)
        self.edit(ManyEdits(together, before, after(before, together, cursors)))

    def replace_each(self, changes: tuple[Change, ...]) -> list[str]:
        """Change text, rows and folds; answers with what stood in the place of each change."""
        replaced, places = self.document.replace_each(changes)
        for start, end, new_end in places:
            self.view.wrap_range(start, end, new_end)
        return replaced

    def edit(self, edit: Edit) -> EditResult:
        """Change the text; while an action is done at each selection, keep it for later."""
        if self._collected is not None:
            self._collected.append(edit)
            return EditResult(edit.bottom, self.get_text_range(edit.top, edit.bottom))
        if isinstance(edit, ManyEdits) != self._many_last:
            self._many_last = not self._many_last
            self.history.checkpoint()
        return super().edit(edit)

    def move_cursor(
        self,
        location: Location,
        select: bool = False,
        center: bool = False,
        record_width: bool = True,
    ) -> None:
        """Move the cursor; who knows of one selection only leaves one."""
        if self._collected is None:
            self.only_main()
        super().move_cursor(location, select, center, record_width)

    def _watch_selection(self, previous_selection: AreaSelection, selection: AreaSelection) -> None:
        if self._collected is None:
            super()._watch_selection(previous_selection, selection)

    async def _on_mouse_down(self, event: events.MouseDown) -> None:
        self.only_main()
        await super()._on_mouse_down(event)

    # -- what is typed

    def type_in(self, text: str) -> None:
        """Put what is typed in the place of each selection."""
        self.at_each(lambda: self._replace_via_keyboard(text, *self.selection))

    def put(self, text: str) -> None:
        """Paste: to each selection its own line, or its own text of as many that were copied, else all of it."""
        if self.read_only:
            return
        if not self.further:
            self.move_cursor(self.replace(text, *self.selection, maintain_selection_offset=False).end_location)
            return
        own = iter(for_each(text, len(self.further) + 1, ManyArea._copied))
        self.at_each(lambda: self._replace_via_keyboard(next(own), *self.selection))

    def action_paste(self) -> None:
        """Paste what was copied in the app."""
        self.put(self.app.clipboard)

    def action_copy(self) -> None:
        """Copy what is selected."""
        ManyArea._copied = self.selected_texts() if self.further else ()
        super().action_copy()

    def action_cut(self) -> None:
        """Cut what is selected, or the line of the cursor."""
        if not self.further or self.read_only:
            ManyArea._copied = ()
            super().action_cut()
            return
        bare = all(place.is_empty for place in self._places())
        cut = self.at_each(
            self._delete_cursor_line if bare else lambda: self._delete_via_keyboard(*self.selection),
        )
        ManyArea._copied = tuple(text.removesuffix("\n") for text in cut)
        self.app.copy_to_clipboard("\n".join(ManyArea._copied))

    action_cursor_left = _at_each(CodeArea.action_cursor_left)
    action_cursor_right = _at_each(CodeArea.action_cursor_right)
    action_cursor_up = _at_each(CodeArea.action_cursor_up)
    action_cursor_down = _at_each(CodeArea.action_cursor_down)
    action_cursor_word_left = _at_each(CodeArea.action_cursor_word_left)
    action_cursor_word_right = _at_each(CodeArea.action_cursor_word_right)
    action_cursor_line_start = _at_each(CodeArea.action_cursor_line_start)
    action_cursor_line_end = _at_each(CodeArea.action_cursor_line_end)
    action_delete_left = _at_each(CodeArea.action_delete_left)
    action_delete_right = _at_each(CodeArea.action_delete_right)
    action_delete_word_left = _at_each(CodeArea.action_delete_word_left)
    action_delete_word_right = _at_each(CodeArea.action_delete_word_right)
    action_delete_line = _at_each(CodeArea.action_delete_line)
    action_delete_to_start_of_line = _at_each(CodeArea.action_delete_to_start_of_line)
    action_delete_to_end_of_line = _at_each(CodeArea.action_delete_to_end_of_line)
