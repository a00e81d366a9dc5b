"""What was applied, kept outside the workspace, so that each turn can be undone and redone, after a crash as well.

A turn is one folder: a manifest and the bytes of each file before and after, written and flushed before the first
file of the workspace changes. Undo restores only files that still are what the turn made of them; what a person has
changed since is never overwritten. This knows bytes and digests, not text; it does not need git.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from assistant.editing.source_file import digest
from assistant.editing.workspace import Workspace
from assistant.errors import AssistantError
from assistant.ground.files import discard_staged, replacing, sync, write_whole
from assistant.ground.locking import in_turn
from assistant.ground.paths import state_folder

State = Literal["writing", "applied", "undone", "dropped"]
_KEPT_TURNS = 200


@dataclass(frozen=True)
class Change:
    """One file of a turn, by digests of its bytes; None where the file does not exist on that side."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Turn:
    """Changes that belong together: applied, undone and redone as one."""

    number: int
    title: str
    time: float
    state: State
    goal: State
    """Where an interrupted `writing` was going: "applied" or "undone"."""
    changes: tuple[Change, ...]


class Conflict(AssistantError):
    """Files were changed since, so that undoing or redoing would overwrite someone's work."""


class Journal:
    """The turns of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        key = hashlib.sha256(os.fsencode(workspace.root)).hexdigest()[:24]
        self._folder = state_folder("journal", key)
        self._blobs = self._folder / "blobs"
        self._blobs.mkdir(exist_ok=True)
        with self._locked():
            self._finish_interrupted()

    def turns(self) -> list[Turn]:
        """All turns, oldest first."""
        files = sorted(self._folder.glob("turn-*.json"))
        return [self._read(file) for file in files]

    def write(self, title: str, contents: dict[str, tuple[bytes | None, bytes | None]]) -> Turn:
        """Apply a turn: each path's bytes before and after. Turns undone before are dropped from the redo list.

        Raises:
            Conflict: a file is no longer what it was thought to be; nothing was changed.
        """
        with self._locked():
            changes = tuple(Change(path, self._keep(old), self._keep(new)) for path, (old, new) in contents.items())
            turns = self.turns()
            number = turns[-1].number + 1 if turns else 1
            turn = Turn(number, title, time.time(), "writing", "applied", changes)
            self._require(changes, expected="before", doing="apply the change")
            for old_turn in turns:
                if old_turn.state == "undone":
                    self._record(replace(old_turn, state="dropped"))
            turn = self._carry_out(turn)
            self._forget_old()
            return turn

    def undo(self) -> Turn:
        """Take the last applied turn back.

        Raises:
            AssistantError: there is none.
            Conflict: a file of it was changed since.
        """
        with self._locked():
            applied = [turn for turn in self.turns() if turn.state == "applied"]
            if not applied:
                raise AssistantError("there is nothing to undo", f"no edit of {self.workspace.root} is applied")
            self._require(applied[-1].changes, expected="after", doing=f"undo “{applied[-1].title}”")
            return self._carry_out(replace(applied[-1], state="writing", goal="undone"))

    def redo(self) -> Turn:
        """Apply the turn again that was undone last.

        Raises:
            AssistantError: there is none.
            Conflict: a file of it was changed since.
        """
        with self._locked():
            undone = [turn for turn in self.turns() if turn.state == "undone"]
            if not undone:
                raise AssistantError("there is nothing to redo", f"no edit of {self.workspace.root} was undone")
            self._require(undone[0].changes, expected="before", doing=f"redo “{undone[0].title}”")
            return self._carry_out(replace(undone[0], state="writing", goal="applied"))

    def _carry_out(self, turn: Turn) -> Turn:
        """Bring the files of `turn` to its goal: recorded first, then file by file, each replaced whole."""
        self._record(turn)
        try:
            for path, old, new in _steps(turn):
                self._put(path, old, new)
        except BaseException:
            self._take_back(turn)
            raise
        done = replace(turn, state=turn.goal)
        self._record(done)
        return done

    def _take_back(self, turn: Turn) -> None:
        """Give each file of a half-written turn its old bytes; a file that someone else changed meanwhile stays."""
        for path, old, new in _steps(turn):
            with contextlib.suppress(AssistantError, OSError):
                self._put(path, new, old)
        self._record(replace(turn, state="dropped" if turn.goal == "applied" else "applied"))

    def _finish_interrupted(self) -> None:
        for turn in self.turns():
            if turn.state == "writing":
                self._take_back(turn)
                for change in turn.changes:
                    discard_staged(self.workspace.target(change.path))

    def _require(self, changes: tuple[Change, ...], expected: Literal["before", "after"], doing: str) -> None:
        changed = [c.path for c in changes if self._present(c.path) != (c.before if expected == "before" else c.after)]
        if changed:
            names = ", ".join(changed)
            raise Conflict(f"will not {doing}", f"changed since: {names}", "save your own changes elsewhere first")

    def _present(self, path: str) -> str | None:
        file = self.workspace.target(path)
        return digest(file.read_bytes()) if file.is_file() else None

    def _put(self, path: str, old: str | None, new: str | None) -> None:
        """Replace one file, looked at once more just before: only the bytes `old` give way to `new`."""
        file = self.workspace.target(path)
        if new is None:
            self._require_digest(path, old)
            file.unlink(missing_ok=True)
            sync(file.parent)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as staged:
            shutil.copyfile(self._blobs / new, staged)
            self._require_digest(path, old)

    def _require_digest(self, path: str, wanted: str | None) -> None:
        if self._present(path) != wanted:
            raise Conflict(f"will not write {path}", "it changed at this moment", "run it again")

    def _keep(self, data: bytes | None) -> str | None:
        if data is None:
            return None
        name = digest(data)
        if not (self._blobs / name).exists():
            write_whole(self._blobs / name, data)
        return name

    def _record(self, turn: Turn) -> None:
        write_whole(self._folder / f"turn-{turn.number:08}.json", json.dumps(asdict(turn)))

    def _read(self, file: Path) -> Turn:
        try:
            row = json.loads(file.read_text(encoding="utf-8"))
            return Turn(**row | {"changes": tuple(Change(**change) for change in row["changes"])})
        except (ValueError, KeyError, TypeError, RecursionError):
            raise AssistantError(f"cannot read {file}", "it is damaged", f"mv {file} {file}.damaged") from None

    def _forget_old(self) -> None:
        turns = self.turns()
        for turn in turns[:-_KEPT_TURNS]:
            (self._folder / f"turn-{turn.number:08}.json").unlink()
        kept = {
            name for turn in turns[-_KEPT_TURNS:] for change in turn.changes for name in (change.before, change.after)
        }
        if len(turns) > _KEPT_TURNS:
            for blob in self._blobs.iterdir():
                if blob.name not in kept:
                    blob.unlink()

    def _locked(self) -> contextlib.AbstractContextManager[None]:
        return in_turn(self._folder / "lock")


def _steps(turn: Turn) -> Iterator[tuple[str, str | None, str | None]]:
    """Path, digest now and digest wanted, for each file on the way to the turn's goal."""
    for change in turn.changes:
        if turn.goal == "applied":
            yield change.path, change.before, change.after
        else:
            yield change.path, change.after, change.before
