"""Servers that say strange things, and archives that cannot be unpacked: one line, and the next run starts clean."""

import io
import socket
import struct
import threading
import time
import zipfile

import pytest

from keras_rau import datasets
from keras_rau.datasets.downloading import connection, transfer
from keras_rau.datasets.downloading.connection import whole_number
from keras_rau.datasets.downloading.transfer import fetch, look
from keras_rau.datasets.downloading.unpacking import DamagedArchive, unpack
from keras_rau.errors import DataError
from tests.data.archive_server import serving, tiny_set, zipped

MASKS = "/2018/ISIC2018_Task1_Validation_GroundTruth.zip"
FOLDER = "ISIC2018_Task1_Validation_GroundTruth"


@pytest.fixture(autouse=True)
def no_waiting_and_no_proxy(monkeypatch):
    monkeypatch.setattr(transfer, "WAIT", 0.01)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


class RawServer:
    """Answers every connection with the same bytes, or byte by byte."""

    def __init__(self, answer, pause=0.0):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/a.zip"
        self.answer, self.pause, self.open = answer, pause, True
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while self.open:
            try:
                one, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(one,), daemon=True).start()

    def _answer(self, one):
        try:
            with one:
                one.recv(65536)
                if not self.pause:
                    one.sendall(self.answer)
                    return
                for byte in self.answer:
                    one.sendall(bytes([byte]))
                    time.sleep(self.pause)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.open = False
        self.socket.close()


STRANGE = {
    "digits": b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\n",
    "many digits": b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
    "retry": b"HTTP/1.1 503 Busy\r\nRetry-After: \xb2\r\nContent-Length: 0\r\n\r\n",
    "escapes": b"HTTP/1.1 418 \x1b[31mred\x07\r\nContent-Length: 0\r\n\r\n",
    "status": b"HTTP/1.1 \xb200 OK\r\n\r\n",
    "no http": b"SSH-2.0-OpenSSH\r\n",
    "nothing": b"",
    "headers": b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 500 + b"\r\n",
    "long line": b"HTTP/1.1 200 OK\r\na: " + b"b" * 100_000 + b"\r\n\r\n",
    **{
        f"redirect {number}": b"HTTP/1.1 302 Found\r\nLocation: " + place + b"\r\nContent-Length: 0\r\n\r\n"
        for number, place in enumerate(
            [
                b"file:///etc/passwd",
                b"ftp://127.0.0.1/a",
                b"http://[::1/a",
                b"http://127.0.0.1:port/a",
                b"http://127.0.0.1:99999999/a",
                b"http://\x1b[31m/\xff\xfe",
                b"http://" + b"a" * 70 + b"." + b"b" * 300 + b"/",
                b"http:///nowhere",
                b"http://a b/",
                b"//",
                b"/a.zip",
                b"gopher://x",
                b"",
            ]
        )
    },
}


@pytest.mark.parametrize("kind", STRANGE)
def test_strange_words_of_a_server_give_one_line(kind, tmp_path):
    said = ""
    with RawServer(STRANGE[kind]) as server:
        try:
            remote = look(server.url)
            assert remote.size is None
            fetch(remote, tmp_path / "a.zip", lambda *_: None, lambda line: None)
        except DataError as error:
            said = str(error)
    assert said.isprintable()
    assert len(said) < 800
    assert said or "digits" in kind


def test_numbers_of_servers():
    assert whole_number(" 12 ") == 12
    assert [whole_number(text) for text in ("", "-1", "²", "٣", "1e3", "9" * 19)] == [None] * 6


def test_a_transfer_slower_than_the_stated_rate_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "PATIENCE", 0.3)
    head = b'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nETag: "1"\r\n\r\n'
    started = time.monotonic()
    with RawServer(head + b"x" * 5000, pause=0.01) as server:
        with pytest.raises(DataError, match="it comes too slowly"):
            look(server.url)
        remote = connection.Remote(server.url, 5000, '"1"', None)
        monkeypatch.setattr(connection, "PATIENCE", 1.0)
        with pytest.raises(DataError, match=r"too slowly.*are kept; run the same command again"):
            fetch(remote, tmp_path / "a.zip", lambda *_: None, lambda line: None)
    assert (tmp_path / "a.zip.part").stat().st_size > 0
    assert time.monotonic() - started < 10


