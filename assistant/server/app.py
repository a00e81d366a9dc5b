"""The HTTP application: OpenAI's /v1 and llama.cpp's /infill, /tokenize and /health over one engine.

Each route reads a wish, has it worked on while its client stays, and writes the answer; who may ask at all is the
guard's business.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from assistant.completion.account import Account
from assistant.config import Config
from assistant.engine.api import Engine, GenerationRequest, GenerationStats, LoadedModel, TokenPrompt
from assistant.errors import AssistantError
from assistant.server import infill, wishes
from assistant.server.guard import ENDING, Application, Guard, Receive, Refusal, Rules, Scope, Send, error_document
from assistant.server.openai_answers import Answer
from assistant.server.work import (
    ClientGone,
    Work,
    collect,
    refusal_for,
    until,
    while_connected,
    without_beginning,
)

_LONGEST_PATH = 200


class Routes:
    """The routes' common ground: the engine, the name of its model, and the settings."""

    def __init__(self, engine: Engine, model: str, config: Config, most_requests: int = 16) -> None:
        self.work = Work(engine, most_requests)
        self.engine = engine
        self.model = model
        self.config = config
        self.started = int(time.time())
        self._facts = engine.loaded

    def loaded(self) -> LoadedModel:
        """The facts of the model; after a crash those of before, since the next request loads it again.

        Raises:
            Refusal: it was not loaded yet.
        """
        self._facts = self.engine.loaded or self._facts
        if self._facts is None:
            raise Refusal(503, "the model is being loaded; try again", "unavailable_error", "loading")
        return self._facts

    async def health(self, _: Request) -> Response:
        """Whether the server is there, with its model."""
        self.loaded()
        return JSONResponse({"status": "ok"})

    async def models(self, _: Request) -> Response:
        """The one model that runs, in a list."""
        return JSONResponse({"object": "list", "data": [self._row()]})

    async def one_model(self, request: Request) -> Response:
        """The one model that runs, by its name; requests for text may name any."""
        if request.path_params["name"] != self.model:
            sentence = f"the only model here is {self.model}"
            raise Refusal(404, sentence, "invalid_request_error", "model_not_found")
        return JSONResponse(self._row())

    def _row(self) -> dict[str, Any]:
        loaded = self.loaded()
        row: dict[str, Any] = {"id": self.model, "object": "model", "created": self.started, "owned_by": "wizard-tui"}
        row["meta"] = {
            "n_ctx": loaded.context_size,
            "n_ctx_train": loaded.trained_context_size,
            "n_params": loaded.parameters,
            "size": loaded.bytes,
            "infill": loaded.infill,
        }
        return row

    async def chat(self, request: Request) -> Response:
        """OpenAI's chat completions."""
        self.loaded()
        wish = wishes.read(wishes.ChatWish, await request.body())
        return await self._openai(request, wish.request(self.config), wish, Answer(self.model, chat=True), "")

    async def completions(self, request: Request) -> Response:
        """OpenAI's completions; with a suffix, the gap before it."""
        known = self.loaded().vocabulary_size
        wish = wishes.read(wishes.CompletionWish, await request.body())
        asked = wish.request(self.config)
        if wish.suffix and not self.loaded().infill:
            raise Refusal(400, f"{self.model} does not fill in the middle, so it takes no suffix")
        if wish.suffix and isinstance(asked.prompt, TokenPrompt):
            raise Refusal(400, "suffix goes with a prompt that is one text")
        tokens = asked.prompt.tokens if isinstance(asked.prompt, TokenPrompt) else ()
        if any(not 0 <= token < known for token in tokens):
            raise Refusal(400, f"a token of the prompt is not in the vocabulary of {known:,}")
        echo = wish.text() if wish.echo else ""
        return await self._openai(request, asked, wish, Answer(self.model, chat=False), echo)

    async def infill(self, request: Request) -> Response:
        """llama.cpp's fill-in-the-middle."""
        self.loaded()
        wish = wishes.read(wishes.InfillWish, await request.body())
        await self.work.stop_reading()
        try:
            asked = await infill.infill_request(wish, self.engine, self.loaded(), self.config)
        except AssistantError as error:
            raise refusal_for(error) from error
        # Who asks for no text only wants the prompt read: that takes as long as it takes.
        patience = wish.t_max_prompt_ms / 1000 if wish.n_predict else 0
        account = Account()
        said = without_beginning(self.work.stream(asked.request, account), asked.held)
        chunks = until(self.work.within(said, max(0, patience)), infill.ending(wish), account)
        if wish.stream:
            return EventStream(self._infill_events(chunks, asked.held_tokens))
        text, stats = await while_connected(request.receive, collect(chunks))
        document = infill.answer(text, stats, asked.held_tokens, self.loaded(), self.model)
        return JSONResponse(infill.only(wish.response_fields, document))

    async def tokenize(self, request: Request) -> Response:
        """llama.cpp's tokenizer."""
        self.loaded()
        wish = wishes.read(wishes.TokenizeWish, await request.body())
        try:
            tokens = await self.engine.tokenize(wish.content, special=wish.parse_special)
        except AssistantError as error:
            raise refusal_for(error) from error
        return JSONResponse({"tokens": list(tokens)})

    async def _openai(
        self, request: Request, asked: GenerationRequest, wish: Any, answer: Answer, echo: str
    ) -> Response:
        if wish.stream:
            counted = wish.stream_options is not None and wish.stream_options.include_usage
            return EventStream(self._openai_events(asked, answer, echo, counted))
        text, stats = await while_connected(request.receive, self.work.whole(asked))
        return JSONResponse(answer.whole(echo + text, stats))

    async def _openai_events(
        self, asked: GenerationRequest, answer: Answer, echo: str, counted: bool
    ) -> AsyncIterator[dict[str, Any] | None]:
        opening = [event for event in (answer.opening(), answer.piece(echo) if echo else None) if event]
        async for chunk in self.work.stream(asked):
            # Nothing is sent before the engine has taken the request: a refusal has a status of its own.
            for event in opening:
                yield event
            opening = []
            if isinstance(chunk, GenerationStats):
                yield answer.closing(chunk)
                if counted:
                    yield answer.counted(chunk)
            else:
                yield answer.piece(chunk.text)
        yield None

    async def _infill_events(self, chunks: AsyncIterator[Any], held: int) -> AsyncIterator[dict[str, Any] | None]:
        async for chunk in chunks:
            if isinstance(chunk, GenerationStats):
                yield infill.answer("", chunk, held, self.loaded(), self.model)
            else:
                yield {"content": chunk.text, "stop": False}


