"""Puts a model and its papers into a repository of the Hugging Face hub, in one commit.

The token is the one that `hf auth login` keeps; which hub it is says HF_ENDPOINT. Nothing is sent unless it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from assistant.errors import UsageError, first_line
from quantize.errors import QuantizeError

_NAME = re.compile(r"[\w.-]+/[\w.-]+")


def require_repository_name(repository: str) -> None:
    """Raise a UsageError unless this is OWNER/NAME; asked before hours of work."""
    if not _NAME.fullmatch(repository):
        raise UsageError(f"{repository!r} is no repository", "it should be OWNER/NAME", "--push me/my-model-GGUF")


def push(repository: str, model: Path, papers: Sequence[Path], *, private: bool = False) -> str:
    """Upload `model` and `papers` (the card as README.md) to `repository`, making it if need be; returns its address.

    Raises:
        QuantizeError: the hub cannot be reached or refuses.
    """
    require_repository_name(repository)
    from huggingface_hub import CommitOperationAdd, HfApi
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    names = {path: path.name.removeprefix(f"{model.stem}.") for path in papers}
    operations = [CommitOperationAdd(path_in_repo=names.get(p, p.name), path_or_fileobj=p) for p in (model, *papers)]
    api = HfApi()
    try:
        address = api.create_repo(repository, exist_ok=True, private=private)
        api.create_commit(repository, operations, commit_message=f"Add {model.name}")
    except Exception as error:  # the hub's library raises its own, httpx's and OS errors alike
        raise QuantizeError(f"cannot push to {repository}", _reason(error), _hint(error)) from error
    return str(address)


def _reason(error: Exception) -> str:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status == 401:
        return "the hub does not know who you are"
    if status == 403:
        return "the hub does not let you write there"
    first = first_line(error)
    return first if status is None else f"the hub answered {status}: {first}"


def _hint(error: Exception) -> str:
    status = getattr(getattr(error, "response", None), "status_code", None)
    return "hf auth login" if status in (401, 403) else ""
