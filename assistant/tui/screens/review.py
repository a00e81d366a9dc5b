"""The review of a proposed change: each hunk is accepted or rejected, with a comment if one likes; then it is written.

Answers with what was decided. Writing it, and telling the model about rejections, is the desk's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen

from assistant.editing.edit import Hunk, Rejection
from assistant.session.edits import Review
from assistant.tui.screens.ask import AskLine, Confirm
from assistant.tui.untrusted import Plain, joined, plain_line
from assistant.tui.widgets.hunk_view import HunkView
from assistant.tui.widgets.key_bar import KeyBar


@dataclass(frozen=True)
class Decided:
    """The hunks to write, those that were rejected, and whether the model is to try again."""

    wanted: tuple[Hunk, ...]
    rejections: tuple[Rejection, ...]
    again: bool = False


class ReviewScreen(Screen[Decided | None]):
    """A change, hunk by hunk; leaving with Esc writes nothing."""

    CSS_PATH = "review.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "decide('accepted')", "Accept"),
        Binding("r", "decide('rejected')", "Reject"),
        Binding("c", "comment", "Reject, say why"),
        Binding("n,down,j", "go(1)", "Next", key_display="n"),
        Binding("p,up,k", "go(-1)", "Previous", key_display="p", show=False),
        Binding("A,shift+a", "accept_all", "Accept all", key_display="A"),
        Binding("s", "side_by_side", "Side by side"),
        Binding("m", "again", "Ask again", show=False),
        Binding("enter,w", "write", "Write", key_display="⏎"),
        Binding("escape", "leave", "Leave", key_display="Esc"),
    ]

    def __init__(self, review: Review) -> None:
        super().__init__()
        self._review = review
        self._at = 0
        self._side_by_side = False

    def compose(self) -> ComposeResult:
        """Title, warning, hunks, count, keys."""
        review = self._review
        language = review.task.language.name if review.task.language else ""
        lines = (review.edit.before or "").split("\n")
        yield Plain(joined(("✦ review  ", "bold $primary"), plain_line(review.title)), id="title")
        if not review.verdict.sound:
            yield Plain(plain_line(f"Careful: {review.verdict.sentence()}"), id="fault")
        for note in review.notes:
            yield Plain(plain_line(note), classes="note")
        with VerticalScroll(id="hunks"):
            for hunk in review.hunks:
                yield HunkView(hunk, lines, language)
        yield Plain("", id="count")
        yield KeyBar(self.BINDINGS)

    def on_mount(self) -> None:
        """Begin with the first hunk."""
        self._mark()

    @property
    def _views(self) -> list[HunkView]:
        return list(self.query(HunkView))

    def _mark(self) -> None:
        views = self._views
        for index, view in enumerate(views):
            view.set_class(index == self._at, "-current")
        if views:
            views[self._at].scroll_visible(animate=False)
        accepted = sum(view.decision == "accepted" for view in views)
        rejected = sum(view.decision == "rejected" for view in views)
        text = f"hunk {self._at + 1} of {len(views)} · {accepted} accepted · {rejected} rejected"
        hint = " · Enter writes what is accepted" if accepted else " · m asks the model again" if rejected else ""
        self.query_one("#count", Plain).show(joined(text, (hint, "$accent")))

    @on(Plain.Clicked)
    def _choose(self, event: Plain.Clicked) -> None:
        if isinstance(event.plain, HunkView):
            self._at = self._views.index(event.plain)
            self._mark()

    def action_go(self, step: int) -> None:
        """To the next hunk, or the one before."""
        self._at = max(0, min(len(self._views) - 1, self._at + step))
        self._mark()

    def action_decide(self, decision: str) -> None:
        """Decide about the hunk at hand and go on to the next."""
        self._views[self._at].decide("accepted" if decision == "accepted" else "rejected")
        self.action_go(1)

    def action_accept_all(self) -> None:
        """Accept every hunk that is not decided about."""
        for view in self._views:
            if view.decision == "open":
                view.decide("accepted")
        self._mark()

    @work
    async def action_comment(self) -> None:
        """Reject the hunk at hand and say why; the model is told."""
        view = self._views[self._at]
        why = await self.app.push_screen_wait(AskLine("Why not? The model is told", view.comment))
        if why is not None:
            view.decide("rejected", why)
            self.action_go(1)

    def action_side_by_side(self) -> None:
        """Unified, or old and new beside each other."""
        self._side_by_side = not self._side_by_side
        for view in self._views:
            view.lay_out(self._side_by_side)

    def action_again(self) -> None:
        """Let the model try again; it is told what was rejected."""
        self.dismiss(Decided((), self._rejections(), again=True))

    @work
    async def action_write(self) -> None:
        """Write what is accepted; what would break the syntax only after a yes."""
        wanted = tuple(view.hunk for view in self._views if view.decision == "accepted")
        if not wanted:
            self.app.notify("Nothing is accepted yet: a accepts the hunk at hand, A all of them.")
            return
        verdict = self._review.verdict_of(wanted)
        if not verdict.sound:
            yes = await self.app.push_screen_wait(Confirm("Write it all the same?", verdict.sentence()))
            if not yes:
                return
        self.dismiss(Decided(wanted, self._rejections()))

    def action_leave(self) -> None:
        """Write nothing; rejections are remembered."""
        self.dismiss(Decided((), self._rejections()))

    def _rejections(self) -> tuple[Rejection, ...]:
        path = self._review.edit.path
        return tuple(Rejection(path, v.hunk, v.comment) for v in self._views if v.decision == "rejected")
