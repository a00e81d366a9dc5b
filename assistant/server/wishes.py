"""What clients send, checked field by field, and the generation that it asks for.

Fields that mean something else than what the engine would do are refused rather than ignored; fields that only tune
other servers are passed over.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from assistant.config import Config
from assistant.engine.api import (
    ChatMessage,
    ChatPrompt,
    GenerationRequest,
    InfillPrompt,
    Prompt,
    Role,
    Sampling,
    TextPrompt,
    TokenPrompt,
)
from assistant.models.running import sampling
from assistant.server.guard import Refusal

_ROLES: dict[str, Role] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}

# More than any context holds, and small enough for C.
_MOST_TOKENS = 10_000_000

_AnyWish = TypeVar("_AnyWish", bound=BaseModel)

Stop = str | Annotated[list[str], Field(max_length=16)] | None
_LONGEST_STOP = 1000
# All others wait while a text is tokenized, about a second for so many characters.
_LONGEST_TOKENIZED = 1_000_000
_LONGEST_GRAMMAR, _MOST_BRACKETS = 65_536, 1000


class _Fields(BaseModel):
    model_config = ConfigDict(extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        """A field that is null is left out: many clients write what they leave open so."""
        return {name: value for name, value in given.items() if value is not None} if isinstance(given, dict) else given


class _Wish(_Fields):
    stream: bool = False
    temperature: Annotated[float, Field(ge=0, le=5)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    top_k: Annotated[int, Field(ge=0, le=_MOST_TOKENS)] | None = None
    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    repeat_penalty: Annotated[float, Field(ge=0, le=5)] | None = None
    seed: int | None = None
    stop: Stop = None
    """At most 16 strings that the reply ends before."""
    grammar: Annotated[str, Field(max_length=_LONGEST_GRAMMAR)] | None = None
    n_cmpl: int | None = None
    """llama.cpp's name for `n`."""
    json_schema: Any = None
    ignore_eos: bool = False
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: Any = None

    def refuse_unknown(self) -> None:
        """Raise for what would silently be done otherwise than asked."""
        if (self.grammar or "").count("(") > _MOST_BRACKETS:
            # llama.cpp reads a grammar by recursion, on a stack that ends.
            raise Refusal(400, f"a grammar has {_MOST_BRACKETS:,} brackets at most")
        if self.n_cmpl not in (None, 1):
            raise Refusal(400, "n_cmpl is 1: one reply at a time")
        if self.json_schema:
            raise Refusal(400, "json_schema is not supported; grammar (GBNF) is")
        if self.ignore_eos:
            raise Refusal(400, "ignore_eos is not supported: a reply ends where the model ends it")
        for name in ("presence_penalty", "frequency_penalty", "logit_bias"):
            if getattr(self, name):
                raise Refusal(400, f"{name} is not supported; repeat_penalty is")

    def sampling(self, config: Config) -> Sampling:
        """The engine's sampling; what the client leaves open comes from the settings."""
        seed = None if self.seed is None or self.seed < 0 else self.seed % (2**32 - 1)
        names = ("temperature", "top_k", "top_p", "min_p", "repeat_penalty")
        given = {name: value for name in names if (value := getattr(self, name)) is not None}
        return replace(sampling(config, seed), grammar=self.grammar or None, **given)

    def stops(self) -> tuple[str, ...]:
        """The stop strings, empty ones left out."""
        found = [self.stop] if isinstance(self.stop, str) else self.stop or []
        if any(len(text) > _LONGEST_STOP for text in found):
            # Each is looked for behind every token.
            raise Refusal(400, f"a stop string has {_LONGEST_STOP:,} characters at most")
        return tuple(text for text in found if text)


class StreamOptions(_Fields):
    """What else a stream tells."""

    include_usage: bool = False


class _OpenAIWish(_Wish):
    n: int | None = None
    stream_options: StreamOptions | None = None

    def refuse_unknown(self) -> None:
        """Raise for what would silently be done otherwise than asked."""
        super().refuse_unknown()
        if self.n not in (None, 1):
            raise Refusal(400, "n is 1: one reply at a time")


class Part(_Fields):
    """A piece of a message's content."""

    type: str
    text: str = ""


class Message(_Fields):
    """One message of a conversation as OpenAI writes it."""

    role: str
    content: str | list[Part] | None = None

    def read(self) -> ChatMessage:
        """The engine's form."""
        if self.role not in _ROLES:
            raise Refusal(400, f"the role of a message is one of {', '.join(_ROLES)}")
        if isinstance(self.content, list):
            if any(part.type != "text" for part in self.content):
                raise Refusal(400, "the content of a message is text")
            return ChatMessage(_ROLES[self.role], "".join(part.text for part in self.content))
        return ChatMessage(_ROLES[self.role], self.content or "")


class ChatWish(_OpenAIWish):
    """The body of /v1/chat/completions."""

    messages: Annotated[list[Message], Field(min_length=1)]
    max_tokens: Annotated[int, Field(ge=1, le=_MOST_TOKENS)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1, le=_MOST_TOKENS)] | None = None
    tools: list[Any] | None = None
    functions: list[Any] | None = None
    """What `tools` were called before."""
    response_format: dict[str, Any] | None = None

    def request(self, config: Config) -> GenerationRequest:
        """The generation that it asks for."""
        self.refuse_unknown()
        if self.tools or self.functions:
            raise Refusal(400, "tools are not supported")
        if self.response_format and self.response_format.get("type") != "text":
            raise Refusal(400, "response_format is not supported; grammar (GBNF) is")
        messages = tuple(message.read() for message in self.messages)
        tokens = self.max_completion_tokens or self.max_tokens or config.max_tokens
        return GenerationRequest(ChatPrompt(messages), tokens, self.sampling(config), self.stops())


