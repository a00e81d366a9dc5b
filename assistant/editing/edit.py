"""What a change is: an Edit of one file, and the Hunks that a person can take or leave one by one.

Texts here are whole files as characters, as `source_file` hands them out. Nothing here touches the disk.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """A change to one file. `path` is relative to the workspace, with forward slashes.

    `before` is None for a file to be made, `after` is None for one to be removed.
    """

    path: str
    before: str | None
    after: str | None

    def unified_diff(self, context: int = 3) -> str:
        """The change as a unified diff that `patch -p1` takes; empty when nothing changes."""
        old, new = _lines(self.before), _lines(self.after)
        names = (
            f"a/{self.path}" if self.before is not None else "/dev/null",
            f"b/{self.path}" if self.after is not None else "/dev/null",
        )
        rows = difflib.unified_diff(old, new, *names, n=context)
        return "".join(row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows)


@dataclass(frozen=True)
class Hunk:
    """One contiguous piece of a change: lines `start` to `start + len(old)` (0-based, end exclusive) become `new`.

    Lines keep their line ends.
    """

    start: int
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def first_line(self) -> int:
        """The 1-based line at which the hunk stands in the old text."""
        return self.start + 1


@dataclass(frozen=True)
class Rejection:
    """A hunk that a person did not want, and why; it goes back to the model with the next turn."""

    path: str
    hunk: Hunk
    reason: str = ""

    def for_model(self) -> str:
        """The rejection as text of a prompt."""
        wanted = "".join(self.hunk.new).rstrip("\n") or "(removing these lines)"
        reason = self.reason or "no reason was given"
        return f"This change to {self.path} near line {self.hunk.first_line} was rejected ({reason}):\n{wanted}"


def hunks(edit: Edit) -> tuple[Hunk, ...]:
    """The pieces of `edit`, in the order of the file."""
    old, new = _lines(edit.before), _lines(edit.after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    changed = (code for code in matcher.get_opcodes() if code[0] != "equal")
    return tuple(Hunk(a, tuple(old[a:b]), tuple(new[c:d])) for _, a, b, c, d in changed)


def with_changes(edit: Edit, changes: Iterable[Hunk]) -> Edit:
    """The old text of `edit` with `changes` in it, which may be hunks that a person has rewritten.

    Raises:
        ValueError: a change does not stand on the old text as it is, or two of them overlap.
    """
    old = _lines(edit.before)
    result: list[str] = []
    at = 0
    for hunk in sorted(changes, key=lambda hunk: (hunk.start, len(hunk.old))):
        if hunk.start < at or tuple(old[hunk.start : hunk.start + len(hunk.old)]) != hunk.old:
            raise ValueError("a change does not fit the old text")
        result += old[at : hunk.start] + list(hunk.new)
        at = hunk.start + len(hunk.old)
    after = "".join(result + old[at:])
    return Edit(edit.path, edit.before, after if after or edit.before is not None else None)


def _lines(text: str | None) -> list[str]:
    """Lines with their ends; only LF ends a line here, as in `diff` (a form feed or U+2028 does not)."""
    if not text:
        return []
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
