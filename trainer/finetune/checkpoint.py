"""Checkpoints of a run under way: whole folders that appear at once, with a digest of every file.

A folder is staged beside its place, flushed, renamed, and only then named by `latest`. Reading starts from the newest
folder whose manifest verifies and says which ones it passed over. Only safetensors and JSON: nothing that can run code.
This knows tensors by name, and neither models nor optimizers.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import AssistantError
from assistant.ground.files import require_space, sync, write_whole
from trainer.errors import TrainerError

_NAME = re.compile(r"step-(\d{7})")
_STAGED = ".tmp-"
_MANIFEST = "manifest.json"
_STATE = "state.json"


@dataclass(frozen=True)
class Saved:
    """A verified checkpoint."""

    folder: Path
    step: int
    state: dict[str, Any]

    def tensors(self, name: str) -> Any:
        """One of its tensor files, opened: an object with keys() and get_tensor(key)."""
        from safetensors import safe_open

        return safe_open(self.folder / f"{name}.safetensors", framework="pt")


class Checkpoints:
    """The checkpoints of one run.

    Args:
        folder: where they lie.
        keep: how many of the newest are kept, besides the best.
    """

    def __init__(self, folder: Path, keep: int) -> None:
        self.folder = folder
        self._keep = keep

    def save(
        self, step: int, files: Mapping[str, Mapping[str, Any]], state: Mapping[str, Any], best: int | None
    ) -> None:
        """Write the checkpoint of `step`: tensor files by name, and the state; older ones but `best` may go.

        Raises:
            TrainerError: it cannot be written; the checkpoints that were there stay.
        """
        from safetensors import SafetensorError
        from safetensors.torch import save_file

        staged = self.folder / f"{_STAGED}{step:07}-{os.getpid()}"
        try:
            staged.mkdir(parents=True)
            size = sum(t.numel() * t.element_size() for file in files.values() for t in file.values())
            require_space(self.folder, size + (1 << 20))
            for name, tensors in files.items():
                save_file(dict(tensors), staged / f"{name}.safetensors")
            (staged / _STATE).write_text(json.dumps({**state, "step": step}), encoding="utf-8")
            self._seal(staged, step)
            write_whole(self.folder / "latest", f"step-{step:07}\n")
        except (OSError, SafetensorError, AssistantError) as error:
            shutil.rmtree(staged, ignore_errors=True)
            raise _cannot_save(step, self.folder, self._latest(), error) from error
        except BaseException:
            shutil.rmtree(staged, ignore_errors=True)
            raise
        self._prune(best)

    def newest(self, say: Callable[[str], None], best: bool = False) -> Saved | None:
        """The newest checkpoint that verifies (or, of those, the best one); `say` hears which were passed over and why."""
        for folder in self._folders():
            saved = _verified(folder, say)
            if saved is None:
                continue
            wanted = saved.state.get("best_step") if best else None
            chosen = self.folder / f"step-{wanted:07}" if isinstance(wanted, int) else folder
            return saved if chosen == folder else (_verified(chosen, say) or saved)
        return None

    def sweep(self) -> None:
        """Remove what a killed run left half-written."""
        for path in self.folder.glob(f"{_STAGED}*"):
            shutil.rmtree(path, ignore_errors=True)

    def exist(self) -> bool:
        """Whether there is any, whole or not."""
        return bool(self._folders())

    def _folders(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return sorted((p for p in self.folder.iterdir() if _NAME.fullmatch(p.name)), key=lambda p: p.name, reverse=True)

    def _latest(self) -> str:
        with contextlib.suppress(OSError):
            return (self.folder / "latest").read_text().strip()
        return ""

    def _seal(self, staged: Path, step: int) -> None:
        manifest = {}
        for path in sorted(staged.iterdir()):
            sync(path)
            manifest[path.name] = {"bytes": path.stat().st_size, "sha256": _digest(path)}
        (staged / _MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        sync(staged / _MANIFEST)
        sync(staged)
        place = self.folder / f"step-{step:07}"
        if place.exists():
            _remove(place)
        staged.rename(place)
        sync(self.folder)

    def _prune(self, best: int | None) -> None:
        for folder in self._folders()[self._keep :]:
            if best is None or folder.name != f"step-{best:07}":
                _remove(folder)


def _remove(folder: Path) -> None:
    """Away from its name first, so that no half-deleted folder is ever taken for a checkpoint."""
    gone = folder.with_name(f"{_STAGED}old-{folder.name}-{os.getpid()}")
    folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _verified(folder: Path, say: Callable[[str], None]) -> Saved | None:
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        for name, told in manifest.items():
            path = folder / name
            if path.parent != folder or path.stat().st_size != told["bytes"] or _digest(path) != told["sha256"]:
                raise ValueError(f"{name} is not what was written")
        state = json.loads((folder / _STATE).read_text(encoding="utf-8"))
        if _STATE not in manifest or folder.name != f"step-{state['step']:07}":
            raise ValueError("its state is of another step")
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        say(f"Passed over the checkpoint {folder.name}: {error}.")
        return None
    return Saved(folder, state["step"], state)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _cannot_save(step: int, folder: Path, latest: str, error: Exception) -> TrainerError:
    full = getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error)
    why = "the disk is full" if full else getattr(error, "why", "") or str(error)
    kept = f"; {latest} is kept" if latest else ""
    return TrainerError(
        f"cannot save the checkpoint of step {step:,} in {folder}", f"{why}{kept}", "free some space, then --resume"
    )
