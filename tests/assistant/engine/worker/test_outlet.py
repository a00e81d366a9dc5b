"""Text that is gathered for a frame keeps the newest figures: tokens so far, guessed ahead so far, right so far."""

from __future__ import annotations

from typing import Any, cast

import pytest

from assistant.engine.api import GenerationStats, TextChunk
from assistant.engine.protocol import Frame, chunk_from_frame
from assistant.engine.worker.outlet import Outlet, Writer


class _Frames:
    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def write(self, frame: Frame) -> None:
        self.frames.append(frame)


def test_gathered_text_carries_the_newest_figures_and_loses_nothing() -> None:
    frames = _Frames()
    outlet = Outlet(7, cast("Writer", cast("Any", frames)))
    for count in range(1, 40):
        outlet.emit(TextChunk(f"{count} ", count, 0, 2 * count, count))
    outlet.emit(GenerationStats("end", 1, 0, 39, 0.1, 0.1, 0.1, 78, 39))
    chunks = [chunk_from_frame(frame) for frame in frames.frames]
    texts = [chunk for chunk in chunks if isinstance(chunk, TextChunk)]
    assert "".join(chunk.text for chunk in texts) == "".join(f"{count} " for count in range(1, 40))
    assert all((chunk.drafted, chunk.accepted) == (2 * chunk.tokens, chunk.tokens) for chunk in texts)
    assert texts[-1].tokens == 39
    assert isinstance(chunks[-1], GenerationStats)


def test_end_of_a_completion_s_line_waits_for_no_further_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.engine.worker.outlet._GATHER_SECONDS", 30.0)
    frames = _Frames()
    outlet = Outlet(7, cast("Writer", cast("Any", frames)), by_line=True)
    for count, text in enumerate(("return", " total", "\n", "x", "\n"), 1):
        outlet.emit(TextChunk(text, count))
    assert [frame["text"] for frame in frames.frames] == ["return", " total\n", "x\n"]
