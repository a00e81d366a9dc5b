"""The model writes pairs of old and new lines, in the markers of a merge conflict, which models have seen most.

All pairs of a reply apply or none does. Where an old piece stands elsewhere than written (blanks, indentation), the new
piece is moved along; where it is not found, the sentence names the closest place.
"""

from __future__ import annotations

import re

from assistant.editing.formats.reply import without_fence_lines
from assistant.editing.locate import NotFound, common_indent, find_block, indent_unit, reindented
from assistant.editing.task import EditTask, Reading, Reply, ReplyUnusable, request_text
from assistant.engine.api import ChatMessage, ChatPrompt
from assistant.ground.texts import text_of

_PAIR = re.compile(
    r"^[ \t]*<{5,9}[^\n]*\n(?P<old>.*?)^[ \t]*={5,9}[ \t]*\n(?P<new>.*?)^[ \t]*>{5,9}[^\n]*$", re.M | re.S
)
_MARKER = re.compile(r"^[ \t]*([<=>])\1{4,8}", re.M)
_START = "<<<<<<< SEARCH\n"


class SearchReplace:
    """The edit format for large files where no symbol is known."""

    name = "search-replace"

    def prompt(self, task: EditTask) -> ChatPrompt:
        """The file, the wish and one worked example; the reply is begun with the first marker."""
        system = ChatMessage("system", text_of("prompts", "edit_search_replace.md"))
        user = ChatMessage("user", request_text(task, task.text))
        return ChatPrompt((system, user), reply_start=_START)

    def stop(self, task: EditTask) -> tuple[str, ...]:
        """Nothing: several pairs may come."""
        return ()

    def read(self, task: EditTask, reply: Reply) -> Reading:
        """The file with every pair of the reply applied, in its order."""
        text = without_fence_lines(reply.text)
        marker = _MARKER.search(text)
        pairs = list(_PAIR.finditer(_START + text if marker and marker[1] == "=" else text))
        if not pairs:
            raise ReplyUnusable("the reply holds no complete pair of old and new lines")
        lines = task.text.split("\n")
        changed = False
        for pair in pairs:
            old, new = pair["old"].split("\n")[:-1], pair["new"].split("\n")[:-1]
            if old == new:
                continue
            lines = _replaced(lines, old, new)
            changed = True
        if not changed:
            raise ReplyUnusable("the reply changes nothing")
        return Reading("\n".join(lines))

    def complete(self, task: EditTask, text: str) -> bool:
        """Whether a line of chatter follows the last pair: neither a blank, nor a fence, nor the next pair's marker."""
        pairs = list(_PAIR.finditer(_START + text))
        after = (_START + text)[pairs[-1].end() :] if pairs else ""
        return any(line.strip() and not line.lstrip().startswith(("<", "`", "~")) for line in after.split("\n"))

    def watch(self, task: EditTask) -> None:
        """Nothing: its pieces are sound or not only where they come to stand."""
        return


def _replaced(lines: list[str], old: list[str], new: list[str]) -> list[str]:
    if not any(line.strip() for line in old):
        if any(line.strip() for line in lines):
            raise ReplyUnusable("the reply names no lines to replace")
        return [*new, ""]
    try:
        place = find_block(lines, old)
    except NotFound as error:
        raise ReplyUnusable(error.what, error.why) from error
    if place.file_indent != place.reply_indent:
        # The new piece is moved as its old one was; what stands further left than it goes to the margin.
        moved = common_indent([line for line in [*old, *new] if line.strip()])
        new = reindented(new, moved, place.file_indent, indent_unit(lines))
    return lines[: place.start] + new + lines[place.end :]
