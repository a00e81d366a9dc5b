"""Markdown of a reply between its code blocks; control characters are made visible after parsing, links do nothing."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from textual import on
from textual.widgets import Markdown

from assistant.ground.visible import visible


class Prose(Markdown):
    """Markdown that comes from a model."""

    DEFAULT_CSS = """
    Prose {
        padding: 0;
        margin: 0;
        & > MarkdownBlock:last-child { margin-bottom: 1; }
        &.-goes-on > MarkdownBlock:last-child { margin-bottom: 0; }
        & > MarkdownHeader { margin: 0 0 1 0; content-align: left middle; }
        MarkdownBlock > .code_inline { background: $panel !important; color: $secondary !important; }
        MarkdownFence { background: $surface; margin: 0 0 1 0; }
        MarkdownTable { margin: 0 0 1 0; }
    }
    """

    def __init__(self, text: str = "") -> None:
        super().__init__(text or None, parser_factory=safe_markdown, open_links=False)

    @on(Markdown.LinkClicked)
    def _say_where_a_link_points(self, event: Markdown.LinkClicked) -> None:
        event.stop()
        self.app.notify(visible(event.href), title="Link (not opened)", markup=False)


def safe_markdown() -> MarkdownIt:
    """A parser whose tokens hold visible characters only, also where the text spelt them as entities."""
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.core.ruler.push("visible", _make_visible)
    return parser


def _make_visible(state: StateCore) -> None:
    _walk(state.tokens)


def _walk(tokens: list[Token]) -> None:
    for token in tokens:
        token.content = visible(token.content)
        token.info = visible(token.info)
        for name, value in token.attrs.items():
            if isinstance(value, str):
                token.attrs[name] = visible(value)
        if token.children:
            _walk(token.children)
