"""Brings the edits of a turn to disk: all files or none, and never over what someone else has written since.

Bytes outside the changed lines stay as they are (encoding, byte order mark, line ends, mode, link targets). A file that
changed since it was read is offered as a three-way merge instead of being written. Undo is the journal's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.editing.edit import Edit
from assistant.editing.journal import Journal, Turn
from assistant.editing.source_file import SourceFile, read_source, to_bytes
from assistant.errors import AssistantError
from assistant.syntax.encoding import UTF8


@dataclass(frozen=True)
class Merge:
    """A change carried over to a file that changed meanwhile; `clean` is false where both changed the same lines."""

    edit: Edit
    clean: bool


class ChangedOnDisk(AssistantError):
    """Files changed since they were read; `merges` offers the same changes on the files as they are now."""

    def __init__(self, merges: tuple[Merge, ...]) -> None:
        self.merges = merges
        names = ", ".join(merge.edit.path for merge in merges)
        super().__init__(
            "nothing was written", f"changed on disk since it was read: {names}", "run it again on the new text"
        )


def apply_edits(journal: Journal, edits: Sequence[Edit], title: str) -> Turn:
    """Write a turn's edits.

    Raises:
        PathRefused: a path leads where no edit may go.
        ChangedOnDisk: a file is no longer what its edit starts from.
        AssistantError: a file cannot be read or written; nothing was changed.
    """
    contents: dict[str, tuple[bytes | None, bytes | None]] = {}
    merges: list[Merge] = []
    for edit in edits:
        target = journal.workspace.target(edit.path)
        source = read_source(target) if target.exists() else None
        if (source.text if source else None) != edit.before:
            merges.append(_merge(edit, source))
            continue
        name = journal.workspace.name(target)
        if name in contents:
            raise AssistantError("nothing was written", f"two edits of one turn change {edit.path}")
        before = target.read_bytes() if source else None
        contents[name] = (before, _bytes_after(edit, source, target))
    if merges:
        raise ChangedOnDisk(tuple(merges))
    return journal.write(title, contents)


def _bytes_after(edit: Edit, source: SourceFile | None, target: Path) -> bytes | None:
    if edit.after is None:
        return None
    _refuse_new_surrogates(edit)
    return to_bytes(edit.after, target, source.document.encoding if source else UTF8)


def _refuse_new_surrogates(edit: Edit) -> None:
    """A lone surrogate stands for a byte that was no UTF-8; an edit may keep such bytes but not invent them."""
    old = {character for character in edit.before or "" if "\ud800" <= character <= "\udfff"}
    new = next((c for c in edit.after or "" if "\ud800" <= c <= "\udfff" and c not in old), None)
    if new is not None:
        raise AssistantError(f"cannot write {edit.path}", f"the change holds U+{ord(new):04X}, which is no character")


def _merge(edit: Edit, source: SourceFile | None) -> Merge:
    from merge3 import Merge3

    now = source.text if source else None
    if edit.before is None or edit.after is None or now is None:
        return Merge(Edit(edit.path, now, edit.after), clean=False)
    base, theirs, ours = (text.splitlines(keepends=True) for text in (edit.before, now, edit.after))
    merged = Merge3(base, theirs, ours)
    clean = not any(region[0] == "conflict" for region in merged.merge_regions())
    text = "".join(merged.merge_lines(name_a="on disk", name_b="the change"))
    return Merge(Edit(edit.path, now, text), clean)
