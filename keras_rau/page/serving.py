"""A web server for the page on this machine: its own files and nothing else."""

import base64
import hashlib
import http.server
import re
import shutil
import socket
import stat
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from keras_rau.page.building import FILES, page_files

# Seconds without a byte, and seconds of a whole answer.
IDLE, LONGEST = 10, 120
MOST_CONNECTIONS = 32
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    # Some systems map these otherwise, and browsers then refuse them.
    ".js": "text/javascript; charset=utf-8",
    ".wasm": "application/wasm",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".tflite": "application/octet-stream",
}


def content_security_policy() -> str:
    """Return what the page may load and run: files of its own server, WebAssembly, and its import map, known by its hash."""
    page = (FILES / "index.html").read_text(encoding="utf-8")
    (import_map,) = re.findall(r'<script type="importmap">(.*?)</script>', page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(import_map.encode()).digest()).decode()
    return (
        f"default-src 'self'; script-src 'self' 'wasm-unsafe-eval' 'sha256-{digest}'; object-src 'none'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )


class _Handler(http.server.BaseHTTPRequestHandler):
    server_version, sys_version = "keras-rau", ""
    timeout = IDLE
    server: "PageServer"

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""

    def do_GET(self) -> None:
        """Send a file of the page."""
        self._answer(True)

    def do_HEAD(self) -> None:
        """Send what would come before a file of the page."""
        self._answer(False)

    def _answer(self, whole: bool) -> None:
        path = self.server.file(self.path)
        try:
            file = None if path is None else path.open("rb")
        except OSError:
            file = None
        if path is None or file is None:
            self.send_error(404)
            return
        with file:
            self.send_response(200)
            self.send_header("Content-Type", _TYPES[path.suffix])
            self.send_header("Content-Length", str(path.stat().st_size))
            self.end_headers()
            if whole:
                shutil.copyfileobj(file, self.wfile, 1 << 18)

    def end_headers(self) -> None:
        """Add what holds for every answer."""
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        super().end_headers()


class PageServer(http.server.ThreadingHTTPServer):
    """The server of a page.

    It answers GET and HEAD for the files of the page by their own names, at most `MOST_CONNECTIONS` at once, each for at most
    `LONGEST` seconds, and `IDLE` seconds without a byte.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], folder: Path) -> None:
        self._root = folder.resolve()
        self._files = page_files()
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self.headers = {
            "Content-Security-Policy": content_security_policy(),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-cache",
        }
        super().__init__(address, _Handler)

    def file(self, target: str) -> Path | None:
        """Return the file that a request is about; `None` for whatever is no file of the page, or leads out of its folder."""
        try:
            name = urlsplit(target).path.removeprefix("/") or "index.html"
        except ValueError:
            return None
        if name not in self._files:
            return None
        path = self._root / name
        try:
            ours = path.resolve(strict=True) == path and stat.S_ISREG(path.stat().st_mode)
        except (OSError, RuntimeError):
            return None
        return path if ours else None

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own, unless too many are at work."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and end after `LONGEST` seconds whatever the other side does."""
        watch = threading.Timer(LONGEST, _cut, (request,))
        watch.daemon = True
        watch.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            watch.cancel()
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when a browser leaves, and one line of anything else."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            print(f"a request failed: {type(error).__name__}", file=sys.stderr)


def _cut(request: socket.socket) -> None:
    # It may have ended by itself.
    with suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)


def page_server(folder: Path | str, port: int = 8000, host: str = "127.0.0.1") -> PageServer:
    """Build a server of the page in a folder; `serve_forever` starts it.

    Args:
        folder: from `build_page`.
        port: 0 for any free one.
        host: address to listen at.

    Raises:
        OSError: the port is taken.
    """
    return PageServer((host, port), Path(folder))