class EventStream(Response):
    """Server-sent events; the first one decides the status, and the client's going away ends the work."""

    def __init__(self, events: AsyncIterator[dict[str, Any] | None]) -> None:
        super().__init__()
        self._events = events
        self._begun = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events as they come; None is OpenAI's [DONE]."""
        try:
            await while_connected(receive, self._send_all(send))
        except ClientGone:
            return
        except asyncio.CancelledError:
            if not self._begun:
                raise
            await _send_event(send, json.dumps(error_document(ENDING)))
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_all(self, send: Send) -> None:
        try:
            async for event in self._events:
                if not self._begun:
                    self._begun = True
                    headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]
                    await send({"type": "http.response.start", "status": 200, "headers": headers})
                await _send_event(send, "[DONE]" if event is None else json.dumps(event))
        except Refusal as refusal:
            if not self._begun:
                raise
            await _send_event(send, json.dumps(error_document(refusal)))
        finally:
            close = getattr(self._events, "aclose", None)
            if close is not None:
                await close()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_event(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": f"data: {text}\n\n".encode(), "more_body": True})


def build_app(answers: Routes, rules: Rules) -> Application:
    """The application with its guard before it."""
    routes = [
        Route("/health", answers.health, methods=["GET"]),
        Route("/v1/health", answers.health, methods=["GET"]),
        Route("/v1/models", answers.models, methods=["GET"]),
        Route("/v1/models/{name:path}", answers.one_model, methods=["GET"]),
        Route("/v1/chat/completions", answers.chat, methods=["POST"]),
        Route("/v1/completions", answers.completions, methods=["POST"]),
        Route("/infill", answers.infill, methods=["POST"]),
        Route("/tokenize", answers.tokenize, methods=["POST"]),
    ]
    handlers: dict[Any, Any] = {Refusal: _refused, ClientGone: _nobody, 404: _no_route, 405: _no_route}
    return Guard(Starlette(routes=routes, exception_handlers=handlers), rules)


async def _refused(_: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    headers = {"retry-after": "1"} if refusal.status == 503 else None
    return JSONResponse(error_document(refusal), status_code=refusal.status, headers=headers)


async def _nobody(_: Request, __: Exception) -> Response:
    # It goes nowhere; 499 is what logs call a client that closed its request.
    return Response(status_code=499)


async def _no_route(request: Request, error: Exception) -> Response:
    status = int(getattr(error, "status_code", 404))
    path = request.url.path
    sentence = f"there is no {request.method} {path if len(path) <= _LONGEST_PATH else '…'} here"
    # Where there is another method, its name comes along.
    headers = getattr(error, "headers", None)
    return JSONResponse(error_document(Refusal(status, sentence)), status_code=status, headers=headers)
