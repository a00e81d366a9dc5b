"""The manifest beside OUT: what a set was made from and how, so that a resumed run makes the same set or refuses.

Rounds may be added to a finished set; anything else that would change rows that are there already may not change.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from assistant.ground.files import write_whole
from trainer.errors import TrainerError
from trainer.evolve.files.ledger import beside
from trainer.evolve.heuristics import HEURISTICS, prompt_file

_FORMAT = 1
_FREE = ("rounds", "complete", "kept", "eliminated")
_PROMPTS = ("evolve", "answer", "judge", "tests", *(row.name for row in HEURISTICS))


@dataclass(frozen=True)
class Manifest:
    """The settings that decide what is in a set, and how far it is."""

    sources: tuple[str, ...]
    sources_sha256: str
    seeds: int
    teacher: str
    rounds: int
    seed: int
    weights: dict[str, float]
    asking: dict[str, Any]
    checks: dict[str, Any]
    shard: str = ""
    prompts_sha256: str = ""
    format: int = _FORMAT
    complete: bool = False
    kept: int = 0
    eliminated: int = 0

    def with_prompts(self) -> Manifest:
        """The same, with the hash of the prompt files as they are now."""
        text = "\0".join(prompt_file(name) for name in _PROMPTS)
        return replace(self, prompts_sha256=hashlib.sha256(text.encode()).hexdigest())

    def write(self, out: Path) -> None:
        """Put it beside OUT, in one step."""
        write_whole(manifest_file(out), json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n")

    def check_against(self, out: Path) -> None:
        """Refuse to go on with a set that was made otherwise.

        Raises:
            TrainerError: OUT has rows and no manifest, or a manifest that differs; the first difference is named.
        """
        file = manifest_file(out)
        if not file.exists():
            if out.exists() and out.stat().st_size:
                raise TrainerError(f"cannot write {out}", "the file is there already", "another -o")
            return
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
            old = {name: found[name] for name in asdict(self)}
        except (OSError, ValueError, KeyError, TypeError):
            raise TrainerError(f"cannot go on with {out}", f"{file.name} is damaged", "another -o") from None
        for name, value in json.loads(json.dumps(asdict(self))).items():
            if name not in _FREE and name != "sources" and old[name] != value:
                what, before, now = _difference(name.replace("_sha256", ""), old[name], value)
                why = f"it was made with another {what} ({_short(before)}, not {_short(now)})"
                raise TrainerError(f"cannot go on with {out}", why, "another -o, or the settings of before")
        if old["rounds"] > self.rounds:
            why = f"it has {old['rounds']} rounds already"
            raise TrainerError(f"cannot go on with {out}", why, f"--rounds {old['rounds']}, or another -o")


def manifest_file(out: Path) -> Path:
    """evolved.jsonl → evolved.manifest.json."""
    return beside(out, "manifest.json")


def _difference(name: str, before: Any, now: Any) -> tuple[str, Any, Any]:
    """What exactly differs: of two tables, the first key that does."""
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return name, before, now
    key = next(key for key in sorted(before.keys() | now.keys()) if before.get(key) != now.get(key))
    return key.replace("_", " "), before.get(key), now.get(key)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}…"
