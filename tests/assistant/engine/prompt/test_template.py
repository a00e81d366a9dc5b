"""Chat templates come from a stranger's file: they may be wrong, endless or hostile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.engine.api import ChatMessage
from assistant.engine.prompt.template import Template, TemplateFailed, TemplateRenderer

_USER = [ChatMessage("user", "hi\u2028 \ud83d there")]


@pytest.fixture(scope="module")
def renderer() -> Iterator[TemplateRenderer]:
    renderer = TemplateRenderer()
    yield renderer
    renderer.close()


def _render(renderer: TemplateRenderer, source: str) -> str:
    return renderer.render(Template(source, "<s>", "</s>"), _USER)


def test_renders_what_hugging_face_templates_use(renderer: TemplateRenderer) -> None:
    source = (
        "{%- for m in messages %}{% if loop.index > 1 %}{% break %}{% endif %}\n"
        "{{ m['content']|trim|length }}{% generation %}{{ eos_token }}{% endgeneration %}{% endfor %}"
        "{{ messages|tojson }}{{ strftime_now('%Y')|length }}"
    )
    assert _render(renderer, source).startswith('11</s>[{"role": "user", "content": "hi')


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ lipsum.__globals__['os'].system('touch CANARY') }}",
        "{{ cycler.__init__.__globals__.os.popen('touch CANARY').read() }}",
        "{{ self.__init__.__globals__.__builtins__.open('CANARY','w') }}",
        "{{ messages.append(1) }}",
        "{{ messages[0].update({'content': 'x'}) }}",
        "{{ (messages|attr('__class__')) ~ ('%s'|format(messages.__class__.__init__.__globals__)) }}",
        "{% for x in ().__class__.__base__.__subclasses__() %}{{ x.__init__.__globals__ }}{% endfor %}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}{{ os.getcwd() }}",
        "{{ raise_exception('no') }}",
        "{% if %}",
    ],
)
def test_escape_attempt_fails_and_touches_nothing(
    renderer: TemplateRenderer, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = tmp_path / "canary"
    with pytest.raises(TemplateFailed, match="template failed"):
        _render(renderer, source.replace("CANARY", str(canary)))
    assert not canary.exists()


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}",
        "{{ 9**(9**9) }}",
        "{{ 'x' * 10**12 }}",
        "{{ 'x'|center(10**12) }}",
        "{% set ns = namespace(s='x') %}{% for i in range(99999) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
        "{{ '%1000000000000d' % 1 }}",
        "{{ '{:1000000000000}'.format(1) }}",
    ],
)
def test_endless_or_greedy_template_is_ended_within_two_seconds(renderer: TemplateRenderer, source: str) -> None:
    assert _render(renderer, "{{ bos_token }}") == "<s>"
    started = time.monotonic()
    with pytest.raises(TemplateFailed):
        _render(renderer, source)
    assert time.monotonic() - started < 2.5
    assert _render(renderer, "{{ bos_token }}") == "<s>", "the next rendering works again"
