"""Pushing to a hub, against a stub of it on the loopback."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

CODE = """
import sys
from pathlib import Path
from quantize.making.push import push
from assistant.errors import AssistantError
try:
    print(push("me/model-GGUF", Path(sys.argv[1]), [Path(p) for p in sys.argv[2:]]))
except AssistantError as error:
    sys.exit(error.sentence())
"""


class Hub(ThreadingHTTPServer):
    """Takes what the hub's library sends and keeps it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.refuse = 0
        self.files: dict[str, bytes] = {}
        self.tokens: set[str] = set()


class Answers(BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.tokens.add(self.headers.get("authorization", ""))
        if self.server.refuse:
            return self.answer({"error": "no"}, self.server.refuse)
        if self.path == "/api/repos/create":
            return self.answer({"url": f"{self.server.address}/me/model-GGUF", "name": "me/model-GGUF", "id": "1"})
        if self.path == "/api/validate-yaml":
            return self.answer({"errors": [], "warnings": []})
        if "/preupload/" in self.path:
            files = json.loads(body)["files"]
            rows = [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files]
            return self.answer({"files": rows})
        if "/commit/" in self.path:
            for line in body.splitlines():
                row = json.loads(line)
                if row["key"] == "file":
                    self.server.files[row["value"]["path"]] = base64.b64decode(row["value"]["content"])
            return self.answer(
                {"commitUrl": f"{self.server.address}/me/model-GGUF/commit/1", "commitOid": "1", "success": True}
            )
        return self.answer({"error": f"unexpected {self.path}"}, 404)

    def answer(self, value: Any, status: int = 200) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def pushed(hub: Hub, *files: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "HF_ENDPOINT": hub.address,
        "HF_TOKEN": "hf_test",
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",
    }
    return subprocess.run(
        [sys.executable, "-c", CODE, *map(str, files)], capture_output=True, text=True, env=environment, check=False
    )


def test_model_and_papers_arrive_in_one_commit(hub: Hub, tmp_path: Path) -> None:
    for name, content in (("m.gguf", "weights"), ("m.README.md", "card"), ("Modelfile", "FROM ./m.gguf")):
        (tmp_path / name).write_text(content)
    done = pushed(hub, tmp_path / "m.gguf", tmp_path / "m.README.md", tmp_path / "Modelfile")
    assert done.returncode == 0, done.stderr
    assert hub.files == {"m.gguf": b"weights", "README.md": b"card", "Modelfile": b"FROM ./m.gguf"}
    assert hub.tokens == {"Bearer hf_test"}


@pytest.mark.parametrize(("status", "words"), [(401, "hf auth login"), (403, "hf auth login"), (400, "answered 400")])
def test_refusal_of_the_hub_is_told_in_a_sentence(status: int, words: str, hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_text("weights")
    hub.refuse = status
    done = pushed(hub, tmp_path / "m.gguf")
    assert done.returncode == 1
    assert "cannot push to me/model-GGUF" in done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
