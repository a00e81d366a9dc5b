"""Fetches GGUF files from the Hugging Face Hub: progress, resume, disk space, SHA-256, and a final name only when whole.

`huggingface_hub` finds the file and moves the bytes; it checks no hash and forgets a broken-off download, so both are
done here. Part of a file lies as `.NAME.part` in the models folder until the next try goes on with it.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from assistant.errors import AssistantError, Cancelled, UsageError, cause_of
from assistant.ground import paths
from assistant.ground.files import human_bytes, require_space, sync
from assistant.ground.locking import alone
from assistant.ground.progress import Progress
from assistant.models.catalogue import catalogue_model
from assistant.models.gguf_header import UnreadableModel, read_header
from assistant.models.registry import Registered, load_registry, register

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PREFERRED = ("q4_k_m", "q5_k_m", "q4_k_s", "q8_0")
_HASH_STEP = 1 << 22
OFFLINE_HINT = (
    "fetch the GGUF file on a machine with internet, copy it here, and run: wizard-tui models add FILE.gguf --name NAME"
)


@dataclass(frozen=True)
class Wanted:
    """A file to fetch, and the name that it gets here; an empty `file` means the repository's best-suited one."""

    name: str
    repository: str
    file: str
    sha256: str = ""


@dataclass(frozen=True)
class _Remote:
    url: str
    commit: str
    size: int | None
    sha256: str


def wanted_model(name: str) -> Wanted:
    """What to fetch for a catalogue name, `owner/repository`, or `owner/repository/file.gguf`.

    Raises:
        UsageError: it is none of these.
    """
    row = catalogue_model(name)
    if row is not None:
        return Wanted(row.name, row.repository, row.file, row.sha256)
    parts = name.removeprefix("hf://").strip("/").split("/")
    if len(parts) < 2 or not all(re.fullmatch(r"[\w.+ -]+", part) and part.strip(".") for part in parts):
        raise UsageError(
            f"there is no model {name} in the catalogue",
            "it names no OWNER/REPOSITORY of the hub either",
            "wizard-tui models list",
        )
    file = "/".join(parts[2:])
    if file and not file.lower().endswith(".gguf"):
        raise UsageError(f"{name} is no GGUF file", hint="owner/repository/file.gguf")
    return Wanted(_name_for(file), "/".join(parts[:2]), file)


def pull(wanted: Wanted, progress: Progress) -> tuple[str, Path]:
    """Fetch a model and register it, and return its name and file; a file that is already here is only checked.

    Raises:
        AssistantError: no network, no such file, no space, a wrong checksum, or no GGUF inside.
    """
    with _explained(wanted):
        if not wanted.file:
            file = _best_file(wanted.repository)
            wanted = Wanted(_name_for(file), wanted.repository, file)
        remote = _look_up(wanted)
    wanted, target = _place(wanted)
    part = target.with_name(f".{target.name}.part")
    if target.is_file() and _is_whole(target, remote, progress):
        progress.note(f"{wanted.name} is here already")
    else:
        with _only_one(part), _explained(wanted):
            _fetch(part, remote, progress, wanted)
        _check(part, remote, wanted, progress)
        sync(part)
        part.replace(target)
        sync(target.parent)
    origin = f"hub:{wanted.repository}/{wanted.file}@{remote.commit}"
    register(wanted.name, Registered(str(target), origin, remote.sha256))
    return wanted.name, target


def _place(wanted: Wanted) -> tuple[Wanted, Path]:
    """Where the file goes; one of the same name from another repository is not pushed aside."""
    target = paths.models_folder() / Path(wanted.file).name
    for entry in load_registry().models.values():
        if entry.path == str(target) and not entry.origin.startswith(f"hub:{wanted.repository}/"):
            owner = _name_for(wanted.repository.replace("/", "-") + ".gguf")
            return replace(wanted, name=f"{owner}-{wanted.name}"[:100]), target.with_name(f"{owner}-{target.name}")
    return wanted, target


def _look_up(wanted: Wanted) -> _Remote:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    found = get_hf_file_metadata(hf_hub_url(wanted.repository, wanted.file))
    commit = found.commit_hash or "main"
    sha256 = found.etag if found.etag and _SHA256.fullmatch(found.etag) else ""
    if wanted.sha256 and sha256 and wanted.sha256 != sha256:
        raise AssistantError(
            f"will not fetch {wanted.file}",
            "the hub's file is not the one that the catalogue knows",
            f"wizard-tui models pull {wanted.repository}/{wanted.file} fetches it all the same",
        )
    url = hf_hub_url(wanted.repository, wanted.file, revision=commit)
    return _Remote(url, commit, found.size, wanted.sha256 or sha256)


def _best_file(repository: str) -> str:
    """The GGUF of a repository that suits most machines."""
    from huggingface_hub import HfApi

    names = [name for name in HfApi().list_repo_files(repository) if re.fullmatch(r"[\w.+ /-]+\.gguf", name, re.I)]
    if not names:
        raise AssistantError(f"{repository} holds no GGUF file", hint="wizard-tui models list")
    for kind in _PREFERRED:
        match = [name for name in names if kind in name.lower() and "-of-" not in name]
        if match:
            return min(match, key=len)
    return names[0]


