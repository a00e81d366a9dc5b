"""A file that is open in the editor: read, saved whole with the line ends and encoding it has, and kept from a crash.

What is typed goes to a swap file beside the app's state every few seconds; it is offered when the file is opened again
and gone when the file is saved. This knows no screen and no cursor.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from assistant.editing.source_file import digest, read_source, to_bytes, with_lf, with_line_ends_of
from assistant.errors import AssistantError
from assistant.ground.files import write_whole
from assistant.ground.paths import state_folder
from assistant.syntax.languages import Language


class OpenFile:
    """One file.

    Raises:
        AssistantError: it is missing, binary or too large to edit.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._source = read_source(self.path)
        self.saved_text = with_lf(self._source.text)
        self._looked_like = self._look()
        key = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:24]
        self._swap = state_folder("swap") / f"{key}.txt"

    @property
    def language_name(self) -> str:
        """The language of the file, "" where it is not known."""
        language = self._source.document.language
        return language.name if language else ""

    @property
    def language(self) -> Language | None:
        """The language of the file; None where it is not known."""
        return self._source.document.language

    def _look(self) -> tuple[int, int, int]:
        try:
            status = self.path.stat()
        except OSError:
            return (0, 0, 0)
        return status.st_mtime_ns, status.st_size, status.st_ino

    def looks_changed(self) -> bool:
        """Whether the directory entry has become another since the last call, read or save; cheap."""
        before, self._looked_like = self._looked_like, self._look()
        return before != self._looked_like

    def read_again(self) -> None:
        """Take what is on disk now.

        Raises:
            AssistantError: it is missing, binary or too large to edit by now.
        """
        self._source = read_source(self.path)
        self.saved_text = with_lf(self._source.text)
        self._looked_like = self._look()

    def changed_on_disk(self) -> bool:
        """Whether someone else wrote the file since it was read or saved here."""
        try:
            return digest(self.path.read_bytes()) != self._source.digest
        except OSError:
            return True

    def save(self, text: str, over_changes: bool = False) -> None:
        """Write `text` (LF line ends).

        Raises:
            AssistantError: the file was changed on disk meanwhile (unless `over_changes`), or cannot be written.
        """
        if not over_changes and self.changed_on_disk():
            raise AssistantError(f"{self.path.name} was changed on disk", "someone else wrote it since it was opened")
        whole = with_line_ends_of(self._source.text, text)
        write_whole(self.path, to_bytes(whole, self.path, self._source.document.encoding))
        self._source = read_source(self.path)
        self.saved_text = text
        self._looked_like = self._look()
        self.drop_swap()

    def keep(self, text: str) -> None:
        """Put unsaved text where a crash does not reach it."""
        write_whole(self._swap, text.encode("utf-8", "surrogateescape"))

    def kept(self) -> str | None:
        """Unsaved text of an earlier run, if there is any that differs from the file."""
        try:
            text = self._swap.read_bytes().decode("utf-8", "surrogateescape")
        except OSError:
            return None
        return text if text != self.saved_text else None

    def drop_swap(self) -> None:
        """Forget the kept text."""
        with contextlib.suppress(OSError):
            self._swap.unlink(missing_ok=True)
