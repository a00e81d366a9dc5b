"""Token ids of a whole data set, kept on disk: made once for the same content, then read where they lie.

A folder of the cache holds `ids.bin` (all samples end to end), `rows.npy` (where each one starts, its length, its
prompt's length) and `about.json`. Its name is a digest of everything that its content depends on. Training maps the
file into memory, so data of any size streams from disk. This knows no batches.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from assistant.errors import cause_of
from assistant.ground.files import sync
from assistant.ground.paths import cache_folder
from trainer.errors import TrainerError
from trainer.finetune.examples import Example, read_examples
from trainer.finetune.sample_layout import Sample, SampleLayout, code_in
from trainer.recipe import DataPart

_FORMAT = 2
_AT_ONCE = 1000
Part = Literal["train", "dev"]


@dataclass(frozen=True)
class About:
    """What became of the rows: how many samples there are, and what was left out or changed, and why."""

    samples: int = 0
    tokens: int = 0
    learned: int = 0
    """Tokens that the loss is on."""
    infill: int = 0
    """Samples in fill-in-the-middle form."""
    cut: int = 0
    """Responses that lost their end."""
    too_long: int = 0
    """Rows left out for their length."""
    empty: int = 0
    """Rows left out because they have no response."""
    digest: str = ""
    """Names the content."""


class Samples:
    """Samples on disk, by number; arrays are mapped, not read."""

    def __init__(self, folder: Path) -> None:
        import numpy as np

        self.about = About(**json.loads((folder / "about.json").read_text()))
        self._rows = np.load(folder / "rows.npy", mmap_mode="r")
        # A held-out part may be empty, and an empty file cannot be mapped.
        whole = (folder / "ids.bin").stat().st_size > 0
        self._ids = np.memmap(folder / "ids.bin", dtype=np.uint32, mode="r") if whole else np.zeros(0, np.uint32)
        if len(self._rows) != self.about.samples or len(self._ids) != self.about.tokens:
            raise ValueError("the cache is not whole")

    def __len__(self) -> int:
        return self.about.samples

    def length(self, number: int) -> int:
        """Tokens of a sample."""
        return int(self._rows[number, 1])

    def ids(self, number: int) -> Any:
        """Token ids of a sample: numpy, (length,)."""
        start, length, _ = self._rows[number]
        return self._ids[start : start + length]

    def prompt(self, number: int) -> int:
        """How many of its tokens are prompt."""
        return int(self._rows[number, 2])


def samples_of(data: DataPart, part: Part, tokenizer: Any, seed: int, say: Callable[[str, int], None]) -> Samples:
    """The samples of one part of the data, from the cache or tokenized now; `say` hears (file, rows so far).

    Raises:
        TrainerError: a file cannot be read or holds no usable row.
    """
    files = [Path(name) for name in (data.dev if part == "dev" and data.dev else data.train)]
    digest = _digest(data, part, tokenizer, seed, files)
    place = cache_folder("tokens") / digest
    if place.is_dir():
        try:
            return Samples(place)
        except (ValueError, OSError, KeyError, TypeError):
            shutil.rmtree(place)
    staged = Path(tempfile.mkdtemp(dir=place.parent, prefix=".making-"))
    try:
        layout = SampleLayout(tokenizer, data.max_length)
        about = _write(staged, _samples(data, part, layout, seed, files, say), digest)
        if not about.samples and part == "train":
            raise TrainerError(
                f"there is nothing to learn in {', '.join(data.train)}",
                f"{about.empty:,} rows have no response and {about.too_long:,} do not fit into {data.max_length:,} tokens",
                "data.max_length",
            )
        if not place.exists():
            staged.rename(place)
    except OSError as error:
        raise TrainerError(f"cannot write token ids to {place.parent}", cause_of(error)) from None
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return Samples(place)


def _digest(data: DataPart, part: Part, tokenizer: Any, seed: int, files: list[Path]) -> str:
    # What the files hold counts, not where they lie.
    knobs = {**asdict(data), "train": None, "dev": bool(data.dev)}
    digest = hashlib.sha256(json.dumps([_FORMAT, part, seed, knobs, tokenizer.chat_template]).encode())
    digest.update(tokenizer.backend_tokenizer.to_str().encode())
    for path in files:
        try:
            with path.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        except OSError as error:
            hint = "" if path.exists() else "wizard-train evolve SEEDS -o FILE, or --set data.train=FILE"
            why = cause_of(error) if path.exists() else "there is no such file"
            raise TrainerError(f"cannot read {path}", why, hint) from None
    return digest.hexdigest()[:32]


def _samples(
    data: DataPart, part: Part, layout: SampleLayout, seed: int, files: list[Path], say: Callable[[str, int], None]
) -> Iterator[tuple[Sample | None, str]]:
    """Every sample with what it is: "", "infill", "empty" or "long"."""
    split = data.dev_fraction if not data.dev else 0.0
    done = 0
    for path in files:
        rows = read_examples(path, data.limit)
        while examples := list(itertools.islice(rows, _AT_ONCE)):
            done += len(examples)
            say(path.name, done)
            chosen = [
                one for one in examples if (data.dev and part == "dev") or (_chance(one) < split) == (part == "dev")
            ]
            usable = [one for one in chosen if one.response]
            yield from ((None, "empty") for _ in range(len(chosen) - len(usable)))
            for example, sample in zip(usable, layout.samples(usable), strict=True):
                dropped = sample is None or (sample.cut and data.overlong == "drop")
                yield (None, "long") if dropped else (sample, "")
                infill = _infill(example, layout, data, seed) if part == "train" and data.fim_rate else None
                if infill:
                    yield infill, "infill"


def held_out_examples(data: DataPart, limit: int) -> list[Example]:
    """The first `limit` rows (0: all) with a response that are held out of training; rows that are gaps are left away."""
    found: list[Example] = []
    for name in data.dev or data.train:
        for example in read_examples(Path(name), data.limit):
            if example.response and example.hole is None and (data.dev or _chance(example) < data.dev_fraction):
                found.append(example)
                if len(found) == limit:
                    return found
    return found


def _infill(example: Example, layout: SampleLayout, data: DataPart, seed: int) -> Sample | None:
    code = code_in(example.response) if layout.can_infill else None
    if not code or _chance(example, f"infill {seed}") >= data.fim_rate:
        return None
    return layout.infill_sample(code, f"{seed} {example.instruction}", data.fim_spm_rate)


def _chance(example: Example, salt: str = "dev") -> float:
    """A number from 0 to 1 that depends on the instruction only: equal questions stay on one side of a split."""
    return int.from_bytes(hashlib.sha256(f"{salt}\0{example.instruction}".encode()).digest()[:6]) / 2**48


def _write(folder: Path, samples: Iterator[tuple[Sample | None, str]], digest: str) -> About:
    import numpy as np

    rows: list[tuple[int, int, int]] = []
    tokens = learned = 0
    kinds = {"": 0, "infill": 0, "empty": 0, "long": 0}
    cut = 0
    with (folder / "ids.bin").open("wb") as stream:
        for sample, kind in samples:
            kinds[kind] += 1
            if sample is None:
                continue
            stream.write(np.asarray(sample.ids, dtype=np.uint32).tobytes())
            rows.append((tokens, len(sample.ids), sample.prompt))
            tokens += len(sample.ids)
            learned += len(sample.ids) - sample.prompt
            cut += sample.cut
    np.save(folder / "rows.npy", np.asarray(rows, dtype=np.int64).reshape(-1, 3))
    about = About(len(rows), tokens, learned, kinds["infill"], cut, kinds["long"], kinds["empty"], digest)
    (folder / "about.json").write_text(json.dumps(asdict(about)))
    for name in ("ids.bin", "rows.npy", "about.json"):
        sync(folder / name)
    return about
