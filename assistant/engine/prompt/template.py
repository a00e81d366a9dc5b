"""Renders a model's own chat template in a child process, within a time limit.

A template can loop for ever or ask for a petabyte, in C code that no signal interrupts; ending a process is the one
thing that always works. The child stays for the next turn, so a rendering costs a fraction of a millisecond.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.engine.api import ChatMessage
from assistant.ground.parenthood import child_environment

TIME_LIMIT = 1.5
_START_LIMIT = 20.0


class TemplateFailed(Exception):
    """The template did not render; the text says why, for a person."""


@dataclass(frozen=True)
class Template:
    """A chat template with the two texts of special tokens that it may print."""

    source: str
    bos_token: str
    eos_token: str


class TemplateRenderer:
    """Renders templates; the child starts with this object and is replaced after it had to be ended."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._warm = False

    def start(self) -> None:
        """Start the child, so that it is ready when the first rendering is asked for."""
        if self._child is None or self._child.poll() is not None:
            self._warm = False
            self._child = subprocess.Popen(
                [sys.executable, "-m", "assistant.engine.prompt.template_child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=child_environment(),
            )

    def render(self, template: Template, messages: Sequence[ChatMessage]) -> str:
        """The text of `messages` up to where the reply begins.

        Raises:
            TemplateFailed: it is wrong, refuses the conversation, or takes too long.
        """
        if not self._warm:
            # Starting Python takes a second on a busy machine; that must not count as the template's time.
            self._ask(Template("{{ messages[0]['content'] }}", "", ""), [ChatMessage("user", "x")], _START_LIMIT)
            self._warm = True
        return self._ask(template, messages, TIME_LIMIT)

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None

    def _ask(self, template: Template, messages: Sequence[ChatMessage], limit: float) -> str:
        self.start()
        child = self._child
        assert child is not None and child.stdin is not None and child.stdout is not None
        job = {
            "template": template.source,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "bos_token": template.bos_token,
            "eos_token": template.eos_token,
        }
        try:
            child.stdin.write(json.dumps(job).encode() + b"\n")
            child.stdin.flush()
            answer = json.loads(self._line(child.stdout.fileno(), time.monotonic() + limit))
        except (OSError, ValueError) as error:
            self.close()
            raise TemplateFailed("the model's chat template ended the process that renders it") from error
        if "error" in answer:
            raise TemplateFailed(f"the model's chat template failed ({answer['error']})")
        return str(answer["text"])

    def _line(self, descriptor: int, deadline: float) -> bytes:
        data = bytearray()
        while not data.endswith(b"\n"):
            ready, _, _ = select.select([descriptor], [], [], max(deadline - time.monotonic(), 0))
            if not ready:
                self.close()
                raise TemplateFailed(f"the model's chat template ran for over {TIME_LIMIT:g} seconds")
            part = os.read(descriptor, 1 << 20)
            if not part:
                raise OSError("the child ended")
            data += part
        return bytes(data)
