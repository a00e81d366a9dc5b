"""Fetches a model in a child process and tells how far it is: a download must not share the app's threads.

Run as `python -m assistant.session.fetching NAME` it is that child: progress as JSON lines on stderr, one line of
JSON on stdout at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

from assistant.errors import AssistantError

_LONGEST_LINE = 1 << 20
_UNITS = {"MB": 1e6}
"""What downloads are counted in, in bytes."""


@dataclass(frozen=True)
class FetchProgress:
    """`done` of `total` bytes (0 where unknown) of what `stage` names."""

    stage: str
    done: float
    total: float
    seconds_left: float | None


@dataclass(frozen=True)
class Fetched:
    """The model is here under `name`."""

    name: str


async def fetch_model(name: str) -> AsyncIterator[FetchProgress | Fetched]:
    """Fetch a model of the catalogue or the hub; closing the iterator ends it, and a later try goes on from there.

    Raises:
        AssistantError: no network, no space, a wrong checksum.
    """
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "assistant.session.fetching", name),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    try:
        async for line in child.stderr:
            progress = _progress(line)
            if progress is not None:
                yield progress
        said = await child.stdout.read()
        await child.wait()
        yield Fetched(_result(said)["name"])
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


def _progress(line: bytes) -> FetchProgress | None:
    try:
        row = json.loads(line)
        unit = _UNITS[row["unit"]]
        done, total = float(row["done"]) * unit, float(row["total"] or 0) * unit
        return FetchProgress(str(row["stage"]), done, total, row.get("seconds_left"))
    except (ValueError, KeyError, TypeError):
        return None


def _result(said: bytes) -> dict[str, str]:
    try:
        result = json.loads(said)
    except ValueError:
        raise AssistantError("the download ended early", hint="try again; it goes on where it stopped") from None
    if "name" not in result:
        raise AssistantError(result["what"], result["why"], result["hint"])
    return dict(result)


def main() -> None:
    """The child: fetch the model named on the command line."""
    from assistant.ground.progress import Progress
    from assistant.models.download import pull, wanted_model

    try:
        with Progress("json") as progress:
            name, _ = pull(wanted_model(sys.argv[1]), progress)
        result = {"name": name}
    except AssistantError as error:
        result = {"what": error.what, "why": error.why, "hint": error.hint}
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main()
