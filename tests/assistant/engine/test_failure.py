"""How the end of the worker is told."""

from __future__ import annotations

import signal

import pytest

from assistant.engine.failure import crash, telling_line


@pytest.mark.parametrize(
    ("code", "words", "why"),
    [
        (-signal.SIGKILL, ["loading"], "ran out of memory"),
        (-signal.SIGSEGV, [], "segmentation fault"),
        (-signal.SIGABRT, ["/a/b/llama.cpp:7: GGML_ASSERT(n > 0) failed"], "llama.cpp:7: GGML_ASSERT(n > 0) failed"),
        (-signal.SIGILL, [], "lacks an instruction"),
        (1, ["Traceback", "ImportError: no module named llama_cpp"], "ImportError: no module named llama_cpp"),
        (3, [], "exit code 3"),
        (0, [], "closed its pipe"),
        (-64, [], "signal 64"),
    ],
)
def test_end_is_told_in_words(code: int, words: list[str], why: str) -> None:
    error = crash("generating", code, words)
    assert error.what == "the model's process ended while generating"
    assert why in error.why or (code == -64 and "SIG" in error.why)
    assert error.hint
    assert "\n" not in error.sentence()


def test_the_line_that_says_most_is_chosen() -> None:
    lines = ["llama_load: ok", "ggml.c:3: GGML_ASSERT(x) failed", "some backtrace", "more"]
    assert telling_line(lines) == "ggml.c:3: GGML_ASSERT(x) failed"
    assert telling_line(["only this"]) == "only this"
    assert telling_line([]) == ""
