"""A Hugging Face Hub of two routes on loopback, which breaks off, lies about checksums and stalls where told to."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class LocalHub:
    """What is served, how it misbehaves, and what was asked of it."""

    files: dict[str, bytes] = field(default_factory=dict)
    """`owner/repository/file` → content."""
    sha256: str = ""
    """Given out instead of the true one."""
    break_after: int = 0
    """Close the connection after so many bytes, once."""
    stall_after: int = 0
    """Send so many bytes and then nothing more, once."""
    gated: bool = False
    ranges: list[str] = field(default_factory=list)
    bodies: int = 0
    released: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    @contextmanager
    def running(self) -> Iterator[LocalHub]:
        """Serve until the block ends."""
        hub = self

        class Route(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                hub.answer(self, body=False)

            def do_GET(self) -> None:
                hub.answer(self, body=True)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Route)
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.released.set()
            server.shutdown()
            server.server_close()

    def answer(self, request: BaseHTTPRequestHandler, body: bool) -> None:
        parts = request.path.strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            self._listing(request, "/".join(parts[2:4]))
            return
        repository, name = "/".join(parts[:2]), "/".join(parts[4:])
        content = self.files.get(f"{repository}/{name}")
        if self.gated:
            self._refuse(request, 403, "GatedRepo")
        elif not any(key.startswith(f"{repository}/") for key in self.files):
            self._refuse(request, 401, "RepoNotFound")
        elif content is None:
            self._refuse(request, 404, "EntryNotFound")
        else:
            self._file(request, content, body)

    def _listing(self, request: BaseHTTPRequestHandler, repository: str) -> None:
        names = [key.removeprefix(f"{repository}/") for key in self.files if key.startswith(f"{repository}/")]
        if not names:
            self._refuse(request, 401, "RepoNotFound")
            return
        sizes = {name: len(self.files[f"{repository}/{name}"]) for name in names}
        data = json.dumps(
            [{"type": "file", "path": name, "size": sizes[name], "oid": COMMIT} for name in names]
        ).encode()
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    def _refuse(self, request: BaseHTTPRequestHandler, status: int, code: str) -> None:
        request.send_response(status)
        request.send_header("X-Error-Code", code)
        request.send_header("X-Repo-Commit", COMMIT)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def _file(self, request: BaseHTTPRequestHandler, content: bytes, body: bool) -> None:
        asked = request.headers.get("Range", "")
        start = int(asked.removeprefix("bytes=").split("-")[0]) if asked else 0
        if body:
            self.ranges.append(asked)
            self.bodies += 1
        request.send_response(206 if asked else 200)
        request.send_header("X-Repo-Commit", COMMIT)
        request.send_header("ETag", f'"{self.sha256 or hashlib.sha256(content).hexdigest()}"')
        request.send_header("Content-Length", str(len(content) - start))
        if asked:
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        request.end_headers()
        if not body:
            return
        if self.break_after:
            request.wfile.write(content[start : start + self.break_after])
            self.break_after = 0
            request.close_connection = True
            request.wfile.flush()
            request.connection.shutdown(2)
        elif self.stall_after:
            request.wfile.write(content[start : start + self.stall_after])
            request.wfile.flush()
            self.stall_after = 0
            self.released.wait(60)
            request.close_connection = True
        else:
            request.wfile.write(content[start:])
