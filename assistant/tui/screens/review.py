"""The review of a turn's changes: each hunk of each file is accepted, rewritten or rejected; the result can be tested.

Answers with what was decided. Writing it, running tests and telling the model about rejections are for others.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen

from assistant.editing.edit import Hunk, Rejection
from assistant.session.edits import Review
from assistant.session.project_tests import TestStep
from assistant.tui.drawing.untrusted import Plain, joined, plain_line
from assistant.tui.keymap import named
from assistant.tui.messages import TestsWanted
from assistant.tui.panels.tests import TestsPanel
from assistant.tui.screens.ask import AskLine, Confirm
from assistant.tui.screens.code_panes import CodePanes
from assistant.tui.widgets.hunk_editor import HunkEditor
from assistant.tui.widgets.hunk_view import HunkView
from assistant.tui.widgets.key_bar import KeyBar

Changes = Sequence[tuple[str, str]]
RunTests = Callable[[Changes], AsyncIterator[TestStep]]
"""Runs the project's tests with these files (path, new text) in place of what is there."""


@dataclass(frozen=True)
class Decided:
    """The hunks to write of each file, those that were rejected, and whether the model is to try again."""

    wanted: tuple[tuple[Review, tuple[Hunk, ...]], ...] = ()
    rejections: tuple[Rejection, ...] = ()
    again: bool = False

    @property
    def count(self) -> int:
        """How many hunks are to be written."""
        return sum(len(hunks) for _, hunks in self.wanted)