def _fetch(part: Path, remote: _Remote, progress: Progress, wanted: Wanted) -> None:
    from huggingface_hub import get_token
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import (  # type: ignore[attr-defined]  # public by its documentation, not by __all__
        build_hf_headers,
        disable_progress_bars,
    )

    disable_progress_bars()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    have = part.stat().st_size if part.exists() else 0
    if remote.size is not None and have > remote.size:
        part.unlink()
        have = 0
    if remote.size is not None:
        require_space(part.parent, remote.size - have)
    if have:
        progress.note(f"going on after {human_bytes(have)}")
    with part.open("ab") as file:
        counted: Any = _CountedFile(file, have, remote.size, progress, f"fetching {wanted.name}")
        headers = build_hf_headers(token=get_token())
        headers["Accept-Encoding"] = "identity"  # a compressed body could not be resumed by byte
        http_get(remote.url, counted, resume_size=have, headers=headers, expected_size=remote.size)
        file.flush()
        os.fsync(file.fileno())


class _CountedFile:
    """What `http_get` writes to: the part file, and progress for whoever looks on."""

    def __init__(self, file: IO[bytes], have: int, total: int | None, progress: Progress, stage: str) -> None:
        self._file, self._done, self._total = file, have, total
        self._progress, self._stage = progress, stage

    def write(self, data: bytes) -> int:
        written = self._file.write(data)
        self._done += written
        megabytes = self._total / 1e6 if self._total else None
        self._progress.update(self._stage, round(self._done / 1e6, 1), megabytes and round(megabytes, 1), "MB")
        return written

    def seek(self, offset: int) -> int:
        return self._file.seek(offset)

    def tell(self) -> int:
        return self._file.tell()

    def truncate(self) -> int:
        self._done = self._file.tell()
        return self._file.truncate()


def _check(part: Path, remote: _Remote, wanted: Wanted, progress: Progress) -> None:
    """Raise, and drop the part, unless it is the whole file that was promised and a GGUF."""
    if not _is_whole(part, remote, progress):
        part.unlink()
        raise AssistantError(
            f"the download of {wanted.name} is damaged",
            "its SHA-256 is not the one that the hub gives" if remote.sha256 else "its size is not the one promised",
            f"wizard-tui models pull {wanted.name}",
        )
    try:
        read_header(part)
    except UnreadableModel as error:
        part.unlink()
        raise AssistantError(f"{wanted.repository}/{wanted.file} is no model that can be read", error.why) from None


def _is_whole(file: Path, remote: _Remote, progress: Progress) -> bool:
    size = file.stat().st_size
    if remote.size is not None and size != remote.size:
        return False
    if not remote.sha256:
        return remote.size is not None
    digest = hashlib.sha256()
    with file.open("rb") as handle:
        done = 0
        while piece := handle.read(_HASH_STEP):
            digest.update(piece)
            done += len(piece)
            progress.update("checking SHA-256", round(done / 1e6, 1), round(size / 1e6, 1), "MB")
    return digest.hexdigest() == remote.sha256


@contextlib.contextmanager
def _only_one(part: Path) -> Iterator[None]:
    """One process fetches a file at a time; a second one is told so at once."""
    lock = paths.state_folder("fetching") / f"{part.name}.lock"
    with alone(lock, AssistantError(f"{part.name[1:-5]} is being fetched already", "by another wizard-tui")):
        yield


@contextlib.contextmanager
def _explained(wanted: Wanted) -> Iterator[None]:
    """Turn the hub's and the network's exceptions into one sentence."""
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        OfflineModeIsEnabled,
        RemoteEntryNotFoundError,
        RepositoryNotFoundError,
    )

    what = f"cannot fetch {wanted.name or wanted.repository}"
    again = f"wizard-tui models pull {wanted.name if catalogue_model(wanted.name) else f'{wanted.repository}/{wanted.file}'}"
    try:
        yield
    except OfflineModeIsEnabled:
        raise AssistantError(what, "HF_HUB_OFFLINE is set, so nothing is fetched", OFFLINE_HINT) from None
    except GatedRepoError:
        raise AssistantError(what, "its owner gives it out on request only", f"hf auth login, then {again}") from None
    except RepositoryNotFoundError:
        raise AssistantError(
            what, f"the hub has no public repository {wanted.repository}", "wizard-tui models list"
        ) from None
    except RemoteEntryNotFoundError:
        raise AssistantError(
            what,
            f"{wanted.repository} has no file {wanted.file}",
            f"wizard-tui models pull {wanted.repository} takes what it has",
        ) from None
    except HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else "an error"
        raise AssistantError(what, f"the hub answered {status}", f"later again: {again}") from None
    except AssistantError:
        raise
    except KeyboardInterrupt:
        raise Cancelled("cancelled", "what has been fetched is kept", f"{again} goes on with it") from None
    except OSError as error:
        raise AssistantError(what, cause_of(error), again) from None
    except Exception as error:
        if not type(error).__module__.startswith(("httpx", "httpcore", "huggingface_hub", "hf_xet")):
            raise
        raise AssistantError(what, f"there is no way to the hub ({type(error).__name__})", OFFLINE_HINT) from None


def _name_for(file: str) -> str:
    stem = Path(file).name[: -len(".gguf")] if file else ""
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", stem).strip("-.")[:100]
