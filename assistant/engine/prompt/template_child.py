"""The process that renders chat templates: they are programs from a stranger's file.

jinja2's ImmutableSandboxedEnvironment keeps them from Python; limits of memory and processor time, and the worker's
clock (`template`), keep them from everything else. One JSON object a line comes in, one goes out.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import Any

_MEMORY = 768 << 20
_LONGEST_OUTPUT = 64 << 20


def render(job: dict[str, Any]) -> str:
    """The text that `job["template"]` makes of `job["messages"]`.

    Raises:
        jinja2.TemplateError: the template is wrong, or refuses the conversation.
    """
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", _generation_tag()]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = _today
    return environment.from_string(job["template"]).render(
        messages=job["messages"],
        add_generation_prompt=True,
        bos_token=job["bos_token"],
        eos_token=job["eos_token"],
        tools=None,
        documents=None,
    )


def _refuse(message: str) -> None:
    from jinja2.exceptions import TemplateError

    raise TemplateError(message)


def _today(form: str) -> str:
    import datetime

    # Only the date, so that a prompt (and with it the KV cache) stays the same all day.
    return datetime.date.today().strftime(form)


def _to_json(value: Any, ensure_ascii: bool = False, indent: int | None = None, **_other: Any) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent)


def _generation_tag() -> type:
    """The `{% generation %}` block with which tokenizers mark replies for training; here it means nothing."""
    from jinja2 import nodes
    from jinja2.ext import Extension
    from jinja2.parser import Parser

    class Generation(Extension):
        tags = {"generation"}  # noqa: RUF012 - jinja2's own form

        def parse(self, parser: Parser) -> list[nodes.Node]:
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    return Generation


def _limit() -> None:
    try:
        import resource
    except ImportError:
        return
    for kind, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0)):
        # macOS does not know all of them; the worker's clock holds everywhere.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def main() -> None:
    """Serve until stdin ends."""
    import jinja2.sandbox  # noqa: F401 - before the memory limit, and before the first job's clock starts

    from assistant.ground.parenthood import die_with_parent

    die_with_parent()
    _limit()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")
    for line in sys.stdin:
        try:
            text = render(json.loads(line))
            answer = {"text": text} if len(text) <= _LONGEST_OUTPUT else {"error": "it makes an endless text"}
        except MemoryError:
            answer = {"error": "it takes too much memory"}
        except RecursionError:
            answer = {"error": "it calls itself without end"}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
