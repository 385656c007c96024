"""Writing files at once."""

import errno
import os
import socket
from pathlib import Path

import pytest

from keras_rau.errors import RauError
from keras_rau.evaluation.score_files import writable
from keras_rau.files import fresh_name, is_free, write_bytes, write_text


def test_a_taken_place_stays(tmp_path):
    path = tmp_path / "a"
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        write_bytes(path, b"other", replace=False)
    assert path.read_text() == "mine"
    write_bytes(path, b"other")
    assert path.read_text() == "other"
    assert os.listdir(tmp_path) == ["a"]


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "victim").write_text("mine")
    (tmp_path / "a").symlink_to(tmp_path / "victim")
    with pytest.raises(FileExistsError):
        write_bytes(tmp_path / "a", b"other", replace=False)
    write_bytes(tmp_path / "a", b"other")
    assert (tmp_path / "victim").read_text() == "mine"


def test_a_file_system_without_hard_links(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    write_bytes(tmp_path / "a", b"one", replace=False)
    with pytest.raises(FileExistsError):
        write_bytes(tmp_path / "a", b"two", replace=False)
    assert (tmp_path / "a").read_bytes() == b"one"
    assert os.listdir(tmp_path) == ["a"]


def test_the_longest_name_is_written(tmp_path):
    write_text(tmp_path / ("x" * 255), "text")
    with pytest.raises(RauError, match="File name too long"):
        write_text(tmp_path / ("x" * 256), "text")
    assert len(os.listdir(tmp_path)) == 1


@pytest.mark.parametrize("kind", ["pipe", "link to a pipe", "socket"])
def test_a_pipe_or_device_is_never_replaced(tmp_path, kind):
    place = tmp_path / "a"
    if kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(place))
    else:
        os.mkfifo(tmp_path / "pipe")
        place = tmp_path / "pipe" if kind == "pipe" else place
        if kind != "pipe":
            place.symlink_to(tmp_path / "pipe")
    before = os.lstat(place)
    with pytest.raises(RauError, match="pipe, device or socket; name a file"):
        write_text(place, "text")
    with pytest.raises(RauError, match="pipe, device or socket; name a file"):
        writable(place)
    assert os.lstat(place).st_ino == before.st_ino
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("name", ["", ".", "/"])
def test_a_folder_without_a_name_has_a_free_name_beside_it(name):
    assert is_free(fresh_name(Path(name)))
