"""Outlines of texts that are being typed: the same from the child process as from this one, and no key waits."""

from __future__ import annotations

from assistant.session.files.outlining import SHORT, Outliner
from assistant.syntax.document import Document
from assistant.syntax.languages import language_named
from assistant.syntax.symbols import outline

PYTHON = language_named("python")
LONG = "class A:\n    def ä(self):\n        return '\udc80'\n\n" * (SHORT // 30)


async def test_a_long_text_has_the_outline_that_a_short_one_would_have() -> None:
    outliner = Outliner()
    document = Document(LONG, PYTHON)
    try:
        assert await outliner.outline(document) == outline(document)
        assert await outliner.outline(Document(LONG[: SHORT // 2], PYTHON))
    finally:
        outliner.close()


async def test_a_child_that_was_ended_is_started_again() -> None:
    outliner = Outliner()
    document = Document(LONG, PYTHON)
    try:
        await outliner.outline(document)
        assert outliner._child is not None
        outliner._child.kill()
        outliner._child.wait()
        assert await outliner.outline(document)
    finally:
        outliner.close()


async def test_plain_text_has_none() -> None:
    assert await Outliner().outline(Document("words", None)) == ()