def test_a_file_without_end_is_not_stored(tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "LARGEST", 100_000)
    server = RawServer(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_000_000)
    with server, pytest.raises(DataError, match="it is larger than 100 kB"):
        fetch(look(server.url), tmp_path / "a.zip", lambda *_: None, lambda line: None)


def _bad_archives():
    """Archives that cannot be unpacked, by what is wrong."""
    good = zipped({f"{FOLDER}/a.png": b"x" * 1000, f"{FOLDER}/b.png": b"y" * 1000})
    cut = bytearray(good)
    cut[60:80] = b"\0" * 20
    method = bytearray(good)
    for place in (8, good.index(b"PK\1\2") + 10):
        struct.pack_into("<H", method, place, 97)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(20):
            packed.writestr(f"{number}.png", b"\0" * 60_000_000)
    return {
        "text": b"no archive",
        "cut": good[: len(good) // 2],
        "content": bytes(cut),
        "method": bytes(method),
        "file and folder": zipped({"a": b"1", "a/b.png": b"2"}),
        "long name": zipped({"a" * 300 + ".png": b"1"}),
        "bomb": bomb.getvalue(),
        "central": good[: good.index(b"PK\1\2") + 20] + b"\xff" * 8 + good[good.index(b"PK\1\2") + 28 :],
    }


@pytest.fixture(scope="module")
def bad():
    return _bad_archives()


@pytest.mark.parametrize(
    "kind", ["text", "cut", "content", "method", "file and folder", "long name", "bomb", "central"]
)
def test_what_cannot_be_unpacked_is_set_aside_and_the_next_run_fetches_it_anew(kind, bad, tmp_path):
    with serving(tiny_set("isic2018")) as server:
        good = server.files[MASKS]
        server.files[MASKS] = bad[kind]
        with pytest.raises(DataError, match="set aside") as caught:
            datasets.download("isic2018", tmp_path, ["validation"], server.url)
        assert str(caught.value).isprintable()
        assert [path.name for path in tmp_path.iterdir()] == [f"{FOLDER}.zip.refused"]
        server.files[MASKS] = good
        assert datasets.download("isic2018", tmp_path, ["validation"], server.url)[0].name == FOLDER
    assert not list(tmp_path.glob(".*.unpacking"))


def test_a_page_in_the_place_of_a_table_is_set_aside(tmp_path):
    path = "/2016/ISBI2016_ISIC_Part3_Training_GroundTruth.csv"
    with serving(tiny_set("isic2016")) as server:
        good = server.files[path]
        server.files[path] = b"<html>,\n<p>log in, please</p>\n"
        with pytest.raises(DataError, match=r"is not a table.*set aside"):
            datasets.download("isic2016", tmp_path, ["training"], server.url)
        server.files[path] = good
        assert len(datasets.download("isic2016", tmp_path, ["training"], server.url)) == 3


def test_files_of_an_earlier_archive_do_not_come_among_those_of_the_next(tmp_path):
    work = tmp_path / ".target.unpacking" / "target"
    work.mkdir(parents=True)
    (work / "old.png").write_bytes(b"1")
    (tmp_path / "a.zip").write_bytes(zipped({"target/new.png": b"2", "target/more.png": b"3"}))
    unpack(tmp_path / "a.zip", tmp_path / "target", lambda *_: None, lambda line: None)
    assert sorted(path.name for path in (tmp_path / "target").iterdir()) == ["more.png", "new.png"]


@pytest.mark.parametrize(
    "text", ["[1]", "{", '{"ISIC2018_Task1_Validation_GroundTruth.zip": {"files": {".png": "two"}}}']
)
def test_a_damaged_record_is_one_line(text, tmp_path):
    (tmp_path / FOLDER).mkdir()
    (tmp_path / "downloaded.json").write_text(text)
    with serving(tiny_set("isic2018")) as server, pytest.raises(DataError, match="Remove it; the folders beside it"):
        datasets.download("isic2018", tmp_path, ["validation"], server.url)


def test_a_damaged_archive_in_hand(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\5\6" + b"\xff" * 18)
    with pytest.raises(DamagedArchive):
        unpack(tmp_path / "a.zip", tmp_path / "target", lambda *_: None, lambda line: None)
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]
