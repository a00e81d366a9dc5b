"""KV caches that outlive the process: what a conversation's prompt took to read is read from disk the next time.

llama.cpp aborts the process on a state file that is cut off and takes a flipped bit for truth, so every file has a
header of ours with a fingerprint of model and context, lengths and a hash, all checked before llama.cpp sees a byte.
What does not fit is removed. The folder is bounded; the least recently used goes first. The files hold what was said,
so only their owner can read them.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
import struct
import threading
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.engine.llama.bindings import Pointer, library
from assistant.engine.worker.kv_cache import common_prefix
from assistant.errors import AssistantError
from assistant.ground.files import STAGING_SUFFIX, replacing, require_space
from assistant.ground.paths import cache_folder

_MAGIC = b"WIZKV\x00\x00\x01"
_LENGTH = struct.Struct("<I")
_SUFFIX = ".kv"
_LONGEST_HEADER = 1 << 16
_STALE_SECONDS = 600.0
LEAST_TOKENS = 256
FOLDER_BYTES = 2 << 30


@dataclass(frozen=True)
class Stored:
    """One file: the tokens whose cache it holds, and how many bytes llama.cpp's state has."""

    path: Path
    tokens: Sequence[int]
    payload_bytes: int
    payload_hash: str
    offset: int


class KvStore:
    """The stored caches of one model and context; `fingerprint` says which.

    Args:
        limit: bytes that all files in the folder together may take.
    """

    def __init__(self, fingerprint: str, limit: int = FOLDER_BYTES, folder: Path | None = None) -> None:
        self._folder = folder or cache_folder("kv")
        self._fingerprint, self._limit = fingerprint, limit
        self._saving: threading.Thread | None = None
        self._saved: list[int] = []
        self._known: dict[Path, Stored] = {}
        for path in self._files():
            self._look_up(path)

    def save(self, context: Pointer, sequence: int, tokens: Sequence[int]) -> None:
        """Store the cache of `sequence`, which holds `tokens`; the disk is written in the background."""
        if len(tokens) < LEAST_TOKENS or self._covered(tokens):
            return
        self.wait()
        size = library.llama_state_seq_get_size(context, sequence)
        if size > self._limit // 2:
            return
        buffer = (ctypes.c_uint8 * size)()
        written = library.llama_state_seq_get_data(context, buffer, size, sequence)
        if written == 0:
            return
        self._saved = list(tokens)
        payload = memoryview(buffer).cast("B")[:written]
        self._saving = threading.Thread(target=self._write, args=(list(tokens), payload), name="kv store")
        self._saving.start()

    def restore(self, context: Pointer, sequence: int, prompt: Sequence[int], held: int, room: int) -> list[int] | None:
        """Load the cache that begins `prompt` furthest, where that is worth it against the `held` tokens there.

        Args:
            room: the most tokens that `sequence` may hold.

        Returns:
            The tokens that `sequence` holds now, or None when nothing was loaded and all is as it was.
        """
        self.wait()
        best, shared = None, held + LEAST_TOKENS
        for stored in self._known.values():
            if len(stored.tokens) <= room and (length := common_prefix(stored.tokens, prompt)) >= shared:
                best, shared = stored, length
        if best is not None and self._look_up(best.path) != best:
            # Another app has put something else there; its file is as good as ours was.
            return None
        payload = self._payload(best) if best is not None else None
        if best is None or payload is None:
            return None
        size = len(payload)
        buffer = (ctypes.c_uint8 * size).from_buffer_copy(payload)
        if library.llama_state_seq_set_data(context, buffer, size, sequence) == 0:
            self._remove(best.path)
            return []
        with contextlib.suppress(OSError):
            os.utime(best.path)
        self._saved = list(best.tokens)
        return list(best.tokens)

    def wait(self) -> None:
        """Wait until what is being stored is on disk."""
        if self._saving is not None:
            self._saving.join()
            self._saving = None

    def _covered(self, tokens: Sequence[int]) -> bool:
        """Whether what is stored already begins with nearly all of `tokens`."""
        return common_prefix(self._saved, tokens) >= len(tokens) - LEAST_TOKENS // 4

    # -- files

    def _write(self, tokens: list[int], payload: memoryview) -> None:
        ids = array("i", tokens).tobytes()
        header = json.dumps(
            {
                "fingerprint": self._fingerprint,
                "tokens": len(tokens),
                "bytes": len(payload),
                "hash": _hash(ids, payload),
            }
        ).encode()
        name = hashlib.blake2b(self._fingerprint.encode() + ids[:4096], digest_size=16).hexdigest()
        path = self._folder / f"{name}{_SUFFIX}"
        # Storing is a service for later; a full disk or a folder that is gone must not end the worker.
        with contextlib.suppress(OSError, AssistantError):
            self._make_room(len(payload) + len(ids), keep=path)
            with replacing(path) as staged:
                staged.chmod(0o600)
                with staged.open("wb") as file:
                    for part in (_MAGIC, _LENGTH.pack(len(header)), header, ids, payload):
                        file.write(part)
            path.chmod(0o600)
            self._look_up(path)

    def _look_up(self, path: Path) -> Stored | None:
        """What the file at `path` holds now, if it is one of this model's."""
        self._known.pop(path, None)
        stored = self._open(path)
        if stored is not None:
            self._known[path] = stored
        return stored

    def _open(self, path: Path) -> Stored | None:
        """The file's header if it is sound; another model's file is passed by, a broken one is removed."""
        try:
            with path.open("rb") as file:
                start = file.read(len(_MAGIC) + _LENGTH.size)
                (length,) = _LENGTH.unpack(start[len(_MAGIC) :])
                if not start.startswith(_MAGIC) or length > _LONGEST_HEADER:
                    raise ValueError
                header = json.loads(file.read(length))
                offset = len(start) + length + 4 * int(header["tokens"])
                size = os.fstat(file.fileno()).st_size
                if size != offset + int(header["bytes"]) or size > FOLDER_BYTES:
                    raise ValueError
                if header["fingerprint"] != self._fingerprint:
                    return None
                tokens = array("i", file.read(4 * int(header["tokens"])))
            return Stored(path, list(tokens), int(header["bytes"]), str(header["hash"]), offset)
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError, struct.error):
            self._remove(path)
            return None

    def _payload(self, stored: Stored) -> bytes | None:
        """The state in the file once its hash is right; else the file goes."""
        try:
            with stored.path.open("rb") as file:
                file.seek(stored.offset)
                data = file.read()
        except OSError:
            data = b""
        ids = array("i", stored.tokens).tobytes()
        if len(data) == stored.payload_bytes and _hash(ids, memoryview(data)) == stored.payload_hash:
            return data
        self._remove(stored.path)
        return None

    def _remove(self, path: Path) -> None:
        self._known.pop(path, None)
        with contextlib.suppress(OSError):
            path.unlink()

    def _files(self) -> list[Path]:
        """All files of the folder, the least recently used first; links, pipes and folders are none of ours."""
        return [path for path, _ in self._statuses() if path.suffix == _SUFFIX]

    def _statuses(self) -> list[tuple[Path, os.stat_result]]:
        """What lies in the folder, the least recently used first, but for what goes just now."""
        found = []
        with contextlib.suppress(OSError), os.scandir(self._folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.is_file(follow_symlinks=False):
                        found.append((Path(entry.path), entry.stat(follow_symlinks=False)))
        return sorted(found, key=lambda file: file[1].st_mtime)

    def _make_room(self, needed: int, keep: Path) -> None:
        require_space(self._folder, needed * 2)
        files = self._statuses()
        for path, status in files:
            # What an app that was killed had begun to write.
            if path.suffix == STAGING_SUFFIX and time.time() - status.st_mtime > _STALE_SECONDS:
                self._remove(path)
        stored = [(path, status.st_size) for path, status in files if path.suffix == _SUFFIX and path != keep]
        total = sum(size for _, size in stored)
        for path, size in stored:
            if total + needed <= self._limit:
                return
            total -= size
            self._remove(path)


def _hash(ids: bytes, payload: memoryview) -> str:
    state = hashlib.blake2b(ids, digest_size=32)
    state.update(payload)
    return state.hexdigest()
