"""A registry on this machine with one small image, which the engine pulls without TLS.

It can fail in the ways in which registries, and what stands before them, do.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import socket
import tarfile
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]

_DOCKER = "application/vnd.docker"
_TLS_HANDSHAKE = b"\x16"
_MANIFEST = f"{_DOCKER}.distribution.manifest.v2+json"


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _image() -> tuple[bytes, dict[str, bytes]]:
    """Make an image with one empty file: its manifest, and the blobs by digest."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("file"))
    packed = gzip.compress(layer.getvalue(), mtime=0)
    files = {"type": "layers", "diff_ids": [_digest(layer.getvalue())]}
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": files}).encode()
    parts = {
        "config": (f"{_DOCKER}.container.image.v1+json", config),
        "layer": (f"{_DOCKER}.image.rootfs.diff.tar.gzip", packed),
    }
    described = {
        name: {"mediaType": kind, "size": len(content), "digest": _digest(content)}
        for name, (kind, content) in parts.items()
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": described["config"],
        "layers": [described["layer"]],
    }
    return json.dumps(manifest).encode(), {_digest(config): config, _digest(packed): packed}


_CONTENT, _BLOBS = _image()


def works(request: BaseHTTPRequestHandler) -> None:
    """Have every image: under each name the same."""
    kind, content = _MANIFEST, _CONTENT
    if "/blobs/" in request.path:
        kind, content = "application/octet-stream", _BLOBS[request.path.rpartition("/")[2]]
    elif "/manifests/" not in request.path:
        kind, content = "application/json", b"{}"
    request.send_response(200)
    request.send_header("Content-Type", kind)
    request.send_header("Content-Length", str(len(content)))
    request.send_header("Docker-Content-Digest", _digest(content))
    request.end_headers()
    if request.command == "GET":
        request.wfile.write(content)


def says(status: int) -> Answer:
    """Answer everything with a status and no more."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


def hangs_up(request: BaseHTTPRequestHandler) -> None:
    """Cut the connection."""
    request.connection.shutdown(socket.SHUT_RDWR)
    request.close_connection = True


class Registry:
    """A registry that does what `answer` says, until it is closed."""

    def __init__(self) -> None:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle(self) -> None:
                # An engine from 29 on tries TLS first, and expects HTTP's answer to it.
                if self.connection.recv(1, socket.MSG_PEEK) == _TLS_HANDSHAKE:
                    self.connection.recv(65536)
                    self.wfile.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
                else:
                    super().handle()

            def do_GET(self) -> None:
                registry.answer(self)

            def do_HEAD(self) -> None:
                registry.answer(self)

            def log_message(self, *_: object) -> None:
                """Stay quiet."""

        self.answer: Answer = works
        self._ends = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.host = f"localhost:{self._server.server_port}"

    def is_silent(self, _request: BaseHTTPRequestHandler) -> None:
        """Take the connection and say nothing."""
        self._ends.wait()

    def close(self) -> None:
        """Refuse connections from now on."""
        self._ends.set()
        self._server.shutdown()
        self._server.server_close()
