"""Lays a prompt out as tokens: chat template, fill-in-the-middle, plain text.

Special tokens come from the template alone. Where a message, a file or the model's earlier reply holds the text of one,
that text is taken out before the template sees it and put back afterwards as plain characters, so nothing that the
user pastes can end a turn or begin one. Everything else the template sees as it is, and plain text is tokenized in one
run from special token to special token, so the tokens are those that the model was trained on.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.engine.api import (
    ChatMessage,
    ChatPrompt,
    EngineError,
    InfillPrompt,
    Prompt,
    PromptTooLong,
    TextPrompt,
    TokenPrompt,
)
from assistant.engine.llama.vocabulary import Vocabulary
from assistant.engine.prompt.prompt_format import Family, Gap, InfillLayout
from assistant.engine.prompt.template import Template, TemplateFailed, TemplateRenderer

_MANY_CHARACTERS = 16
_SAMPLE = (ChatMessage("user", "Hello"),)


@dataclass(frozen=True)
class ChatLayout:
    """The chat template in use, what to call it, and the texts that end a reply besides end tokens."""

    template: Template
    name: str
    stop: tuple[str, ...]


class Layout:
    """Lays out prompts for one model."""

    def __init__(self, vocabulary: Vocabulary, family: Family, own_template: str, renderer: TemplateRenderer) -> None:
        self._vocabulary = vocabulary
        self._family = family
        self._renderer = renderer
        self._own_template = own_template
        self._chat: ChatLayout | None = None
        self.infill_layout = _infill_layout(vocabulary, family)

    @property
    def chat(self) -> ChatLayout:
        """The chat layout: the model's own template when it renders, else its family's."""
        if self._chat is None:
            self._chat = self._choose_chat()
        return self._chat

    def tokens(self, prompt: Prompt, suffix_first: bool = False) -> list[int]:
        """The tokens of `prompt`, ready to be continued.

        Raises:
            EngineError: the template refuses the conversation, or the model cannot fill gaps.
        """
        match prompt:
            case ChatPrompt():
                return self._chat_tokens(prompt)
            case InfillPrompt():
                return self._infill_tokens(prompt, suffix_first)
            case TextPrompt():
                bos = self._vocabulary.starts_with_bos()
                return self._vocabulary.tokenize(prompt.text, special=prompt.special, bos=bos)
            case TokenPrompt():
                return list(prompt.tokens)

    def require_room(self, prompt: Prompt, room: int) -> None:
        """See that `prompt` may have at most `room` tokens, before it is tokenized: that takes a second a megabyte.

        Raises:
            PromptTooLong: it has more, whatever they are.
        """
        least = self._least_tokens(prompt, room)
        if least > room:
            raise PromptTooLong(least, room, at_least=True)

    def count(self, prompt: Prompt, context_size: int) -> int:
        """How many tokens `prompt` has; where it surely has more than a context holds, as its beginning suggests."""
        least = self._least_tokens(prompt, context_size)
        if least <= context_size:
            return len(self.tokens(prompt))
        text = "".join(_texts(prompt))
        beginning = text[: context_size * _MANY_CHARACTERS]
        return max(least, len(self._vocabulary.tokenize(beginning)) * len(text) // len(beginning))

    def _least_tokens(self, prompt: Prompt, room: int) -> int:
        """So many tokens `prompt` has at least; 0 where it may well have `room` or less."""
        characters = sum(map(len, _texts(prompt)))
        # Looking for the longest token takes a tenth of a second, which no prompt of usual length is to wait for.
        return characters // self._vocabulary.longest if characters > room * _MANY_CHARACTERS else 0

    def stop_texts(self, prompt: Prompt) -> tuple[str, ...]:
        """Texts that end a reply to `prompt` in this family, besides the caller's own."""
        return self.chat.stop if isinstance(prompt, ChatPrompt) else ()

    # -- conversations

    def _choose_chat(self) -> ChatLayout:
        bos, eos = (self._vocabulary.text_of_special(t) for t in (self._vocabulary.bos, self._vocabulary.eos))
        own = ChatLayout(Template(self._own_template, bos, eos), "model's own template", self._own_stop())
        fallback = ChatLayout(Template(self._family.template, bos, eos), self._family.title, self._family.stop)
        if not self._own_template:
            return fallback
        try:
            self._renderer.render(own.template, _SAMPLE)
        except TemplateFailed as error:
            return replace(fallback, name=f"{self._family.title}, because {error}")
        return own

    def _own_stop(self) -> tuple[str, ...]:
        """A template that marks turns by words (as the WizardCoder row does) needs its family's stop texts too."""
        return tuple(text for text in self._family.stop if text.strip() in self._own_template)

    def _chat_tokens(self, prompt: ChatPrompt) -> list[int]:
        if not prompt.messages:
            raise EngineError("there is nothing to answer", "the conversation has no message")
        plain = _PlainText(self._vocabulary.special_pattern)
        messages = [ChatMessage(message.role, plain.hide(message.content)) for message in prompt.messages]
        rendered = self._render(messages) + plain.hide(prompt.reply_start)
        tokens = self._splice(rendered, plain)
        bos = self._vocabulary.bos
        if self._vocabulary.starts_with_bos() and bos >= 0 and tokens[:1] != [bos]:
            tokens.insert(0, bos)
        return tokens

    def _render(self, messages: Sequence[ChatMessage]) -> str:
        """Render; a template that knows no system messages or wants turns to alternate gets what it can take."""
        try:
            return self._renderer.render(self.chat.template, messages)
        except TemplateFailed as error:
            simpler = _alternating(messages)
            if simpler == list(messages):
                raise EngineError("the conversation cannot be laid out", str(error)) from error
        try:
            return self._renderer.render(self.chat.template, simpler)
        except TemplateFailed as error:
            raise EngineError("the conversation cannot be laid out", str(error)) from error

    def _splice(self, rendered: str, plain: _PlainText) -> list[int]:
        pattern, specials = self._vocabulary.special_pattern, self._vocabulary.specials
        tokens: list[int] = []
        start = 0
        for match in pattern.finditer(rendered) if pattern else ():
            tokens += self._plain(plain.show(rendered[start : match.start()]))
            tokens.append(specials[match[0]])
            start = match.end()
        return tokens + self._plain(plain.show(rendered[start:]))

    def _plain(self, text: str) -> list[int]:
        return self._vocabulary.tokenize(text) if text else []

    # -- gaps

    def _infill_tokens(self, prompt: InfillPrompt, suffix_first: bool) -> list[int]:
        layout = self.infill_layout
        if layout is None:
            raise EngineError(
                "this model cannot fill in the middle",
                "it has no tokens for that",
                "wizard-tui models list shows which ones can",
            )
        suffix_first = suffix_first and bool(layout.suffix_first)
        order = layout.suffix_first if suffix_first else layout.prefix_first
        vocabulary = self._vocabulary
        tokens = [vocabulary.bos] if vocabulary.starts_with_bos() and vocabulary.bos >= 0 else []
        # With the prefix last, the middle's beginning is its continuation: one run of text.
        prefix = prompt.prefix + (prompt.middle if suffix_first else "")
        sides = {Gap.PREFIX: prefix, Gap.SUFFIX: prompt.suffix}
        for part in order:
            tokens += [vocabulary.specials[part]] if isinstance(part, str) else self._plain(sides[part])
        return tokens if suffix_first else tokens + self._plain(prompt.middle)