class ReviewScreen(Screen[Decided | None]):
    """Changes, hunk by hunk; leaving with Esc writes nothing.

    Args:
        reviews: one a file.
        run_tests: tries the result, nothing where there is no project to test.
    """

    CSS_PATH = "review.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = named(
        "review",
        [
            Binding("a", "decide('accepted')", "Accept"),
            Binding("r", "decide('rejected')", "Reject"),
            Binding("e", "edit", "Edit"),
            Binding("c", "comment", "Reject, say why"),
            Binding("A,shift+a", "accept_all", "Accept all", key_display="A"),
            Binding("enter,w", "write", "Write", key_display="⏎"),
            Binding("escape", "leave", "Leave", key_display="Esc"),
            Binding("t", "test", "Test"),
            Binding("s", "side_by_side", "Side by side"),
            Binding("n,down,j", "go(1)", "Next", key_display="n"),
            Binding("p,up,k", "go(-1)", "Previous", key_display="p", show=False),
            Binding("right_square_bracket", "go_file(1)", "Next file", key_display="]", show=False),
            Binding("left_square_bracket", "go_file(-1)", "Previous file", key_display="[", show=False),
            Binding("v", "panes", "Both texts, with the keys of the tree", show=False),
            Binding("m", "again", "Write what is accepted, ask again about the rest", show=False),
        ],
    )

    def __init__(self, reviews: Sequence[Review], run_tests: RunTests | None = None) -> None:
        super().__init__()
        self._reviews = tuple(reviews)
        self._run_tests = run_tests
        self._views: list[HunkView] = []
        self._of: dict[HunkView, Review] = {}
        self._at = 0
        self._side_by_side = False
        self._tested: tuple[Changes, str] | None = None

    def compose(self) -> ComposeResult:
        """Title, warning, hunks file by file, count, tests, keys."""
        title = self._reviews[0].title if len(self._reviews) == 1 else self._reviews[0].task.instruction.strip()
        yield Plain(joined(("✦ review  ", "bold $primary"), plain_line(title)), id="title")
        yield Plain("", id="fault")
        for note in dict.fromkeys(note for review in self._reviews for note in review.notes):
            yield Plain(plain_line(note), classes="note")
        with VerticalScroll(id="hunks", can_focus=False):
            for review in self._reviews:
                yield from self._file(review)
        yield Plain("", id="count")
        yield TestsPanel("")
        yield KeyBar(self.BINDINGS)

    def _file(self, review: Review) -> ComposeResult:
        if len(self._reviews) > 1:
            yield Plain(joined(("▍", "$accent"), plain_line(review.edit.path, "bold")), classes="file")
        for hunk in review.hunks:
            view = HunkView(hunk, review)
            self._views.append(view)
            self._of[view] = review
            yield view

    def on_mount(self) -> None:
        """Begin with the first hunk."""
        self.query_one(TestsPanel).display = False
        self._judge()
        self._mark()

    # -- what is shown

    def _mark(self) -> None:
        views = self._views
        for index, view in enumerate(views):
            view.set_class(index == self._at, "-current")
        views[self._at].focus(scroll_visible=False)
        views[self._at].scroll_visible(animate=False)
        accepted = sum(view.decision == "accepted" for view in views)
        rejected = sum(view.decision == "rejected" for view in views)
        file = ""
        if len(self._reviews) > 1:
            file = f" · file {self._reviews.index(self._of[views[self._at]]) + 1} of {len(self._reviews)}"
        text = f"hunk {self._at + 1} of {len(views)}{file} · {accepted} accepted · {rejected} rejected"
        hints = ["Enter writes what is accepted"] if accepted else []
        hints += ["m asks the model again about the rest"] if rejected else []
        hint = " · " + " · ".join(hints) if hints else ""
        self.query_one("#count", Plain).show(joined(text, self._test_words(), (hint, "$accent")))

    def _test_words(self) -> tuple[str, str]:
        if self._tested is None:
            return "", ""
        changes, words = self._tested
        if tuple(changes) != tuple(self._changes()):
            return " · tests: of another choice", "$foreground 60%"
        return f" · tests {words}", "$success" if words == "passed" else "$error"

    def _judge(self) -> None:
        """Say what would break if all were taken that is not rejected."""
        faults = [
            f"{review.edit.path}: {verdict.sentence()}"
            for review in self._reviews
            if not (verdict := review.verdict_of(self._kept(review))).sound
        ]
        line = self.query_one("#fault", Plain)
        line.show(plain_line(f"Careful: {'; '.join(faults)}" if faults else ""))
        line.display = bool(faults)

    def _kept(self, review: Review, accepted_only: bool = False) -> tuple[Hunk, ...]:
        """The hunks of a file that are not rejected, or only those that are accepted."""
        states = ("accepted",) if accepted_only else ("accepted", "open")
        return tuple(v.hunk for v in self._views if self._of[v] is review and v.decision in states)

    def _changes(self) -> list[tuple[str, str]]:
        """What would be tested: what is accepted, or where nothing is yet, all that is not rejected."""
        only = any(view.decision == "accepted" for view in self._views)
        kept = [(review, self._kept(review, only)) for review in self._reviews]
        return [(review.edit.path, review.text_with(hunks)) for review, hunks in kept if hunks]

    # -- moving

    @on(Plain.Clicked)
    def _choose(self, event: Plain.Clicked) -> None:
        if isinstance(event.plain, HunkView):
            self._at = self._views.index(event.plain)
            self._mark()

    def action_go(self, step: int) -> None:
        """To the next hunk, or the one before."""
        self._at = max(0, min(len(self._views) - 1, self._at + step))
        self._mark()

    def action_go_file(self, step: int) -> None:
        """To the first hunk of the next file, or of the one before."""
        file = self._reviews.index(self._of[self._views[self._at]]) + step
        if 0 <= file < len(self._reviews):
            first = next(view for view in self._views if self._of[view] is self._reviews[file])
            self._at = self._views.index(first)
            self._mark()

    # -- deciding

    def action_decide(self, decision: str) -> None:
        """Decide about the hunk at hand and go on to the next."""
        self._views[self._at].decide("accepted" if decision == "accepted" else "rejected")
        self._judge()
        self.action_go(1)

    def action_accept_all(self) -> None:
        """Accept every hunk of every file that is not decided about."""
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
            self._judge()
            self.action_go(1)

    async def action_edit(self) -> None:
        """Rewrite the new lines of the hunk at hand, where they stand."""
        view = self._views[self._at]
        text = "".join(view.hunk.new).replace("\r\n", "\n").removesuffix("\n")
        editor = HunkEditor(text)
        await self.query_one("#hunks").mount(editor, after=view)
        editor.focus()

    @on(HunkEditor.Ended)
    async def _rewritten(self, event: HunkEditor.Ended) -> None:
        view = self._views[self._at]
        await self.query(HunkEditor).remove()
        if event.text is not None:
            view.rewrite(self._of[view].rewritten(view.hunk, event.text))
        self._judge()
        self._mark()

    def action_side_by_side(self) -> None:
        """Unified, or old and new beside each other."""
        self._side_by_side = not self._side_by_side
        for view in self._views:
            view.lay_out(self._side_by_side)

    # -- trying and ending

    @work(exclusive=True, group="tests")
    async def action_test(self) -> None:
        """Run the project's tests on a copy with what is accepted; nothing is written."""
        if self._run_tests is None:
            return
        changes = self._changes()
        panel = self.query_one(TestsPanel)
        panel.display = True
        ended = await panel.follow(self._run_tests(changes))
        self._tested = (changes, "passed" if ended.passed else f"failed ({ended.why})") if ended else None
        self._mark()

    @on(TestsWanted)
    def _from_tests(self, event: TestsWanted) -> None:
        if event.what == "again":
            self.action_test()
        else:
            self.query_one(TestsPanel).display = False

    def action_panes(self) -> None:
        """Old and new text of the file beside each other, to be read with the keys of the tree."""
        view = self._views[self._at]
        self.app.push_screen(CodePanes(self._of[view].edit, view.hunk.start))

    def action_again(self) -> None:
        """Write what is accepted and let the model try again; it is told what was rejected, and why."""
        self._end(again=True)

    @work
    async def action_write(self) -> None:
        """Write what is accepted; what would break the syntax only after a yes."""
        if not any(view.decision == "accepted" for view in self._views):
            self.app.notify("Nothing is accepted yet: a accepts the hunk at hand, A all of them.")
            return
        verdicts = [review.verdict_of(self._kept(review, accepted_only=True)) for review in self._reviews]
        broken = next((verdict for verdict in verdicts if not verdict.sound), None)
        if broken and not await self.app.push_screen_wait(Confirm("Write it all the same?", broken.sentence())):
            return
        self._end()

    @work
    async def action_leave(self) -> None:
        """Close the tests, else leave: nothing is written, what was accepted is lost only after a yes, rejections are kept."""
        if (panel := self.query_one(TestsPanel)).display:
            panel.display = False
            return
        accepted = sum(view.decision == "accepted" for view in self._views)
        hunks = "The hunk" if accepted == 1 else f"The {accepted} hunks"
        lost = f"{hunks} that you accepted will not be written."
        if accepted and not await self.app.push_screen_wait(Confirm("Leave without writing?", lost)):
            return
        self.dismiss(Decided((), self._rejections()))

    def _end(self, again: bool = False) -> None:
        wanted = ((review, self._kept(review, accepted_only=True)) for review in self._reviews)
        self.dismiss(Decided(tuple((r, hunks) for r, hunks in wanted if hunks), self._rejections(), again))

    def _rejections(self) -> tuple[Rejection, ...]:
        rejected = (view for view in self._views if view.decision == "rejected")
        return tuple(Rejection(self._of[v].edit.path, v.hunk, v.comment) for v in rejected)
