"""Downloading from a server on this machine that cuts, lies and changes its mind."""

import errno
import hashlib
import json
import subprocess
import sys
import urllib.request
import zipfile
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from keras_rau import datasets, files
from keras_rau.datasets.downloading import connection, state, transfer
from keras_rau.datasets.downloading.archives import archives
from keras_rau.datasets.downloading.unpacking import DamagedArchive, unpack
from keras_rau.errors import DataError, UsageError
from tests.data.archive_server import serving, tiny_set, zipped

MASKS = "/2018/ISIC2018_Task1_Validation_GroundTruth.zip"
IMAGES = "/2018/ISIC2018_Task1-2_Validation_Input.zip"
FOLDER = "ISIC2018_Task1-2_Validation_Input"


@pytest.fixture(autouse=True)
def no_waiting_and_no_proxy(monkeypatch):
    monkeypatch.setattr(transfer, "WAIT", 0.01)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server():
    with serving(tiny_set("isic2018")) as running:
        yield running


@pytest.fixture
def large(server):
    """A server whose validation images are 1 MB of noise."""
    noise = np.random.default_rng(0).bytes(500_000)
    server.files[IMAGES] = zipped({f"{FOLDER}/ISIC_000001{k}.jpg": noise for k in (0, 1)})
    return server


def _validation(root, server, **options):
    return datasets.download("isic2018", root, ["validation"], server.url, **options)


def _left(root):
    return sorted(path.name for path in root.iterdir())


@pytest.mark.parametrize("name", ["isic2016", "isic2017", "isic2018"])
def test_a_fresh_download_can_be_loaded(name, tmp_path):
    root = tmp_path / "new" / "folder"
    with serving(tiny_set(name)) as running:
        paths = datasets.download(name, root, base_url=running.url)
    assert paths == [archive.target(root) for archive in archives(name)]
    assert all(path.exists() for path in paths)
    assert _left(root) == sorted([*(path.name for path in paths), "checksums.sha256", "downloaded.json"])
    samples = datasets.load(name, root)
    parts = 2 if name == "isic2016" else 3
    assert len(samples) == 2 * parts
    assert {sample.split for sample in samples} == {"train", "val", "test"} - ({"val"} if parts == 2 else set())
    if name != "isic2018":
        assert all("diagnosis" in sample.metadata for sample in samples)


def test_the_second_run_asks_for_nothing(server, tmp_path):
    _validation(tmp_path, server)
    asked, lines = len(server.asked), []
    _validation(tmp_path, server, say=lines.append)
    assert len(server.asked) == asked
    assert lines == ["ISIC2018_Task1_Validation_GroundTruth: there", f"{FOLDER}: there"]
    datasets.download("isic2018", tmp_path, ["validation", "test"], server.url)
    assert not [entry for entry in server.asked[asked:] if "Validation" in entry[1]]


def test_a_cut_is_resumed_where_it_was(large, tmp_path):
    large.faults[IMAGES] = [("cut", 300_000), 503, ("cut", 200_000)]
    lines = []
    _validation(tmp_path, large, say=lines.append, keep_archives=True)
    assert [entry[2] for entry in large.gets(IMAGES)] == [None, "bytes=300000-", "bytes=300000-", "bytes=500000-"]
    assert (tmp_path / f"{FOLDER}.zip").read_bytes() == large.files[IMAGES]
    assert any("cut at 300 kB" in line and "trying again" in line for line in lines)


def test_giving_up_keeps_what_arrived_for_the_next_run(large, tmp_path):
    large.faults[IMAGES] = [("cut", 300_000), *[503] * transfer.ATTEMPTS]
    with pytest.raises(DataError, match=r"503.*300 kB are kept; run the same command again"):
        _validation(tmp_path, large)
    assert (tmp_path / f"{FOLDER}.zip.part").stat().st_size == 300_000
    assert not (tmp_path / FOLDER).exists()
    large.faults.clear()
    large.asked.clear()
    _validation(tmp_path, large)
    assert [entry[2] for entry in large.gets()] == ["bytes=300000-"]
    assert _left(tmp_path) == sorted(
        [FOLDER, "ISIC2018_Task1_Validation_GroundTruth", "checksums.sha256", "downloaded.json"]
    )


