"""The process that makes outlines of long texts for `outlining`: reads a text, writes its symbols, until its input ends."""

from __future__ import annotations

import os
import sys

from assistant.ground.parenthood import die_with_parent
from assistant.session.files.outlining import read_frame, row_of, write_frame
from assistant.syntax.document import Document
from assistant.syntax.languages import language_named
from assistant.syntax.symbols import outline


def main() -> None:
    """Answer until the app has gone."""
    die_with_parent()
    os.nice(5)
    while True:
        try:
            asked = read_frame(sys.stdin.buffer)
        except EOFError:
            return
        document = Document(asked["text"], language_named(asked["language"]))
        write_frame(sys.stdout.buffer, [row_of(symbol) for symbol in outline(document)])


if __name__ == "__main__":
    main()
