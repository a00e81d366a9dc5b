"""What a question points at: `@file`, `@file::symbol`, `@folder`, `@diff` become texts of the prompt.

The folder's names are read when the first `@` is typed, and again when they have grown old; a path waits for none of it. A mention that means
nothing here stays plain text, and is told.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.context.attachments import Attachment, attach
from assistant.context.index import Index, index_folder
from assistant.context.mention_candidates import MentionCandidate, candidates_for, mention_at
from assistant.context.mentions import find_mentions, resolve, resolve_place
from assistant.errors import AssistantError

_FRESH_SECONDS = 20.0
_JOBS = 1


@dataclass(frozen=True)
class Pointed:
    """The attached texts as one (after an empty line, or ""), the labels of what they are, and what is unclear."""

    text: str = ""
    labels: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()


class Pointing:
    """The names of one folder; its methods may take a second on a large one, so call them in a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index: Index | None = None
        self._read_at = 0.0
        self._lock = threading.Lock()

    @property
    def is_read(self) -> bool:
        """Whether the names were read once, so that nothing of `completions` waits for a first look at the folder."""
        return self._index is not None

    def completions(self, before_cursor: str, limit: int = 12) -> tuple[int, tuple[MentionCandidate, ...]]:
        """Where the mention that is being typed begins, and what it may become; (0, ()) where none is typed."""
        found = mention_at(before_cursor, len(before_cursor))
        if found is None:
            return 0, ()
        start, typed = found
        return start, candidates_for(typed, self.names(), limit)

    def attachments(self, question: str) -> Pointed:
        """What the mentions of a question put into the prompt."""
        blocks: dict[str, str] = {}
        unclear = []
        for mention in find_mentions(question):
            try:
                attachment = self._attached(mention.words)
                blocks[attachment.label] = attachment.block()
            except AssistantError as error:
                unclear.append(error.sentence())
        return Pointed("".join(f"\n\n{block}" for block in blocks.values()), tuple(blocks), tuple(unclear))

    def _attached(self, words: str) -> Attachment:
        """The text that a mention stands for; only what is no path waits for the folder's names."""
        target = resolve_place(words, self._folder) or resolve(words, self._folder, self.names())
        return attach(target, self._folder, self.names() if target.kind == "folder" else Index(self._folder, {}))

    def pinned(self, pins: Sequence[str]) -> Pointed:
        """The texts of files and symbols (`a.py`, `a.py::f`); `unclear` are those that are not there any more."""
        found = {pin: self.attachments(_mention(pin)) for pin in pins}
        labels = tuple(label for one in found.values() for label in one.labels)
        return Pointed(
            "".join(one.text for one in found.values()),
            labels,
            tuple(pin for pin, one in found.items() if not one.text),
        )

    def names(self) -> Index:
        """The names of the folder's files, at most some seconds old."""
        with self._lock:
            if self._index is None or time.monotonic() - self._read_at > _FRESH_SECONDS:
                self._index = index_folder(self._folder, jobs=_JOBS, aside=True)
                self._read_at = time.monotonic()
            return self._index


def _mention(pin: str) -> str:
    path, separator, symbol = pin.partition("::")
    return f'@"{path}"{separator}{symbol}'
