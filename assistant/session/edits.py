"""Changes to the user's files, from the wish to the undo: proposed by the model, taken hunk by hunk, written as a turn.

Nothing is written that a person has not accepted. What was rejected, and why, goes to the model with the next wish
about the same file.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from assistant.editing.apply import apply_edits
from assistant.editing.edit import Edit, Hunk, Rejection, hunks, with_changes
from assistant.editing.gate import Verdict, judge
from assistant.editing.journal import Journal, Turn
from assistant.editing.propose import Attempt, Proposal, propose, symbol_meant
from assistant.editing.source_file import read_source, with_lf, with_line_ends_of
from assistant.editing.task import EditTask
from assistant.editing.workspace import Workspace, folder_of
from assistant.engine.api import Engine, Prefill, TextChunk
from assistant.errors import AssistantError
from assistant.syntax.document import Document
from assistant.syntax.symbols import find


@dataclasses.dataclass(frozen=True)
class Review:
    """A proposed change as a person judges it: the wish, the edit, its hunks, and what is wrong with it."""

    task: EditTask
    edit: Edit
    hunks: tuple[Hunk, ...]
    verdict: Verdict
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The wish and where it applies, in a line."""
        place = f"{self.task.path}::{self.task.symbol_name}" if self.task.symbol_name else self.task.path
        return f"{place}: {self.task.instruction.strip().partition(chr(10))[0]}"

    def verdict_of(self, wanted: Sequence[Hunk]) -> Verdict:
        """What the change would break if only the `wanted` hunks were taken, as a person may have rewritten them."""
        return judge(self.task, with_lf(self.text_with(wanted)))

    def text_with(self, wanted: Sequence[Hunk]) -> str:
        """The file with only the `wanted` hunks taken."""
        return with_changes(self.edit, wanted).after or ""

    def rewritten(self, hunk: Hunk, text: str) -> Hunk:
        """`hunk` with `text` (LF line ends, none at its end) as its new lines, with the file's line ends; "" removes."""
        ends = any(line.endswith("\n") for line in hunk.old[-1:] + hunk.new[-1:])
        whole = f"{text}\n" if text and ends else text
        lines = with_line_ends_of(self.edit.before or "", whole).split("\n")
        new = tuple(f"{line}\n" for line in lines[:-1]) + ((lines[-1],) if lines[-1] else ())
        return dataclasses.replace(hunk, new=new)


class Edits:
    """The changes of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rejections: dict[str, tuple[Rejection, ...]] = {}

    def targets(self, written: str) -> tuple[str, ...]:
        """`a.py,b.py::f` as its parts; a comma in a file's name is no separator."""
        whole = written.removeprefix("@").replace('"', "")
        if "," not in whole or (self._folder / (whole.rpartition("::")[0] or whole)).is_file():
            return (written,)
        return tuple(part for part in (part.strip() for part in written.split(",")) if part)

    def task(self, target: str, instruction: str) -> EditTask:
        """The wish about `FILE` or `FILE::SYMBOL`, a leading `@` aside; reads the file.

        Raises:
            AssistantError: the file cannot be read or changed, or has no such symbol.
        """
        path, symbol = self._split(target.removeprefix("@").strip('"'))
        file = self._workspace().target(path)
        source = read_source(file)
        document = Document(with_lf(source.text), source.document.language)
        if symbol:
            symbol = find(document, symbol).qualified_name
        else:
            symbol = symbol_meant(document, instruction)
        name = self._workspace().name(file)
        return EditTask(
            name, document.text, document.language, instruction, symbol, rejections=self._rejections.get(name, ())
        )

    async def propose(
        self, engine: Engine, task: EditTask
    ) -> AsyncGenerator[Prefill | TextChunk | Attempt | Review, None]:
        """How far the prompt is read, the reply as it streams, tries that did not do, and last the change to be reviewed.

        Raises:
            NothingProduced: no try gave a usable change.
            EngineError: from the engine.
        """
        async with contextlib.aclosing(propose(engine, task)) as steps:
            async for step in steps:
                if not isinstance(step, Proposal):
                    yield step
                    continue
                before = read_source(self._workspace().target(task.path)).text
                edit = Edit(task.path, before, with_line_ends_of(before, step.edit.after or ""))
                yield Review(task, edit, hunks(edit), step.verdict, step.notes)

    @property
    def root(self) -> Path:
        """The folder that the paths of edits are relative to."""
        return self._workspace().root

    def apply(self, *decided: tuple[Review, Sequence[Hunk]]) -> Turn:
        """Write the wanted hunks of each review, all files or none, as one turn.

        Raises:
            AssistantError: a file was changed meanwhile, or cannot be written; nothing was changed.
        """
        edits = [with_changes(review.edit, wanted) for review, wanted in decided]
        more = f" (and {len(decided) - 1} more)" if len(decided) > 1 else ""
        return apply_edits(Journal(self._workspace()), edits, decided[0][0].title + more)

    def reject(self, rejections: Sequence[Rejection]) -> None:
        """Remember what was not wanted, for the next wish about the same files."""
        for rejection in rejections:
            self._rejections[rejection.path] = (*self._rejections.get(rejection.path, ()), rejection)

    def undo(self) -> Turn:
        """Take the last change of the folder back.

        Raises:
            AssistantError: there is none, or its files were changed since.
        """
        return Journal(self._workspace()).undo()

    def redo(self) -> Turn:
        """Write the change again that was undone last.

        Raises:
            AssistantError: there is none, or its files were changed since.
        """
        return Journal(self._workspace()).redo()

    def _workspace(self) -> Workspace:
        return Workspace.at(folder_of(self._folder / "any"))

    def _split(self, target: str) -> tuple[str, str]:
        path, _, symbol = target.partition("::")
        file = self._folder / path
        if not file.is_file():
            raise AssistantError(f"there is no file {path}", f"in {self._folder}", "/edit FILE[::SYMBOL] WISH")
        return str(file.resolve()), symbol
