"""The model writes a small file anew. A reply that breaks off is never taken for a file that got shorter."""

from __future__ import annotations

from assistant.editing.formats.reply import fenced_blocks, up_to_fence
from assistant.editing.task import EditTask, Reading, Reply, ReplyUnusable, fence, request_text
from assistant.engine.api import ChatMessage, ChatPrompt
from assistant.ground.texts import text_of


class WholeFile:
    """The edit format for files of a screen or two."""

    name = "whole-file"

    def prompt(self, task: EditTask) -> ChatPrompt:
        """The file and the wish; the reply is begun with the fence."""
        system = ChatMessage("system", text_of("prompts", "edit_symbol.md"))
        return ChatPrompt((system, ChatMessage("user", request_text(task, task.text))), reply_start=fence(task))

    def stop(self, task: EditTask) -> tuple[str, ...]:
        """The closing fence; a file that holds fences itself ends with the reply."""
        return () if "```" in task.text else ("\n```",)

    def read(self, task: EditTask, reply: Reply) -> Reading:
        """The file as the reply has it."""
        if reply.stop_reason in ("length", "context_full", "cancelled"):
            raise ReplyUnusable("the reply broke off before the file was complete")
        blocks = [block for block in fenced_blocks(reply.text) if block.code.strip()]
        if "```" in task.text:
            code = reply.text
        elif blocks and not up_to_fence(reply.text).strip():
            code = max((block.code for block in blocks), key=len)
        elif blocks and len(blocks[0].code) > len(up_to_fence(reply.text)):
            code = blocks[0].code
        else:
            code = up_to_fence(reply.text)
        if not code.strip():
            raise ReplyUnusable("the reply holds no code")
        code = code.strip("\n")
        return Reading(code + "\n" if task.text.endswith("\n") or not task.text else code)

    def complete(self, task: EditTask, text: str) -> bool:
        """Never before the model says so: a file has no end of its own."""
        return False

    def watch(self, task: EditTask) -> None:
        """Nothing: a file may begin with what only its end explains."""
        return
