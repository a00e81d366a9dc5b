"""Small facts that were measured once and are kept in the cache folder: one JSON file for each kind of fact.

Losing them costs a measurement and nothing else, so a file that cannot be read counts as empty, and one that cannot be
written is let be.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any

from assistant.errors import AssistantError
from assistant.ground.files import write_whole
from assistant.ground.paths import cache_folder

_MOST = 200


class Remembered:
    """Facts by key; `kind` names the file."""

    def __init__(self, kind: str) -> None:
        self._file = cache_folder("engine") / f"{kind}.json"

    def get(self, key: str) -> Any:
        """The fact under `key`, or None. It comes from a file: check its type."""
        return self._rows().get(key)

    def put(self, key: str, fact: Any) -> None:
        """Keep `fact` (plain data) under `key`; the oldest go when there are many."""
        rows = {name: row for name, row in self._rows().items() if name != key} | {key: fact}
        with contextlib.suppress(OSError, AssistantError):
            write_whole(self._file, json.dumps(dict(list(rows.items())[-_MOST:])))

    def _rows(self) -> dict[str, Any]:
        try:
            rows = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return rows if isinstance(rows, dict) else {}