@pytest.mark.parametrize("how", ["between runs", "between attempts", "server without ranges"])
def test_a_changed_file_starts_again(how, large, tmp_path):
    new = zipped({f"{FOLDER}/ISIC_0000010.jpg": np.random.default_rng(1).bytes(900_000)})
    lines = []
    if how == "between runs":
        large.faults[IMAGES] = [("cut", 300_000), *[503] * transfer.ATTEMPTS]
        with pytest.raises(DataError):
            _validation(tmp_path, large)
        large.files[IMAGES] = new
    elif how == "between attempts":
        large.faults[IMAGES] = [("cut", 300_000)]

        def change(label, done, _):
            if label.endswith("Input.zip") and done == 300_000:
                large.files[IMAGES] = new

        _validation(tmp_path, large, say=lines.append, progress=change, keep_archives=True)
    else:
        large.ranges, new = False, large.files[IMAGES]
        large.faults[IMAGES] = [("cut", 300_000)]
    if how != "between attempts":
        _validation(tmp_path, large, say=lines.append, keep_archives=True)
    assert any("starting again" in line for line in lines), lines
    assert (tmp_path / f"{FOLDER}.zip").read_bytes() == new


def test_a_server_without_head_is_asked_otherwise(large, tmp_path):
    large.head = False
    large.faults[IMAGES] = [None, ("cut", 300_000)]
    _validation(tmp_path, large)
    assert [entry[2] for entry in large.gets(IMAGES)] == [None, None, "bytes=300000-"]


def test_a_server_that_always_cuts_is_given_up(large, tmp_path):
    large.ranges = False
    large.faults[IMAGES] = [("cut", 1000)] * 50
    with pytest.raises(DataError, match=r"closed after 1.0 kB of 1.0 MB"):
        _validation(tmp_path, large)
    assert len(large.gets(IMAGES)) == transfer.ATTEMPTS


def test_damage_on_the_way_is_found_by_the_md5_of_s3(server, tmp_path):
    server.etag = "0" * 32
    with pytest.raises(DataError, match=r"the server \(as MD5\) says 0{32}.*\.refused"):
        _validation(tmp_path, server)
    assert "ISIC2018_Task1_Validation_GroundTruth.zip.refused" in _left(tmp_path)
    server.s3 = False  # elsewhere such an ETag means nothing
    assert len(_validation(tmp_path, server)) == 2


def test_known_checksums(server, tmp_path):
    root, sums = tmp_path / "root", tmp_path / "sums"
    good = hashlib.sha256(server.files[MASKS]).hexdigest()
    md5 = hashlib.md5(server.files[IMAGES]).hexdigest()
    sums.write_text(f"# from the authors\n{'0' * 64}  {MASKS[6:]}\n")
    with pytest.raises(DataError, match=rf"has the sum {good}, but the file of --checksums says 0+\. .*set aside"):
        _validation(root, server, checksums=sums)
    assert not (root / "ISIC2018_Task1_Validation_GroundTruth").exists()
    sums.write_text(f"{good.upper()} *./elsewhere/{MASKS[6:]}\n{md5}  {IMAGES[6:]}\n")
    _validation(root, server, checksums=sums, keep_archives=True)
    subprocess.run(["sha256sum", "-c", "checksums.sha256"], cwd=root, check=True, capture_output=True)
    sums.write_text(f"{'1' * 64}  {MASKS[6:]}\n")
    with pytest.raises(DataError, match="Move it away to have it fetched again"):
        _validation(root, server, checksums=sums)
    for text, message in (("abc  x.zip\n", "line 1: expected"), (f"{good}  other.zip\n", "names none of the files")):
        sums.write_text(text)
        with pytest.raises(DataError, match=message):
            _validation(root, server, checksums=sums)
    with pytest.raises(DataError, match="nowhere cannot be read: No such file"):
        _validation(root, server, checksums=tmp_path / "nowhere")


