"""A generator behind an OpenAI-compatible server (vLLM, llama.cpp, wizard-tui serve, or a paid one).

Requests are in flight together up to `concurrency`, whichever thread asks; replies come back in order. A busy or
failing server is asked again with growing pauses, or after the pause that it names. Spreading over machines is the
server's business (a vLLM cluster behind one address). What is sent are the standard fields only.
"""

from __future__ import annotations

import asyncio
import os
import random
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError, Future
from typing import Any
from urllib.parse import urlsplit

import httpx

from assistant.engine.api import ChatPrompt, GenerationRequest, StopReason, TextPrompt
from assistant.ground.visible import visible_line
from trainer.errors import TrainerError
from trainer.generators.generator import GeneratorOptions, Reply

_CONCURRENCY = 32
_TRIES = 8
_LONGEST_PAUSE = 60.0
_BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_TOO_LONG = (
    "context length",
    "context size",
    "context_length",
    "too long",
    "maximum context",
    "exceeds the available context",
)
_STOPS: dict[str, StopReason] = {"length": "length", "stop": "end"}


class OpenAIGenerator:
    """See the module; the address may be given with or without /v1.

    Raises:
        TrainerError: nobody answers there.
    """

    concurrent = True

    def __init__(self, address: str, options: GeneratorOptions) -> None:
        parts = urlsplit(address)
        if not parts.hostname:
            raise TrainerError(f"cannot reach {address}", "the address names no host", "http://localhost:8000/v1")
        self._base = address.rstrip("/") + ("" if parts.path.strip("/") else "/v1")
        self.appetite = options.concurrency or _CONCURRENCY
        self._options = options
        self._model = options.model
        self._length_field = "max_tokens"
        self._used = 0
        self._next_slot = 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="openai", daemon=True)
        self._thread.start()
        try:
            self._await(self._open())
        except BaseException:
            self.close()
            raise

    @property
    def name(self) -> str:
        """The model and where it is served."""
        return f"{self._model} at {self._base}"

    def generate(self, requests: Iterable[GenerationRequest]) -> Iterator[Reply]:
        """One reply per request, in order; see `Generator.generate`."""
        waiting: deque[Future[Reply]] = deque()
        try:
            for request in requests:
                waiting.append(asyncio.run_coroutine_threadsafe(self._reply(request), self._loop))
                # Looking ahead beyond the concurrency keeps the server busy while a slow reply holds up the order.
                if len(waiting) >= 4 * self.appetite:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except CancelledError:
            raise TrainerError(f"{self._base} was closed while it was being asked") from None
        finally:
            for future in waiting:
                future.cancel()

    def close(self) -> None:
        """Close the connections and the thread that drives them."""
        if self._loop.is_running():
            self._await(self._shut())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=5)

    def _await(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _open(self) -> None:
        key = self._options.api_key or os.environ.get("OPENAI_API_KEY", "")
        self._client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(600.0, connect=10.0),
            limits=httpx.Limits(max_connections=self.appetite, max_keepalive_connections=self.appetite),
        )
        self._slots = asyncio.Semaphore(self.appetite)
        if self._model:
            return
        try:
            answer = await self._client.get(f"{self._base}/models")
            self._model = str(answer.json()["data"][0]["id"]) if answer.is_success else ""
        except httpx.HTTPError as error:
            why = visible_line(str(error) or type(error).__name__)
            raise TrainerError(
                f"cannot reach {self._base}", why, "is the server running, and is the port right?"
            ) from error
        except (ValueError, LookupError, TypeError):
            self._model = ""
        if not self._model:
            if answer.status_code in (401, 403):
                raise self._refused(answer)
            raise TrainerError(f"{self._base} lists no models", f"HTTP {answer.status_code}", "--teacher-model NAME")

    async def _shut(self) -> None:
        for task in asyncio.all_tasks(self._loop):
            if task is not asyncio.current_task():
                task.cancel()
        if hasattr(self, "_client"):
            await self._client.aclose()

    async def _reply(self, request: GenerationRequest) -> Reply:
        async with self._slots:
            budget = self._options.token_budget
            if budget and self._used >= budget:
                why = f"{self._used:,} of {budget:,} tokens are used"
                raise TrainerError(
                    "the token budget is used up", why, "run it again with a larger --token-budget to go on"
                )
            reply = await self._persistently(request)
            self._used += reply.tokens
            return reply

    async def _persistently(self, request: GenerationRequest) -> Reply:
        trouble = ""
        for attempt in range(_TRIES):
            await self._pace()
            pause = min(_LONGEST_PAUSE, 0.5 * 2**attempt) * random.uniform(0.7, 1.3)
            try:
                answer = await self._client.post(f"{self._base}/{_route(request)}", json=self._body(request))
            except httpx.HTTPError as error:
                trouble = str(error) or type(error).__name__
            else:
                if answer.is_success:
                    reply = _read(answer)
                    if reply is not None:
                        return reply
                    trouble = "the reply is no completion"
                elif answer.status_code in _BUSY:
                    trouble = f"HTTP {answer.status_code}"
                    pause = max(pause, _named_pause(answer))
                elif any(words in answer.text.lower() for words in _TOO_LONG):
                    return Reply("", "context_full", 0)
                elif "max_completion_tokens" in answer.text and self._length_field == "max_tokens":
                    self._length_field, pause = "max_completion_tokens", 0.0
                else:
                    raise self._refused(answer)
            if attempt < _TRIES - 1:
                await asyncio.sleep(pause)
        raise TrainerError(
            f"{self._base} does not answer",
            f"{visible_line(trouble)}, {_TRIES} times in a row",
            "run it again to go on",
        )

    async def _pace(self) -> None:
        """Wait for this request's turn under the limit of requests a minute."""
        if self._options.requests_per_minute <= 0:
            return
        now = self._loop.time()
        turn = max(now, self._next_slot)
        self._next_slot = turn + 60.0 / self._options.requests_per_minute
        await asyncio.sleep(turn - now)

    def _body(self, request: GenerationRequest) -> dict[str, Any]:
        sampling = request.sampling
        body: dict[str, Any] = {
            "model": self._model,
            self._length_field: request.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
        }
        if sampling.seed is not None:
            body["seed"] = sampling.seed
        if request.stop:
            body["stop"] = list(request.stop)
        if isinstance(request.prompt, TextPrompt):
            return body | {"prompt": request.prompt.text}
        assert isinstance(request.prompt, ChatPrompt)
        body["messages"] = [{"role": m.role, "content": m.content} for m in request.prompt.messages]
        if request.prompt.reply_start:
            # vLLM's fields for a reply that goes on from its beginning.
            body["messages"].append({"role": "assistant", "content": request.prompt.reply_start})
            body |= {"add_generation_prompt": False, "continue_final_message": True}
        return body

    def _refused(self, answer: httpx.Response) -> TrainerError:
        hint = "OPENAI_API_KEY=… in the environment" if answer.status_code in (401, 403) else ""
        why = visible_line(f"HTTP {answer.status_code}: {answer.text[:200]}")
        return TrainerError(f"{self._base} refused a request", why, hint)


def _route(request: GenerationRequest) -> str:
    if isinstance(request.prompt, ChatPrompt):
        return "chat/completions"
    if isinstance(request.prompt, TextPrompt):
        return "completions"
    raise TrainerError("a server takes conversations and text only", type(request.prompt).__name__, "a GGUF file")


def _read(answer: httpx.Response) -> Reply | None:
    try:
        body = answer.json()
        choice = body["choices"][0]
        text = choice["message"]["content"] if "message" in choice else choice["text"]
        tokens = (body.get("usage") or {}).get("completion_tokens")
        count = tokens if isinstance(tokens, int) else len(text or "") // 4
        return Reply(str(text or ""), _STOPS.get(str(choice.get("finish_reason")), "end"), count)
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def _named_pause(answer: httpx.Response) -> float:
    try:
        return min(_LONGEST_PAUSE, float(answer.headers.get("retry-after", "0")))
    except ValueError:
        return 0.0
