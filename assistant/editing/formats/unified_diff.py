"""The model writes a unified diff. Line numbers are ignored: small models count badly, so each hunk is found by its lines."""

from __future__ import annotations

from assistant.editing.formats.reply import fenced_blocks, up_to_fence
from assistant.editing.locate import NotFound, find_block, indent_unit, reindented
from assistant.editing.task import EditTask, Reading, Reply, ReplyUnusable, request_text
from assistant.engine.api import ChatMessage, ChatPrompt
from assistant.ground.texts import text_of


class UnifiedDiff:
    """The edit format for models that were trained on diffs."""

    name = "unified-diff"

    def prompt(self, task: EditTask) -> ChatPrompt:
        """The file and the wish; the reply is begun with the diff's file names."""
        system = ChatMessage("system", text_of("prompts", "edit_diff.md"))
        start = f"```diff\n--- a/{task.path}\n+++ b/{task.path}\n@@"
        return ChatPrompt((system, ChatMessage("user", request_text(task, task.text))), reply_start=start)

    def stop(self, task: EditTask) -> tuple[str, ...]:
        """The closing fence."""
        return ("\n```",)

    def read(self, task: EditTask, reply: Reply) -> Reading:
        """The file with every hunk of the reply applied."""
        blocks = [
            block.code for block in fenced_blocks(reply.text) if "\n@@" in f"\n{block.code}" or "\n+" in block.code
        ]
        hunks = _hunks(blocks[0] if blocks else "@@" + up_to_fence(reply.text))
        if not hunks:
            raise ReplyUnusable("the reply holds no hunk of a diff")
        lines = task.text.split("\n")
        for hunk in hunks:
            lines = _with_hunk(lines, hunk)
        return Reading("\n".join(lines))

    def complete(self, task: EditTask, text: str) -> bool:
        """Never before the model says so."""
        return False

    def watch(self, task: EditTask) -> None:
        """Nothing: its pieces are sound or not only where they come to stand."""
        return


def _hunks(text: str) -> list[list[str]]:
    """Lines of each hunk that changes something, their marks included."""
    hunks: list[list[str]] = []
    for line in text.rstrip("\n").split("\n"):
        if line.startswith("@@"):
            hunks.append([])
        elif line.startswith(("--- ", "+++ ", "diff ", "index ")) or line.startswith("\\"):
            continue
        elif hunks and (line[:1] in ("+", "-", " ") or not line):
            hunks[-1].append(line or " ")
    return [hunk for hunk in hunks if any(line[0] in "+-" for line in hunk)]


def _with_hunk(lines: list[str], hunk: list[str]) -> list[str]:
    while hunk and hunk[-1] == " ":
        hunk = hunk[:-1]
    old = [line[1:] for line in hunk if line[0] in " -"]
    new = [line[1:] for line in hunk if line[0] in " +"]
    try:
        place = find_block(lines, old)
    except NotFound as error:
        raise ReplyUnusable(error.what, error.why) from error
    while new and old and not old[0].strip() and new[0] == old[0]:
        old, new = old[1:], new[1:]
    if place.file_indent != place.reply_indent:
        new = reindented(new, place.reply_indent, place.file_indent, indent_unit(lines))
    return lines[: place.start] + new + lines[place.end :]
