"""What a mention puts into the prompt: the text of a file or a symbol, the outline of a folder, the working diff."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from assistant.context.index import Index
from assistant.context.mentions import Target
from assistant.context.repository_map import RepoMap
from assistant.context.working_diff import working_diff
from assistant.errors import AssistantError
from assistant.ground.fences import fence_for
from assistant.syntax.document import Document
from assistant.syntax.symbols import find


@dataclass(frozen=True)
class Attachment:
    """A text for the prompt: its label, what it is in words, and the language of its fence (empty for none)."""

    label: str
    caption: str
    text: str
    fence: str = ""

    def block(self) -> str:
        """The text as it stands in a prompt: its caption, and a fence that nothing in the text closes."""
        marks = fence_for(self.text)
        body = self.text if self.text.endswith("\n") else f"{self.text}\n"
        return f"{self.caption}\n{marks}{self.fence}\n{body}{marks}"


_BLOCK = re.compile(
    r"\n\n(?P<caption>[^\n]*)\n(?P<marks>`{3,})(?P<fence>[^\n`]*)\n(?P<body>.*?)(?P=marks)(?=\n\n|\Z)", re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """An attachment as it stands in a prompt, taken apart again."""

    caption: str
    marks: str
    fence: str
    body: str

    @property
    def label(self) -> str:
        """What it is, in a few words: `shop.py`, `Cart.total in shop.py, lines 3-9`."""
        return self.caption.removeprefix("File ").rstrip(":").replace("`", "")

    @property
    def is_file(self) -> bool:
        """Whether it is the text of a whole file."""
        return self.caption.startswith("File ") or re.fullmatch(r"`[^`]*`:", self.caption) is not None

    def text(self) -> str:
        """The block as it stands in a prompt."""
        return f"{self.caption}\n{self.marks}{self.fence}\n{self.body}{self.marks}"


def blocks_of(attached: str) -> tuple[Block, ...]:
    """The blocks that `Attachment.block` made, each after an empty line; a text of another kind has none."""
    return tuple(Block(m["caption"], m["marks"], m["fence"], m["body"]) for m in _BLOCK.finditer(attached))


def attach(target: Target, folder: Path, index: Index) -> Attachment:
    """Make the attachment of what a mention means.

    Raises:
        AssistantError: the file cannot be read or is no text, or there is no diff.
    """
    if target.kind == "diff":
        text = working_diff(folder)
        return Attachment("diff", "What has changed since the last commit:", text or "(nothing)\n", "diff")
    if target.kind == "folder":
        return _folder(target, index)
    document = Document.read(folder / target.path)
    if "\0" in document.text[:8000]:
        raise AssistantError(f"cannot show {target.path} to a model", "it is no text")
    fence = document.language.name if document.language else ""
    if target.kind == "file":
        return Attachment(target.label(), f"File {target.path}:", _sayable(document.text), fence)
    symbol = find(document, target.symbol)
    # The indentation before the first line belongs to it, or the lines would not stand as they do in the file.
    start = document.line_span(symbol.start_line).start
    before = document.text[start : symbol.span.start]
    text = (before if not before.strip() else "") + document.text[symbol.span.start : symbol.span.end]
    caption = f"{symbol.qualified_name} in {target.path}, lines {symbol.start_line}-{symbol.end_line}:"
    return Attachment(target.label(), caption, _sayable(text), fence)


def _folder(target: Target, index: Index) -> Attachment:
    prefix = "" if target.path in ("", ".") else f"{target.path.rstrip('/')}/"
    files = {path: names for path, names in index.files.items() if path.startswith(prefix)}
    repo_map = RepoMap(Index(index.folder, files))
    bare = [path for path in index.paths if path.startswith(prefix) and path not in repo_map.files]
    text = "\n".join([repo_map.text(len(repo_map.ranked)), *bare]).strip()
    return Attachment(target.label(), f"Outline of {target.path or '.'}:", text or "(no source files)")


def _sayable(text: str) -> str:
    """Text without line ends of another system and without bytes that are no characters."""
    clean = text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return clean.replace("\r\n", "\n")
