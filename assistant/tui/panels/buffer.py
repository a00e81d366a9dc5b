"""One file of the editor: what is on disk, what is typed, what is kept of that from a crash; or why it is not open."""

from __future__ import annotations

import asyncio
from enum import Enum

from textual.document._document import Location

from assistant.errors import AssistantError
from assistant.session.files.large_file import LargeFile
from assistant.session.files.open_file import OpenFile
from assistant.syntax.symbols import Symbol
from assistant.tui.widgets.code_editor import CodeEditor
from assistant.tui.widgets.refusal import Refusal


class Disk(Enum):
    """What became of the file on disk since it was read or saved here."""

    SAME = "same"
    CHANGED = "changed"
    GONE = "gone"


class Refused:
    """A file that could not be opened: what says so stands where its text would be.

    Args:
        path: as it is shown.
        looked: what `trace` said of it.
    """

    def __init__(self, path: str, error: AssistantError, looked: tuple[int, ...]) -> None:
        self.path = path
        self.view = Refusal(error)
        self.looked = looked

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


class Buffer:
    """A file and the text area that it is edited in; a large one is only read.

    Args:
        path: as it is shown: from the folder, with `/`.
    """

    def __init__(self, file: OpenFile | LargeFile, path: str, text: CodeEditor) -> None:
        self.file = file if isinstance(file, OpenFile) else None
        self.path = path
        self.text = text
        self.disk = Disk.SAME
        self.symbols: tuple[Symbol, ...] = ()
        """Of the text as it was when typing last paused."""
        self.start: Location | None = None
        """Where the cursor is to stand when the file is first seen; None where it was seen."""
        self.asking = False
        """Whether the user is being asked about this file."""
        self._kept = 0
        self._saved = 0

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def view(self) -> CodeEditor:
        """What is seen of it."""
        return self.text

    @property
    def language_name(self) -> str:
        """The language, "" where it is not known."""
        return self.file.language_name if self.file else ""

    @property
    def place(self) -> Location:
        """Where the cursor stands, or will when the file is seen."""
        return self.start or self.text.cursor_location

    @property
    def dirty(self) -> bool:
        """Whether what is typed differs from what was saved; after an undo `settle` sees that it does not."""
        return self.text.revision != self._saved

    def settle(self) -> None:
        """Compare the texts, once typing pauses."""
        if self.file and self.dirty and self.text.text == self.file.saved_text:
            self._saved = self.text.revision

    def save(self) -> None:
        """Write it over whatever is there.

        Raises:
            AssistantError: it cannot be written.
        """
        if self.file is None:
            raise AssistantError(f"cannot write {self.path}", "it is large, so it can only be read")
        self.file.save(self.text.text, over_changes=True)
        self._saved = self._kept = self.text.revision
        self.disk = Disk.SAME

    def forget(self) -> None:
        """What is typed and not saved is not wanted."""
        self._kept = self.text.revision
        if self.file is not None:
            self.file.drop_swap()

    def changed_on_disk(self) -> bool:
        """Whether someone else wrote the file."""
        return self.file is not None and self.file.changed_on_disk()

    async def keep(self) -> None:
        """Put what is typed since the last time where a crash does not reach it."""
        if self.file is None or self.text.revision in (self._kept, self._saved):
            return
        self._kept = self.text.revision
        text = self.text.text
        if text != self.file.saved_text:
            await asyncio.to_thread(self.file.keep, text)

    async def look_at_disk(self) -> bool:
        """Whether the file has become another since the last look."""
        file = self.file
        if file is None or not await asyncio.to_thread(file.looks_changed):
            return False
        changed = await asyncio.to_thread(file.changed_on_disk)
        now = Disk.SAME if not changed else Disk.CHANGED if file.path.is_file() else Disk.GONE
        was, self.disk = self.disk, now
        return now is not Disk.SAME and (now is Disk.CHANGED or now is not was)

    def take_from_disk(self) -> None:
        """Show what is on disk now, as one change that can be undone.

        Raises:
            AssistantError: it cannot be read.
        """
        if self.file is None:
            return
        self.file.read_again()
        self.text.replace_all(self.file.saved_text)
        self._saved = self._kept = self.text.revision
        self.disk = Disk.SAME
