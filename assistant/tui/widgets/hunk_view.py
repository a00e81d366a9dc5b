"""One hunk of a change, with the lines around it: unified or side by side, marked by what was decided about it.

The keys of the tree select in it as they do in the editor: in the new lines first, and in the old ones after `o`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from assistant.editing.edit import Hunk
from assistant.ground.visible import visible_line
from assistant.session.edits import Review
from assistant.syntax.selection import Part, TextObject
from assistant.syntax.tree_steps import Step
from assistant.tui.drawing.code_lines import coloured
from assistant.tui.drawing.hunk_tree import HunkTree
from assistant.tui.drawing.untrusted import Plain, joined, plain_line
from assistant.tui.keymap import named
from assistant.tui.widgets.structured_area import SELECTING

Decision = Literal["open", "accepted", "rejected"]

_AROUND = 3
_TAB = 4
_SELECTED = "on $primary 45%"
_SIGNS = {
    "open": ("○ undecided", "$foreground 60%"),
    "accepted": ("✔ accepted", "$success"),
    "rejected": ("✖ rejected", "$error"),
}


class HunkView(Plain):
    """A hunk.

    Args:
        review: the change of one file that it is a part of.
    """

    DEFAULT_CSS = """
    HunkView {
        height: auto;
        padding: 0 1;
        margin: 0 0 1 0;
        border-left: outer $border;
        background: $surface;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        &.-current { border-left: outer $accent; background: $panel; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = named(
        "hunk_view", [*SELECTING, Binding("o", "other_side", "Select in the old lines, or the new", show=False)]
    )
    can_focus = True

    def __init__(self, hunk: Hunk, review: Review) -> None:
        super().__init__()
        language = review.task.language.name if review.task.language else ""
        lines = (review.edit.before or "").split("\n")
        self.hunk = hunk
        self._review = review
        self._trees: dict[str, HunkTree] = {}
        self._side = "new" if hunk.new else "old"
        self.edited = False
        self.decision: Decision = "open"
        self.comment = ""
        self._side_by_side = False
        end = hunk.start + len(hunk.old)
        self._language = language
        self._raw_before = lines[max(0, hunk.start - _AROUND) : hunk.start]
        self._raw_after = lines[end : end + _AROUND]
        self._before = _colour(self._raw_before, language)
        self._old = _colour(hunk.old, language)
        self._new = _colour(hunk.new, language)
        self._after = _colour(self._raw_after, language)

    def on_mount(self) -> None:
        """Draw it."""
        self.draw()

    def on_resize(self) -> None:
        """Columns depend on the width."""
        self.draw()

    def decide(self, decision: Decision, comment: str = "") -> None:
        """Mark it."""
        self.decision = decision
        self.comment = comment
        self.draw()

    def rewrite(self, hunk: Hunk) -> None:
        """Show the hunk as the user has rewritten it, which accepts it."""
        self.edited = hunk.new != self.hunk.new or self.edited
        self.hunk = hunk
        self._trees.clear()
        self._side = "new" if hunk.new else "old"
        self._new = _colour(hunk.new, self._language)
        self.decide("accepted")

    def lay_out(self, side_by_side: bool) -> None:
        """Unified, or old and new beside each other."""
        self._side_by_side = side_by_side
        self.draw()

    # -- the keys of the tree

    @property
    def syntax(self) -> HunkTree:
        """What is selected of the side at hand; the new side has no other hunk in it."""
        if self._side not in self._trees:
            text = self._review.text_with([self.hunk]) if self._side == "new" else self._review.edit.before or ""
            self._trees[self._side] = HunkTree(text, self._review.task.language, self.hunk.first_line)
        return self._trees[self._side]

    @property
    def selected_text(self) -> str:
        """What is selected, for Ctrl+C."""
        tree = self._trees.get(self._side)
        return tree.selected_text if tree else ""

    def action_by_tree(self, how: Step) -> None:
        """Move the selection by the syntax tree."""
        self._select(lambda: self.syntax.move(how))

    def action_siblings(self) -> None:
        """Select all siblings of what is selected, each by itself."""
        self._select(lambda: self.syntax.move("siblings"))

    def action_select_alike(self) -> None:
        """Select the next place too that has the text selected."""
        if self.syntax.has_tree and not self.syntax.add_alike():
            self.app.notify("Nothing else has this text.")
        self._select(lambda: None)

    def action_select_object(self, kind: TextObject, part: Part = "around") -> None:
        """Select the function, class, parameter, comment or test around what is selected, or the inside of it."""
        self._select(lambda: self.syntax.select(kind, part))

    def _select(self, move: Callable[[], None]) -> None:
        if not self.syntax.has_tree:
            self.app.notify("There is no tree in a text of this kind.")
            return
        move()
        self.draw()
        row = 1 + max(0, self.syntax.lines[0] - self.hunk.first_line + len(self._before))
        if self._side == "new" and not self._side_by_side and self.syntax.lines[0] >= self.hunk.first_line:
            row += len(self._old)
        if isinstance(self.parent, Widget):
            place = Region(0, self.virtual_region.y + min(row, self.size.height - 1), 1, 1)
            self.parent.scroll_to_region(place, animate=False, force=True)

    def action_other_side(self) -> None:
        """Select in the old lines, or in the new ones."""
        other = "old" if self._side == "new" else "new"
        if self.hunk.old if other == "old" else self.hunk.new:
            self._side = other
            self._select(lambda: None if self.syntax.selected else self.syntax.move("expand"))

    # -- drawing

    def draw(self) -> None:
        """Show hunk, decision, comment and what is selected."""
        sign, colour = _SIGNS[self.decision]
        head = joined((f"line {self.hunk.first_line}  ", "$foreground 60%"), (sign, colour))
        if self.edited:
            head = joined(head, ("  ✎ rewritten by you", "$accent"))
        if self.comment:
            head = joined(head, "  ", plain_line(f"“{self.comment}”", "$foreground 80%"))
        if self._trees and (words := self.syntax.words()):
            head = joined(head, "  ", plain_line(f"{self._side}: {words}", "$primary"))
        rows = self._columns() if self._side_by_side else self._unified()
        self.show(Content("\n").join([head, *rows]))

    def _marked(self, side: str, lines: Sequence[Content], raw: Sequence[str], first: int) -> list[Content]:
        """Lines of a side, of which the first is line `first` (from 1) of its text, with what is selected in them."""
        if side != self._side or not self._trees:
            return list(lines)
        rows = []
        for number, line in enumerate(lines):
            for columns in self.syntax.columns(first + number):
                start, end = (len(_shown(raw[number].rstrip("\r\n")[:column])) for column in columns)
                line = line.stylize(_SELECTED, start, end)
            rows.append(line)
        return rows

    def _sides(self, side: str) -> tuple[list[Content], list[Content], list[Content]]:
        """The lines before, the hunk's own and the lines after, as one side has them."""
        own, raw = (self._old, self.hunk.old) if side == "old" else (self._new, self.hunk.new)
        first = self.hunk.first_line
        return (
            self._marked(side, self._before, self._raw_before, first - len(self._before)),
            self._marked(side, own, raw, first),
            self._marked(side, self._after, self._raw_after, first + len(raw)),
        )

    def _unified(self) -> list[Content]:
        width = self.content_size.width
        before, _, after = self._sides(self._side)
        rows = [joined("  ", line) for line in before]
        old, new = self._sides("old")[1], self._sides("new")[1]
        rows += [_tinted(joined(("- ", "$error"), line), "on $error 15%", width) for line in old]
        rows += [_tinted(joined(("+ ", "$success"), line), "on $success 15%", width) for line in new]
        return rows + [joined("  ", line) for line in after]

    def _columns(self) -> list[Content]:
        width = max(10, (self.size.width - 3) // 2)
        (before, old, after), (new_before, new, new_after) = self._sides("old"), self._sides("new")
        rows = [_pair(one, other, width) for one, other in zip(before, new_before, strict=True)]
        for index in range(max(len(old), len(new))):
            left = _tinted(old[index], "on $error 15%", width) if index < len(old) else Content("")
            right = _tinted(new[index], "on $success 15%", width) if index < len(new) else Content("")
            rows.append(_pair(left, right, width))
        return rows + [_pair(one, other, width) for one, other in zip(after, new_after, strict=True)]


def _pair(left: Content, right: Content, width: int) -> Content:
    return joined(
        left.truncate(width, ellipsis=True, pad=True), (" │ ", "$border"), right.truncate(width, ellipsis=True)
    )


def _tinted(line: Content, style: str, width: int) -> Content:
    # Below what the line has, so that a selection is seen on it.
    return line.pad_right(max(0, width - line.cell_length)).stylize_before(style)


def _colour(lines: Sequence[str], language: str) -> list[Content]:
    if not lines:
        return []
    return coloured("\n".join(_shown(line.rstrip("\r\n")) for line in lines), language)


def _shown(text: str) -> str:
    """A line, or the beginning of one, as it is drawn."""
    return visible_line(text.expandtabs(_TAB))
