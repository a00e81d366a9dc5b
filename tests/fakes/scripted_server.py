"""A small OpenAI-compatible server on loopback that answers like the scripted teacher, and misbehaves where told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from assistant.engine.api import ChatMessage, ChatPrompt, GenerationRequest, Sampling, TextPrompt
from tests.fakes.scripted_generator import teacher


class _Server(ThreadingHTTPServer):
    # Thirty-two clients that come at once are more than the usual five that may wait to be accepted.
    request_queue_size = 256


class ScriptedServer:
    """Use as a context manager; `address` is where it listens.

    Args:
        trouble: called with the number of the request (from 0); an HTTP status to answer with, or None to go on.
    """

    def __init__(self, *, seconds: float = 0.0, trouble: Callable[[int], int | None] = lambda _n: None) -> None:
        self.bodies: list[dict] = []
        self.most_at_once = 0
        self.headers: dict[str, str] = {}
        self.error_text = "scripted trouble"
        self._at_once = 0
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler(seconds, trouble))
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> ScriptedServer:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self, seconds: float, trouble: Callable[[int], int | None]) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # A reply in two packets would wait for the delayed acknowledgement of the first.
            wbufsize = -1

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                self._say(200, {"data": [{"id": "scripted-1b"}]})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with outer._lock:
                    number = len(outer.bodies)
                    outer.bodies.append(body)
                    outer._at_once += 1
                    outer.most_at_once = max(outer.most_at_once, outer._at_once)
                if seconds:
                    time.sleep(seconds)
                status = trouble(number)
                with outer._lock:
                    outer._at_once -= 1
                if status:
                    self._say(status, {"error": {"message": outer.error_text}})
                else:
                    text = teacher(_request(body))
                    choice = {"finish_reason": "stop", "message": {"role": "assistant", "content": text}, "text": text}
                    self._say(200, {"choices": [choice], "usage": {"completion_tokens": len(text) // 4}})

            def _say(self, status: int, body: dict) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                for name, value in (outer.headers if status != 200 else {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        return Handler


def _request(body: dict) -> GenerationRequest:
    sampling = Sampling(seed=body.get("seed"))
    if "prompt" in body:
        return GenerationRequest(TextPrompt(body["prompt"]), body["max_tokens"], sampling)
    messages = tuple(ChatMessage(m["role"], m["content"]) for m in body["messages"])
    return GenerationRequest(ChatPrompt(messages), body["max_tokens"], sampling)
