"""A conversation's cache on disk: used after a restart, never trusted, bounded."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.engine.api import GenerationRequest, GenerationStats, ModelSpec, Sampling, TextPrompt
from assistant.engine.blocking import BlockingEngine
from assistant.engine.worker.kv_store import KvStore
from assistant.ground.paths import cache_folder
from tests.fakes.fim_gguf import write_fim_model

pytestmark = pytest.mark.slow

_PINNED = "\n".join(f"The number {n} is followed by the number {n + 1}." for n in range(24))


def _first_answer(model: Path, question: str = "\nThe number 24 is") -> tuple[str, GenerationStats]:
    with BlockingEngine(remember=True) as engine:
        engine.load(ModelSpec(str(model), context_size=1024))
        return engine.reply(GenerationRequest(TextPrompt(_PINNED + question), 6, Sampling(temperature=0)))


def _files() -> list[Path]:
    return sorted(cache_folder("kv").glob("*"))


def test_restart_reads_the_cache_from_disk_and_damage_is_noticed(starter_model: Path) -> None:
    wanted, cold = _first_answer(starter_model)
    assert cold.cached_tokens == 0
    (path,) = _files()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text, warm = _first_answer(starter_model)
    assert (text, warm.cached_tokens) == (wanted, warm.prompt_tokens - 1)
    assert warm.time_to_first_token < cold.time_to_first_token
    _, other = _first_answer(starter_model, "\nAnd now something else:")
    assert other.cached_tokens > 0.9 * other.prompt_tokens

    sound = path.read_bytes()
    damages = {
        "cut off": sound[: len(sound) * 2 // 3],
        "one bit": sound[:-1000] + bytes([sound[-1000] ^ 4]) + sound[-999:],
        "garbage": os.urandom(5000),
        "empty": b"",
    }
    for name, data in damages.items():
        for old in _files():
            old.unlink()
        path.write_bytes(data)
        text, stats = _first_answer(starter_model)
        assert (text, stats.cached_tokens) == (wanted, 0), name
        assert path.read_bytes()[:5] == b"WIZKV", "the damaged file made way for a sound one"


def test_file_of_another_model_is_passed_by_and_kept(starter_model: Path) -> None:
    _first_answer(starter_model)
    (path,) = _files()
    other = KvStore("another model")
    assert other._known == {}
    assert path.exists()


@pytest.mark.parametrize(
    "header",
    [
        b"[]",
        b"{}",
        b"[" * 60_000,
        b'{"tokens": Infinity, "bytes": 1}',
        b'{"tokens": -9, "bytes": 136}',
        b'{"tokens": 25, "bytes": 0}',
        b'{"tokens": 25, "bytes": 0, "fingerprint": "a model", "hash": null}',
    ],
)
def test_header_that_makes_no_sense_is_removed(home: Path, header: bytes) -> None:
    path = cache_folder("kv") / "one.kv"
    path.write_bytes(b"WIZKV\0\0\1" + len(header).to_bytes(4, "little") + header + bytes(100))
    known = KvStore("a model")._known
    assert all(stored.payload_hash == "None" for stored in known.values())
    assert bool(known) == path.exists() == (b"hash" in header)


def test_header_that_claims_too_much_is_removed(home: Path) -> None:
    path = cache_folder("kv") / "one.kv"
    path.write_bytes(b"WIZKV\0\0\1\xff\xff\xff\xff" + bytes(100))
    assert KvStore("a model")._known == {}
    assert not path.exists()


def test_file_that_is_longer_than_any_of_ours_is_removed_unread(home: Path) -> None:
    header = b'{"tokens": 6000000000, "bytes": 1, "fingerprint": "a model", "hash": ""}'
    path = cache_folder("kv") / "one.kv"
    path.write_bytes(b"WIZKV\0\0\1" + len(header).to_bytes(4, "little") + header)
    os.truncate(path, 12 + len(header) + 4 * 6_000_000_000 + 1)
    assert KvStore("a model")._known == {}
    assert not path.exists()


def test_what_is_no_file_of_ours_hides_none_and_what_a_killed_app_left_goes(home: Path) -> None:
    folder = cache_folder("kv")
    (folder / "gone.kv").symlink_to(folder / "nowhere")
    (folder / "self.kv").symlink_to(folder / "self.kv")
    os.mkfifo(folder / "pipe.kv")
    (folder / "folder.kv").mkdir()
    header = b'{"tokens": 1, "bytes": 2, "fingerprint": "a model", "hash": ""}'
    sound = folder / "sound.kv"
    sound.write_bytes(b"WIZKV\0\0\1" + len(header).to_bytes(4, "little") + header + bytes(6))
    begun, being_written = folder / ".one.kv.abc.partial", folder / ".two.kv.def.partial"
    for path in (begun, being_written):
        path.write_bytes(bytes(1000))
    os.utime(begun, (1, 1))
    store = KvStore("a model", limit=1)
    assert list(store._known) == [sound]
    store._make_room(0, keep=folder / "new.kv")
    assert not sound.exists() and not begun.exists()
    assert being_written.exists()


def _said(engine: BlockingEngine, text: str) -> GenerationStats:
    return engine.reply(GenerationRequest(TextPrompt(text), 2, Sampling(temperature=0)))[1]


def test_two_apps_and_contexts_of_two_sizes_take_nothing_from_each_other(tmp_path: Path) -> None:
    spec = ModelSpec(str(write_fim_model(tmp_path / "tiny.gguf", context=4096)), context_size=2048, threads=1)
    long = "".join(chr(97 + place * place % 26) for place in range(1500))
    with BlockingEngine(remember=True) as first:
        first.load(spec)
        _said(first, long[:1200])
    (path,) = _files()
    with BlockingEngine(remember=True) as first:
        first.load(spec)
        with BlockingEngine(remember=True) as second:
            second.load(spec)
            assert _said(second, long).cached_tokens > 1000
        newer = path.read_bytes()
        assert _said(first, long[:1300]).cached_tokens == 0, "it does not know the longer one"
        assert path.read_bytes() == newer
        assert _said(first, "other") and _said(first, long[:1400]).cached_tokens > 1000
    with BlockingEngine(remember=True) as small:
        small.load(replace(spec, context_size=512))
        assert _said(small, long[:400]).cached_tokens == 0
        assert path.exists(), "what does not fit here is of use in a larger context"


@pytest.mark.parametrize("limit", [0, 2500, 10_000])
def test_folder_stays_within_its_limit_and_the_least_used_goes_first(home: Path, limit: int) -> None:
    folder = cache_folder("kv")
    store = KvStore("a model", limit=limit)
    for index in range(5):
        (folder / f"{index}.kv").write_bytes(bytes(1000))
        os.utime(folder / f"{index}.kv", (index, index))
    store._make_room(500, keep=folder / "new.kv")
    left = [path.name for path in _files()]
    assert sum(path.stat().st_size for path in _files()) + 500 <= max(limit, 500)
    assert left == [f"{index}.kv" for index in range(5)][5 - len(left) :]
