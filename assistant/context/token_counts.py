"""Token counts kept on disk, so that a text that was counted before needs no model to be loaded.

What is kept is the hash of a text and its count, for each model file as it was; the texts themselves are not.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from assistant.errors import AssistantError
from assistant.ground.files import write_whole
from assistant.ground.paths import cache_folder

_MOST = 2000


class RememberedCounts:
    """Counts the tokens of texts for one model; `load` gives the real counter when a text is new.

    Use as a context manager: what was counted is kept when it ends.
    """

    def __init__(self, model: Path, load: Callable[[], Callable[[str], int]]) -> None:
        status = model.stat()
        mark = f"{model.resolve()}\0{status.st_size}\0{status.st_mtime_ns}"
        self._store = cache_folder("token-counts") / f"{_hash(mark)}.json"
        self._load = load
        self._count: Callable[[str], int] | None = None
        self._known = self._read()
        self._used: dict[str, int] = {}

    def __enter__(self) -> RememberedCounts:
        return self

    def __exit__(self, *_: object) -> None:
        if self._count is None:
            return
        newest = self._used | {key: count for key, count in self._known.items() if key not in self._used}
        with contextlib.suppress(AssistantError, OSError):
            write_whole(self._store, json.dumps(dict(list(newest.items())[:_MOST])))

    def __call__(self, text: str) -> int:
        """The number of tokens of a text."""
        key = _hash(text)
        if key in self._known:
            self._used[key] = self._known[key]
        elif key not in self._used:
            self._count = self._count or self._load()
            self._used[key] = self._count(text)
        return self._used[key]

    def _read(self) -> dict[str, int]:
        try:
            stored = json.loads(self._store.read_bytes())
            return {key: count for key, count in stored.items() if isinstance(count, int)}
        except (OSError, ValueError, AttributeError, RecursionError):
            return {}


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
