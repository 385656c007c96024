"""A web server for the page on this machine."""

import functools
import http.server
from pathlib import Path


class _Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = {  # noqa: RUF012  as in the class above
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        # Some systems map these otherwise, and browsers then refuse them.
        ".js": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


def page_server(folder: Path, port: int = 8000, host: str = "127.0.0.1") -> http.server.ThreadingHTTPServer:
    """A server of the files of a folder; `serve_forever` starts it.

    Args:
        folder: from `build_page`.
        port: 0 for any free one.
        host: address to listen at.

    Raises:
        OSError: the port is taken.
    """
    return http.server.ThreadingHTTPServer((host, port), functools.partial(_Handler, directory=str(folder)))
