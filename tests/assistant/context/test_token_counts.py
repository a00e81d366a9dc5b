"""A text that was counted before is not counted again, for the same model file only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.context.token_counts import RememberedCounts
from assistant.ground.paths import cache_folder


def never() -> Callable[[str], int]:
    raise AssertionError("the model was loaded")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "m.gguf"
    path.write_bytes(b"GGUF")
    return path


def test_a_known_text_needs_no_model(model: Path) -> None:
    with RememberedCounts(model, lambda: len) as count:
        assert [count("one"), count("three"), count("one")] == [3, 5, 3]
    with RememberedCounts(model, never) as count:
        assert count("three") == 5


def test_another_model_file_counts_for_itself(model: Path) -> None:
    with RememberedCounts(model, lambda: len) as count:
        count("one")
    model.write_bytes(b"GGUF of another size")
    with RememberedCounts(model, lambda: lambda text: 7) as count:
        assert count("one") == 7


@pytest.mark.parametrize("content", [b"", b"[1]", b'{"a": "b"}', b"\xff"])
def test_a_damaged_memory_is_forgotten(model: Path, content: bytes) -> None:
    with RememberedCounts(model, lambda: len) as count:
        count("one")
    (store,) = cache_folder("token-counts").iterdir()
    store.write_bytes(content)
    with RememberedCounts(model, lambda: len) as count:
        assert count("one") == 3


def test_the_texts_themselves_are_not_kept(model: Path) -> None:
    with RememberedCounts(model, lambda: len) as count:
        count("a secret")
    (store,) = cache_folder("token-counts").iterdir()
    assert b"secret" not in store.read_bytes()