def test_a_later_download_must_equal_the_earlier_one(server, tmp_path):
    _validation(tmp_path, server)
    (tmp_path / FOLDER).rename(tmp_path / "moved")
    server.files[IMAGES] = zipped({f"{FOLDER}/ISIC_0000010.jpg": b"other"})
    with pytest.raises(DataError, match=r"checksums.sha256, from an earlier download, says .*remove its line"):
        _validation(tmp_path, server)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no archive at all", "damaged or no zip file"),
        (zipped({f"{FOLDER}/a.jpg": b"x", "../../evil.txt": b"x"}), "'../../evil.txt' leads out of the folder"),
        (zipped({"/etc/evil.txt": b"x"}), "leads out of the folder"),
        (zipped({"C:/evil.txt": b"x"}), "leads out of the folder"),
        (zipped({"a\\..\\..\\evil.txt": b"x"}), "leads out of the folder"),
        (zipped({"a.jpg": b"x", "A.jpg": b"y"}), "holds 'A.jpg' twice"),
        (zipped({}), "it is empty"),
        (zipped({f"{FOLDER}/a.jpg": b"A" * 99}).replace(b"A" * 99, b"A" * 98 + b"B"), "Bad CRC"),
    ],
)
def test_archives_that_are_refused(content, message, server, tmp_path):
    server.files[IMAGES] = content
    root = tmp_path / "deep" / "root"
    with pytest.raises(DataError, match=message) as caught:
        _validation(root, server)
    assert "set aside as" in str(caught.value)
    assert not (root / FOLDER).exists()
    assert not list(tmp_path.rglob("evil*"))


def test_links_in_an_archive_are_refused(tmp_path):
    entry = zipfile.ZipInfo("link")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr(entry, "/etc/passwd")
    with pytest.raises(DamagedArchive, match="leads out"):
        unpack(tmp_path / "a.zip", tmp_path / "a", lambda *_: None, print)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"N/a.jpg": b"1", "N/sub/b.jpg": b"2"}, {"a.jpg", "sub/b.jpg"}),
        ({"Other name/a.jpg": b"1"}, {"a.jpg"}),
        ({"a.jpg": b"1", "b.jpg": b"2"}, {"a.jpg", "b.jpg"}),
        ({"N/a.jpg": b"1", "LICENSE.txt": b"2"}, {"a.jpg", "LICENSE.txt"}),
        ({"N/a.jpg": b"1", "__MACOSX/N/._a.jpg": b"2"}, {"a.jpg"}),
        ({"N/a.jpg": b"1", "M/a.jpg": b"2"}, {"N/a.jpg", "M/a.jpg"}),
    ],
)
def test_the_folder_around_the_files(files, expected, tmp_path):
    (tmp_path / "N.zip").write_bytes(zipped(files))
    lines = []
    unpack(tmp_path / "N.zip", tmp_path / "N", lambda *_: None, lines.append)
    found = {path.relative_to(tmp_path / "N").as_posix() for path in (tmp_path / "N").rglob("*") if path.is_file()}
    assert found == expected
    assert bool(lines) == any(name.startswith("__MACOSX") for name in files)
    assert _left(tmp_path) == ["N", "N.zip"]


def test_an_unpacking_that_was_cut_goes_on(tmp_path):
    (tmp_path / "N.zip").write_bytes(zipped({f"N/{k}.jpg": bytes([k]) * 1000 for k in range(5)}))

    def stop(done, _):
        if done == 3000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unpack(tmp_path / "N.zip", tmp_path / "N", stop, print)
    assert not (tmp_path / "N").exists()
    work = tmp_path / ".N.unpacking" / "N"
    (work / "1.jpg").write_bytes(b"?" * 1000)
    (work / "2.jpg").write_bytes(b"half")
    untouched = (work / "0.jpg").stat().st_mtime_ns
    unpack(tmp_path / "N.zip", tmp_path / "N", lambda *_: None, print)
    assert [(tmp_path / "N" / f"{k}.jpg").read_bytes() for k in range(5)] == [bytes([k]) * 1000 for k in range(5)]
    assert (tmp_path / "N" / "0.jpg").stat().st_mtime_ns == untouched