def _texts(prompt: Prompt) -> list[str]:
    """The texts that `prompt` consists of."""
    match prompt:
        case ChatPrompt():
            return [*(message.content for message in prompt.messages), prompt.reply_start]
        case InfillPrompt():
            return [prompt.prefix, prompt.suffix, prompt.middle]
        case TextPrompt():
            return [prompt.text]
        case TokenPrompt():
            return []


class _PlainText:
    """Hides the texts of special tokens behind marks that nobody can guess, and puts them back."""

    def __init__(self, pattern: re.Pattern[str] | None) -> None:
        self._pattern = pattern
        self._mark = f"\ue000{secrets.token_hex(12)}"
        self._hidden: list[str] = []

    def hide(self, text: str) -> str:
        return self._pattern.sub(self._take, text) if self._pattern else text

    def show(self, text: str) -> str:
        if not self._hidden:
            return text
        return re.sub(f"{self._mark}-(\\d+)\ue001", lambda match: self._hidden[int(match[1])], text)

    def _take(self, match: re.Match[str]) -> str:
        self._hidden.append(match[0])
        return f"{self._mark}-{len(self._hidden) - 1}\ue001"


def _alternating(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """The same words as user and assistant turns in alternation, the user first."""
    turns: list[ChatMessage] = []
    for message in messages:
        role = "user" if message.role == "system" else message.role
        if turns and turns[-1].role == role:
            turns[-1] = ChatMessage(role, f"{turns[-1].content}\n\n{message.content}")
        else:
            turns.append(ChatMessage(role, message.content))
    if turns[0].role == "assistant":
        turns.insert(0, ChatMessage("user", ""))
    return turns


def _infill_layout(vocabulary: Vocabulary, family: Family) -> InfillLayout | None:
    """The family's layout if the model has its tokens, else one from the tokens that llama.cpp recognised."""
    known = vocabulary.specials
    if family.infill and all(not isinstance(p, str) or p in known for p in family.infill.prefix_first):
        return family.infill
    texts = [vocabulary.text_of_special(token) for token in vocabulary.infill_tokens]
    if not all(text in known for text in texts):
        return None
    prefix, suffix, middle = texts
    return InfillLayout(prefix_first=(prefix, Gap.PREFIX, suffix, Gap.SUFFIX, middle))
