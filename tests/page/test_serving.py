"""The server of the page: its own files, a policy for the browser, limits, and no words when a browser leaves."""

import base64
import hashlib
import http.client
import re
import socket
import threading
import time
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from keras_rau.cli import app
from keras_rau.page import serving
from keras_rau.page.building import FILES, page_files
from keras_rau.page.serving import page_server


@pytest.fixture
def page(tmp_path):
    """A folder with the files of a page, and others that are nobody's business."""
    folder = tmp_path / "page"
    for name in page_files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"content of {name}")
    (folder / "patients.csv").write_text("secret")
    (folder / ".env").write_text("secret")
    (folder / "litert" / ".hidden.js").write_text("secret")
    (tmp_path / "outside.txt").write_text("secret")
    return folder


@contextmanager
def running(folder):
    server = page_server(folder, 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def ask(port, target, method="GET"):
    """Status, headers and content of an answer to exactly these words."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as one:
        one.sendall(f"{method} {target} HTTP/1.0\r\n\r\n".encode("latin-1"))
        answer = http.client.HTTPResponse(one, method=method)
        answer.begin()
        return answer.status, answer.headers, answer.read()


def test_the_files_of_the_page_are_served(page):
    with running(page) as port:
        assert ask(port, "/")[2] == b"content of index.html"
        for name in page_files():
            status, headers, content = ask(port, f"/{name}?v=1")
            assert (status, content) == (200, f"content of {name}".encode())
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert "Python" not in headers["Server"]
        assert ask(port, "/litert/core.js")[1]["Content-Type"].startswith("text/javascript")
        status, headers, content = ask(port, "/model.tflite", "HEAD")
        assert (status, content, headers["Content-Length"]) == (200, b"", "23")


def test_nothing_else_is_served(page, tmp_path):
    (page / "page.js").unlink()
    (page / "page.js").symlink_to(tmp_path / "outside.txt")
    (page / "style.css").unlink()
    (page / "style.css").mkdir()
    targets = [
        *(
            "/patients.csv",
            "/.env",
            "/litert/.hidden.js",
            "/litert/",
            "/litert",
            "/page.js",
            "/style.css",
        ),
        *(
            "/../outside.txt",
            "/%2e%2e/outside.txt",
            "/litert/../index.html",
            "/./index.html",
            "/index.html/",
            "/nothing",
        ),
        *("http://[/", "*", "/\xff", "/index.html%00", "/INDEX.HTML"),
    ]
    with running(page) as port:
        for target in targets:
            status, headers, content = ask(port, target)
            assert status == 404, target
            assert b"secret" not in content
            assert "Content-Security-Policy" in headers
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT"):
            assert ask(port, "/", method)[0] == 501
        assert ask(port, "/" + "a" * 70_000)[0] == 414


def test_a_folder_that_is_a_link_is_served(page, tmp_path):
    (tmp_path / "link").symlink_to(page)
    with running(tmp_path / "link") as port:
        assert ask(port, "/")[0] == 200


def test_the_policy_allows_the_page_webassembly_and_the_import_map_alone():
    policy = dict(part.strip().split(" ", 1) for part in serving.content_security_policy().split(";"))
    page = (FILES / "index.html").read_text()
    (import_map,) = re.findall(r'<script type="importmap">(.*?)</script>', page)
    digest = base64.b64encode(hashlib.sha256(import_map.encode()).digest()).decode()
    assert policy["default-src"] == "'self'"
    assert policy["script-src"] == f"'self' 'wasm-unsafe-eval' 'sha256-{digest}'"
    assert {value for name, value in policy.items() if name not in ("default-src", "script-src")} == {"'none'"}
    # Without these the page needs nothing else.
    assert not re.search(r"\son\w+=|style=|data:|https?://", page)


def test_a_browser_that_leaves_is_no_matter(page, capfd, monkeypatch):
    (page / "model.tflite").write_bytes(b"x" * 20_000_000)
    with running(page) as port:
        for words in (b"", b"GET ", b"GET /model.tflite HTTP/1.0\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", port)) as one:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                one.sendall(words)
                time.sleep(0.05)
        assert ask(port, "/")[0] == 200
    assert capfd.readouterr() == ("", "")


def test_time_and_connections_are_limited(page, monkeypatch, capfd):
    monkeypatch.setattr(serving, "LONGEST", 0.5)
    monkeypatch.setattr(serving, "MOST_CONNECTIONS", 3)
    with running(page) as port:
        waiting = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(3)]
        for one in waiting:
            one.sendall(b"GET / HTTP/1.0\r\na: ")
        time.sleep(0.1)
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            ask(port, "/")
        # Their time is over: they are cut, and there is room again.
        for one in waiting:
            assert one.recv(10) in (b"", b"HTTP/1.0 4")
            one.close()
        time.sleep(0.1)
        assert ask(port, "/")[0] == 200
    assert capfd.readouterr() == ("", "")


def test_another_folder_than_a_page_is_refused(tmp_path):
    (tmp_path / "model.tflite").write_bytes(b"x")
    done = CliRunner().invoke(app, ["serve-page", "--output", str(tmp_path)])
    assert done.exit_code == 1
    assert "is not a whole page: it lacks classes.js" in str(done.exception or done.output)