def test_archives_that_are_there_are_not_fetched_again(server, tmp_path):
    (tmp_path / f"{FOLDER}.zip").write_bytes(server.files[IMAGES])
    _validation(tmp_path, server, keep_archives=True)
    assert server.gets(IMAGES) == []
    assert (tmp_path / FOLDER / "LICENSE.txt").read_text() == "CC BY-NC 4.0"
    (tmp_path / FOLDER).rename(tmp_path / "moved")
    (tmp_path / f"{FOLDER}.zip").write_bytes(server.files[MASKS])
    with pytest.raises(DataError, match=r"from an earlier download, says"):
        _validation(tmp_path, server)


def test_what_is_there_but_not_whole_is_not_taken_for_whole(server, tmp_path):
    _validation(tmp_path, server)
    (tmp_path / FOLDER / "ISIC_0000010.jpg").unlink()
    with pytest.raises(DataError, match=r"is not whole: it holds 1 of 2 .jpg files. Move it away"):
        _validation(tmp_path, server)
    (tmp_path / "downloaded.json").unlink()
    with pytest.raises(DataError, match=r"holds 2 of 100 .png files"):
        _validation(tmp_path, server)
    (tmp_path / "downloaded.json").write_text("{")
    with pytest.raises(DataError, match=r"downloaded.json is damaged"):
        _validation(tmp_path, server)


def test_folders_of_other_hands_are_taken_when_they_hold_enough(server, tmp_path):
    for folder, suffix in ((FOLDER, "jpg"), ("ISIC2018_Task1_Validation_GroundTruth", "png")):
        (tmp_path / folder).mkdir()
        for number in range(100):
            (tmp_path / folder / f"{number}.{suffix}").touch()
    lines = []
    _validation(tmp_path, server, say=lines.append)
    assert server.asked == []
    assert all("not from this command" in line for line in lines)


def test_a_table_that_was_changed_is_not_overwritten(tmp_path):
    with serving(tiny_set("isic2016")) as running:
        datasets.download("isic2016", tmp_path, base_url=running.url)
        (tmp_path / "ISBI2016_ISIC_Part3_Test_GroundTruth.csv").write_text("mine")
        with pytest.raises(DataError, match=r"Test_GroundTruth.csv has the sum .*Move it away"):
            datasets.download("isic2016", tmp_path, base_url=running.url)


def test_a_set_that_is_too_small_is_noticed_and_the_license_named(server, tmp_path):
    lines = []
    _validation(tmp_path, server, say=lines.append)
    assert f"warning: {FOLDER} should hold 100, by the pages of the challenge" in lines
    assert any(line.startswith(f"license: {tmp_path / FOLDER / 'LICENSE.txt'}") for line in lines)
    entry = json.loads((tmp_path / "downloaded.json").read_text())[f"{FOLDER}.zip"]
    assert entry["files"] == {".jpg": 2, ".txt": 1}
    assert entry["sha256"] == hashlib.sha256(server.files[IMAGES]).hexdigest()


@pytest.mark.parametrize(
    ("fault", "message"),
    [(403, "403"), (404, "404"), (500, "the server answers 500"), ("html", "log in"), (407, "proxy wants a user")],
)
def test_answers_that_are_no_file(fault, message, server, tmp_path):
    server.faults[IMAGES] = [fault] * transfer.ATTEMPTS
    with pytest.raises(DataError, match=message):
        _validation(tmp_path, server)
    assert "checksums.sha256" in _left(tmp_path)  # the masks came before


def test_a_missing_archive_is_noticed_before_anything_is_fetched(server, tmp_path):
    del server.files[IMAGES]
    with pytest.raises(DataError, match=r"not found \(404\).*challenge.isic-archive.com.*--base-url"):
        _validation(tmp_path / "root", server)
    assert not (tmp_path / "root").exists()
    assert server.gets() == []


def test_servers_that_cannot_be_reached(server, tmp_path):
    with pytest.raises(DataError, match=r"Cannot find the host nowhere.invalid.*HTTPS_PROXY"):
        datasets.download("isic2018", tmp_path, base_url="https://nowhere.invalid")
    with pytest.raises(DataError, match="refuses connections"):
        datasets.download("isic2018", tmp_path, base_url="http://127.0.0.1:9")
    for url in ("file:///etc", "nowhere", "ftp://nowhere"):
        with pytest.raises(UsageError, match="https://"):
            datasets.download("isic2018", tmp_path, base_url=url)


