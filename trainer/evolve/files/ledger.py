"""The files that an evolution writes: OUT with what was kept, and beside it what was eliminated. Both only grow.

Every task leaves exactly one line in one of the two, in the order of the tasks, so the lines alone say where a run
stopped: a run that was killed is opened again, loses at most a torn last line, and goes on. Nothing is held in memory
but one number per seed: where the newest row of its lineage lies in OUT.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from assistant.errors import cause_of
from trainer.errors import TrainerError
from trainer.records import Eliminated, Instruction

_DEAD = -1


@dataclass(frozen=True)
class Place:
    """Where the next line belongs: a round, and the number of a lineage in it."""

    round: int
    lineage: int


class Ledger:
    """OUT and its file of eliminated rows, opened for one run; use as a context manager.

    Raises (on entry):
        TrainerError: another run writes the same file, or it holds something else than rows of an evolution.
    """

    def __init__(self, out: Path, seeds: int) -> None:
        self._out = out
        self._thrown = beside(out, "eliminated.jsonl")
        self.seeds = seeds
        self._newest = array("q")
        self.place = Place(0, 0)
        self.kept = 0
        self.eliminated = 0

    def __enter__(self) -> Ledger:
        self._rows = _locked(self._out)
        try:
            self._waste = _locked(self._thrown)
            self._find_place()
            # Rows are read at any place while others are appended.
            self._reader = self._out.open("rb")
        except BaseException:
            self._rows.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.sync()
        finally:
            for stream in (self._reader, self._rows, self._waste):
                # What could not be written has been said by then.
                with contextlib.suppress(OSError):
                    stream.close()

    def write(self, row: Instruction | Eliminated) -> None:
        """Append the outcome of the task at `place`, which moves on; `flush` hands it to the system.

        Raises:
            TrainerError: the disk is full; what is there stands, and the same command goes on.
        """
        try:
            self._append(row)
        except OSError as error:
            raise _unwritable(self._out, error) from error
        self.place = self._after(row.round, row.lineage)

    def _append(self, row: Instruction | Eliminated) -> None:
        assert (row.round, row.lineage) == (self.place.round, self.place.lineage)
        line = row.row().encode() + b"\n"
        if isinstance(row, Instruction):
            self._mark(row.lineage, self._rows.tell())
            self._rows.write(line)
            # The next task may be compared with this row.
            self._rows.flush()
            self.kept += 1
        else:
            self._mark(row.lineage, None)
            self._waste.write(line)
            self.eliminated += 1

    def flush(self) -> None:
        """Hand what was written to the system: a kill cannot take it any more."""
        try:
            self._rows.flush()
            self._waste.flush()
        except OSError as error:
            raise _unwritable(self._out, error) from error

    def sync(self) -> None:
        """Wait until the disk holds it: a power cut cannot take it any more."""
        self.flush()
        os.fsync(self._waste.fileno())
        os.fsync(self._rows.fileno())

    @property
    def end(self) -> int:
        """Where in OUT the next row will begin, in bytes."""
        return self._rows.tell()

    def alive(self, lineage: int) -> bool:
        """Whether a seed got as far as a row."""
        return lineage < len(self._newest) and self._newest[lineage] != _DEAD

    def newest(self, lineage: int) -> Instruction:
        """The newest row of a lineage: the parent of what comes next."""
        self._reader.seek(self._newest[lineage])
        return Instruction.from_row(json.loads(self._reader.readline()))

    def rows(self) -> Iterator[Instruction]:
        """All kept rows so far, in order."""
        yield from read_rows(self._out)

    def _mark(self, lineage: int, offset: int | None) -> None:
        if lineage == len(self._newest):
            self._newest.append(_DEAD if offset is None else offset)
        elif offset is not None:
            self._newest[lineage] = offset

    def _after(self, round_number: int, lineage: int) -> Place:
        lineage += 1
        while lineage < self.seeds and round_number > 0 and not self.alive(lineage):
            lineage += 1
        if lineage < self.seeds:
            return Place(round_number, lineage)
        first = next((i for i, offset in enumerate(self._newest) if offset != _DEAD), self.seeds)
        return Place(round_number + 1, first)

    def _find_place(self) -> None:
        """Read both files side by side up to where they stop fitting, and cut off what lies behind."""
        rows, waste = _Lines(self._out), _Lines(self._thrown)
        with contextlib.closing(rows), contextlib.closing(waste):
            while True:
                place = (self.place.round, self.place.lineage)
                if rows.place == place:
                    self._mark(place[1], rows.start)
                    self.kept += 1
                    rows.advance()
                elif waste.place == place:
                    self._mark(place[1], None)
                    self.eliminated += 1
                    waste.advance()
                else:
                    break
                self.place = self._after(*place)
            if self.kept == 0 and rows.start == 0 and self._out.stat().st_size and rows.foreign:
                raise TrainerError(
                    f"cannot write {self._out}", "it holds something else than evolved rows", "another -o"
                )
            for stream, end in ((self._rows, rows.start), (self._waste, waste.start)):
                stream.truncate(end)
                stream.seek(end)


def beside(out: Path, ending: str) -> Path:
    """The file beside OUT with its name and another ending: evolved.jsonl → evolved.eliminated.jsonl."""
    return out.with_name(f"{out.name.removesuffix('.jsonl')}.{ending}")


def read_rows(path: Path) -> Iterator[Instruction]:
    """The rows of a file that an evolution wrote; a torn last line is left out."""
    with path.open("rb") as stream:
        for line in stream:
            if line.endswith(b"\n"):
                yield Instruction.from_row(json.loads(line))


class _Lines:
    """The whole lines of a file, one at a time: where the present one starts and which task it belongs to."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("rb")
        self.start = 0
        self._end = 0
        self.place: tuple[int, int] | None = None
        self.foreign = False
        self.advance()

    def advance(self) -> None:
        self.start = self._end
        line = self._stream.readline()
        self.place = None
        if line.endswith(b"\n"):
            self._end += len(line)
            self.place = self._place(line)

    def _place(self, line: bytes) -> tuple[int, int] | None:
        try:
            row: Any = json.loads(line)
            return row["round"], row["lineage"]
        except (ValueError, KeyError, TypeError):
            self.foreign = True
            return None

    def close(self) -> None:
        self._stream.close()


def _unwritable(path: Path, error: OSError) -> TrainerError:
    why = "the disk is full" if error.errno == errno.ENOSPC else cause_of(error)
    return TrainerError(f"cannot write {path}", why, "free some space; the same command goes on")


def _locked(path: Path) -> IO[bytes]:
    try:
        stream = path.open("ab+")
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        stream.close()
        raise TrainerError(f"cannot write {path}", "another run is writing it", "wait for it, or another -o") from None
    return stream