class CompletionWish(_OpenAIWish):
    """The body of /v1/completions."""

    prompt: str | list[int] | list[str] | list[list[int]]
    suffix: str | None = None
    max_tokens: Annotated[int, Field(ge=1, le=_MOST_TOKENS)] | None = None
    echo: bool = False
    best_of: int | None = None

    def request(self, config: Config) -> GenerationRequest:
        """The generation that it asks for."""
        self.refuse_unknown()
        if self.best_of not in (None, 1):
            raise Refusal(400, "best_of is 1: one reply at a time")
        tokens = self.max_tokens or config.max_tokens
        return GenerationRequest(self._prompt(), tokens, self.sampling(config), self.stops())

    def text(self) -> str:
        """The prompt as text, for `echo`."""
        prompt = self._prompt()
        if isinstance(prompt, TextPrompt):
            return prompt.text
        raise Refusal(400, "echo goes with a prompt that is one text")

    def _prompt(self) -> Prompt:
        prompt = self.prompt
        if isinstance(prompt, list) and prompt and not isinstance(prompt[0], int):
            if len(prompt) != 1:
                raise Refusal(400, "prompt is one text: one reply at a time")
            prompt = prompt[0]
        if isinstance(prompt, list):
            return TokenPrompt(tuple(token for token in prompt if isinstance(token, int)))
        return InfillPrompt(prompt, self.suffix) if self.suffix else TextPrompt(prompt)


class Snippet(_Fields):
    """Text from elsewhere that helps a completion."""

    filename: str = ""
    text: str = ""


class InfillWish(_Wish):
    """The body of llama.cpp's /infill, as llama.vim sends it."""

    input_prefix: str = ""
    input_suffix: str = ""
    prompt: str = ""
    """What stands left of the cursor on its line; it ends the prefix."""
    input_extra: Annotated[list[Snippet], Field(max_length=256)] = []
    n_predict: Annotated[int, Field(ge=-1, le=_MOST_TOKENS)] = -1
    """With 0 the prompt is only read, for the next request."""
    n_indent: Annotated[int, Field(ge=0)] = 0
    t_max_prompt_ms: float = 0
    """After so long without a first token the answer is empty; what is left of the prompt is read for the next one."""
    t_max_predict_ms: float = 0
    cache_prompt: bool = True
    samplers: Annotated[list[str], Field(max_length=64)] | str | None = None
    """Only these choose the token: names, or their first letters in one text."""
    response_fields: Annotated[list[str], Field(max_length=64)] = []
    """Paths such as `timings/prompt_n`: the answer holds only these, under these names."""

    def sampling(self, config: Config) -> Sampling:
        """The engine's sampling: as given, without the samplers that are not named."""
        # The settings' penalty for repeated words is for prose; code repeats itself rightly.
        penalty = 1.0 if self.repeat_penalty is None else self.repeat_penalty
        chosen = replace(super().sampling(config), repeat_penalty=penalty)
        if self.samplers is None:
            return chosen
        names = self.samplers if isinstance(self.samplers, list) else [_LETTERS.get(one, "") for one in self.samplers]
        off = {name: value for sampler, (name, value) in _OFF.items() if sampler not in names}
        if "infill" in names and self.temperature is None:
            # It leaves what is far likelier than the rest; the likeliest token is the nearest to that here.
            off["temperature"] = 0.0
        return replace(chosen, **off)


_LETTERS = {"k": "top_k", "p": "top_p", "m": "min_p", "t": "temperature", "e": "penalties", "i": "infill"}
_OFF: dict[str, tuple[str, Any]] = {
    "top_k": ("top_k", 0),
    "top_p": ("top_p", 1.0),
    "min_p": ("min_p", 0.0),
    "temperature": ("temperature", 1.0),
    "penalties": ("repeat_penalty", 1.0),
}
"""The setting that a sampler has, and the value at which it does nothing."""


class TokenizeWish(_Fields):
    """The body of llama.cpp's /tokenize."""

    content: Annotated[str, Field(max_length=_LONGEST_TOKENIZED)]
    parse_special: bool = True
    add_special: Literal[False] = False
    with_pieces: Literal[False] = False


def read(kind: type[_AnyWish], body: bytes) -> _AnyWish:
    """The body as a wish.

    Raises:
        Refusal: it is no JSON of that kind; the sentence names the field.
    """
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        found = error.errors()
        # Of a field that may be one thing or another, the thing that it is says more than those that it is not.
        telling = next((one for one in found if not one["type"].endswith("_type")), found[0])
        # Of those things, the place names none: it is the client's path, not pydantic's.
        parts = [str(part) for part in telling["loc"]]
        place = ".".join(part for part in parts if part != "str" and "[" not in part) or "the body"
        raise Refusal(400, f"{place}: {telling['msg'].lower()}") from None
