"""Finds tasks that say what another lineage's task says: MinHash of word triples, bands of it in an index on disk.

The index (SQLite beside OUT, made again from OUT whenever it is missing) holds one number per band and the place in
OUT of the row it belongs to, so memory stays flat however many rows there are. A hit is settled by comparing the two
texts themselves. Rows of the same lineage resemble each other by design and are let pass.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trainer.errors import TrainerError
from trainer.evolve.files.ledger import beside
from trainer.records import Instruction

THRESHOLD = 0.8
"""Jaccard similarity of the word triples from which on two tasks are one."""

_PERMUTATIONS = 128
_BANDS = 16
_WORD = re.compile(r"\w+")
_CACHE_KB = 24_000


class NearDuplicates:
    """The index beside `out`; call `close` in the end."""

    def __init__(self, out: Path) -> None:
        from datasketch import MinHash

        self._out = out
        self._file = beside(out, "index.sqlite")
        self._blank: Any = MinHash(num_perm=_PERMUTATIONS, hashfunc=_hash)
        self._open()
        self._catch_up()
        self._reader = out.open("rb")

    def add(self, row: Instruction, offset: int) -> str | None:
        """Take a row in unless another lineage says the same; then tell which row that is.

        Raises:
            TrainerError: the index cannot be written.
        """
        with self._explained():
            return self._add(row, offset)

    def _add(self, row: Instruction, offset: int) -> str | None:
        triples = shingles(row.instruction)
        keys = self._keys(triples)
        marks = ",".join("?" * len(keys))
        hits = {place for (place,) in self._index.execute(f"SELECT place FROM bands WHERE key IN ({marks})", keys)}
        for place in sorted(hits):
            other = self._row_at(place)
            if other is not None and other["lineage"] != row.lineage:
                alike = jaccard(triples, shingles(other["instruction"]))
                if alike >= THRESHOLD:
                    return f"{alike:.0%} like row {other['id']}"
        self._insert(keys, offset)
        return None

    def flush(self) -> None:
        """Commit what was taken in; call it after OUT has been flushed, so that the index is never ahead of OUT."""
        with self._explained():
            self._index.execute("UPDATE meta SET end = ?", (self._end,))
            self._index.commit()

    def close(self) -> None:
        """Let go of the index; it stays on disk for the next run."""
        self._reader.close()
        self._index.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            why = str(error).lower()
            raise TrainerError(
                f"cannot write {self._file}", why, "free some space; the same command goes on"
            ) from error

    def _open(self) -> None:
        try:
            self._connect()
            (self._end,) = self._index.execute("SELECT end FROM meta").fetchone()
            if self._end <= self._out.stat().st_size:
                return
        except (sqlite3.DatabaseError, TypeError):
            pass
        # Damaged, or of another OUT: everything in it can be made again.
        self._index.close()
        self._file.unlink(missing_ok=True)
        self._connect()
        self._end = 0

    def _connect(self) -> None:
        self._index = sqlite3.connect(self._file, check_same_thread=False)
        for words in (
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = OFF",
            f"PRAGMA cache_size = -{_CACHE_KB}",
            "CREATE TABLE IF NOT EXISTS bands (key INTEGER PRIMARY KEY, place INTEGER)",
            "CREATE TABLE IF NOT EXISTS meta (end INTEGER)",
            "INSERT INTO meta SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM meta)",
        ):
            self._index.execute(words)
        self._index.commit()

    def _catch_up(self) -> None:
        """Take in the rows of OUT that the index does not hold yet."""
        with self._out.open("rb") as stream:
            stream.seek(self._end)
            # `_end` lies within the last row that was taken in.
            start = self._end + (len(stream.readline()) if self._end else 0)
            for place, line in _placed_lines(stream, start):
                self._insert(self._keys(shingles(json.loads(line)["instruction"])), place)
        self.flush()

    def _insert(self, keys: list[int], place: int) -> None:
        self._index.executemany("INSERT OR IGNORE INTO bands VALUES (?, ?)", ((key, place) for key in keys))
        # The row's end is not known here; one byte past its start is enough to tell that it has been taken in.
        self._end = place + 1

    def _row_at(self, place: int) -> dict[str, Any] | None:
        self._reader.seek(place)
        try:
            row = json.loads(self._reader.readline())
            return row if isinstance(row, dict) else None
        except ValueError:
            return None

    def _keys(self, triples: frozenset[str]) -> list[int]:
        sketch = self._blank.copy()
        sketch.update_batch([triple.encode("utf-8", "replace") for triple in triples])
        width = _PERMUTATIONS // _BANDS
        data = sketch.hashvalues.tobytes()
        step = width * sketch.hashvalues.itemsize
        return [
            int.from_bytes(
                hashlib.blake2b(data[band * step : (band + 1) * step], digest_size=8, salt=bytes([band])).digest(),
                "big",
                signed=True,
            )
            for band in range(_BANDS)
        ]


def shingles(text: str) -> frozenset[str]:
    """The word triples of a text, in lower case; a shorter text is one shingle."""
    words = _WORD.findall(text.lower())
    if len(words) < 3:
        return frozenset({" ".join(words)})
    return frozenset(" ".join(words[i : i + 3]) for i in range(len(words) - 2))


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of what is in both among what is in either."""
    return len(one & other) / max(1, len(one | other))


def _placed_lines(stream: Any, place: int) -> Iterator[tuple[int, bytes]]:
    for line in stream:
        if line.endswith(b"\n"):
            yield place, line
        place += len(line)


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=4).digest(), "little")