def test_the_proxy_of_the_environment_is_used(server, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "")
    datasets.download("isic2018", tmp_path, ["validation"], "http://nowhere.invalid")
    assert all(entry[1].startswith("http://nowhere.invalid/2018/") for entry in server.asked)
    monkeypatch.setenv("https_proxy", server.url)
    with pytest.raises(DataError, match=r"The proxy does not let us reach nowhere.invalid: Tunnel"):
        datasets.download("isic2018", tmp_path, ["test"], "https://nowhere.invalid")


def test_encryption_is_not_given_up_on_the_way():
    request = urllib.request.Request("https://a.invalid/x")
    with pytest.raises(urllib.error.URLError, match="not encrypted"):
        connection._Redirects().redirect_request(request, None, 302, "", {}, "http://b.invalid/x")
    assert connection._Redirects().redirect_request(request, None, 302, "", {}, "https://b.invalid/x") is not None


def test_the_disk(large, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(files.shutil, "disk_usage", lambda _: usage(10**7, 9 * 10**6, 10**6))
    with pytest.raises(DataError, match=r"isic2018 needs about 2.0 MB, and .* has 1.0 MB free"):
        _validation(tmp_path, large)
    monkeypatch.undo()
    monkeypatch.setattr(transfer, "WAIT", 0.01)
    real, written = Path.open, []

    class Full:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def seek(self, at):
            self.file.seek(at)

        def write(self, block):
            written.append(len(block))
            if sum(written) > 400_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            self.file.write(block)

    def filled(path, mode="r", *args, **kwargs):
        file = real(path, mode, *args, **kwargs)
        return Full(file) if path.name == f"{FOLDER}.zip.part" else file

    monkeypatch.setattr(Path, "open", filled)
    with pytest.raises(DataError, match=r"The disk is full: .* are kept in .*part. Make room"):
        _validation(tmp_path, large)
    monkeypatch.undo()
    assert 0 < (tmp_path / f"{FOLDER}.zip.part").stat().st_size <= 400_000
    _validation(tmp_path, large)


def test_folders_that_cannot_be_filled(server, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match=r"file is a file; name a folder"):
        _validation(tmp_path / "file", server)
    with pytest.raises(DataError, match=r"Cannot write into .*: Not a directory"):
        _validation(tmp_path / "file" / "below", server)

    def refuse(**_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(DataError, match=r"Cannot write into .*: Permission denied. Name another folder"):
        _validation(tmp_path / "read-only", server)


def test_names_and_parts(tmp_path):
    for name, message in (
        ("ph2", r"https://www.fc.up.pt/addi/ph2%20database.html"),
        ("ham10000", r"doi.org/10.7910/DVN/DBW86T"),
        ("phantom", "need no download"),
        ("isic2081", "Did you mean 'isic2018'"),
    ):
        with pytest.raises(UsageError, match=message):
            datasets.download(name, tmp_path)
    with pytest.raises(UsageError, match="isic2016 has no part 'validation'"):
        datasets.download("isic2016", tmp_path, ["validation"])
    with pytest.raises(UsageError, match="Did you mean 'training'"):
        datasets.download("isic2016", tmp_path, ["trainig"])
    with pytest.raises(UsageError, match="at least one part"):
        datasets.download("isic2016", tmp_path, [])


def test_the_room_that_is_needed(large, tmp_path):
    size = len(large.files[IMAGES]) + len(large.files[MASKS])
    plan = state.plan("isic2018", tmp_path, ["validation"], large.url)
    assert plan.room(keep_archives=True) == 2 * size
    assert plan.room(keep_archives=False) == size + len(large.files[IMAGES])


def test_the_public_name_stays_a_function():
    script = "from keras_rau import datasets\nimport keras_rau.datasets.downloading.run\nassert callable(datasets.download)\n"
    subprocess.run([sys.executable, "-P", "-c", script], check=True)
