"""Files that would start programs, never end, or fill the memory: each is refused, and no other is harmed."""

import os
import re
import socket
import struct
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from keras_rau import datasets
from keras_rau.datasets.feeding.fast_reading import read_pair_fast
from keras_rau.datasets.files import IMAGE_SUFFIXES, image_files
from keras_rau.datasets.reading.decoding import image_size
from keras_rau.datasets.reading.examination import examine
from keras_rau.datasets.reading.mask_kinds import _grown
from keras_rau.datasets.reading.opening import FileProblem, open_file
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.validation.describing import mask_values
from keras_rau.errors import DataError, UsageError
from tests.data.small_files import COLOURS, LESION
from tests.data.source_files import write

PACKAGES = [Path(__file__).parents[2] / name for name in ("keras_rau", "datasets", "export")]
READERS = [
    datasets.read_image,
    datasets.read_mask,
    image_size,
    lambda path: datasets.read_pair(path, path),
    lambda path: read_pair_fast(path, path),
]


@pytest.fixture(params=range(len(READERS)))
def read(request):
    return READERS[request.param]


def test_pillow_opens_files_in_one_place_only():
    found = [path.name for root in PACKAGES for path in root.rglob("*.py") if "Image.open(" in path.read_text("utf-8")]
    assert found == []


@pytest.mark.parametrize("kind", ["PPM", "TGA", "PCX", "ICO", "DDS", "SGI", "EPS", "ICNS", "AVIF"])
def test_kinds_that_are_not_documented_are_not_decoded(tmp_path, kind, read):
    Image.init()
    if kind not in Image.SAVE:
        pytest.skip(f"this Pillow cannot write {kind}")
    Image.fromarray(np.kron(COLOURS, np.ones((2, 2, 1), np.uint8))).resize((64, 64)).save(tmp_path / "a", kind)
    (tmp_path / "a").rename(tmp_path / "a.jpg")
    with pytest.raises(FileProblem, match=r"a\.jpg is ") as caught:
        read(tmp_path / "a.jpg")
    assert caught.value.kind == "file_unreadable"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_what_is_no_regular_file_is_not_read(tmp_path, read):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "device.png").symlink_to("/dev/zero")
    (tmp_path / "loop.png").symlink_to("loop.png")
    server = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(tmp_path)
    server.bind("socket.png")
    os.chdir(here)
    with server:
        for name, said in {
            "pipe": "is a pipe",
            "device": "is a device",
            "socket": "socket|No such device",
            "loop": "cannot be read: ",
            "n" * 300: "cannot be read: File name too long",
        }.items():
            with pytest.raises(FileProblem, match=said):
                read(tmp_path / f"{name}.png")


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tif", "gif", "webp", "jp2"])
def test_pixels_are_counted_before_they_are_decoded(tmp_path, monkeypatch, suffix, read):
    Image.fromarray(COLOURS).save(tmp_path / f"a.{suffix}")
    monkeypatch.setenv("KERAS_RAU_MAX_PIXELS", "599")
    with pytest.raises(FileProblem, match=r"too many pixels: 30×20 = .*KERAS_RAU_MAX_PIXELS"):
        read(tmp_path / f"a.{suffix}")
    assert mask_values(tmp_path / f"a.{suffix}") is None
    monkeypatch.setenv("KERAS_RAU_MAX_PIXELS", "600")
    assert image_size(tmp_path / f"a.{suffix}") == (20, 30)
    assert datasets.read_image(tmp_path / f"a.{suffix}").shape == (20, 30, 3)


def test_pillows_own_limit_does_not_stand_in_the_way(tmp_path, monkeypatch):
    Image.fromarray(COLOURS).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert datasets.read_image(tmp_path / "a.png").shape == (20, 30, 3)


@pytest.mark.parametrize("value", ["", "0", "-1", "many", "9" * 30])
def test_a_limit_that_is_no_number_is_named(tmp_path, monkeypatch, value):
    Image.fromarray(COLOURS).save(tmp_path / "a.png")
    monkeypatch.setenv("KERAS_RAU_MAX_PIXELS", value)
    with pytest.raises(UsageError, match="KERAS_RAU_MAX_PIXELS must be a number of pixels"):
        datasets.read_image(tmp_path / "a.png")


def test_files_that_are_too_long_are_not_read(tmp_path, read):
    with (tmp_path / "long.png").open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.truncate(10**12)
    with pytest.raises(FileProblem, match=r"is too long: 1000.0 GB"):
        read(tmp_path / "long.png")


def test_memory_that_does_not_suffice_is_an_error_of_the_file(tmp_path, monkeypatch):
    def exhausted(*_):
        raise MemoryError

    Image.fromarray(COLOURS).save(tmp_path / "a.png")
    sample = Sample("a", tmp_path / "a.png", None, "folder")
    for name in ("opening._is_deep", "decoding.rgb"):
        with monkeypatch.context() as patched:
            patched.setattr(f"keras_rau.datasets.reading.{name}", exhausted)
            assert ["memory" in finding.message for finding in examine(sample).findings] == [True]


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux alone")
def test_names_that_are_no_utf_8(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe4\xff.png"))
    Image.fromarray(COLOURS).save(path)
    np.testing.assert_array_equal(datasets.read_image(path), COLOURS)
    path.write_bytes(b"x")
    with pytest.raises(FileProblem, match=r"\\udce4\\udcff.png is damaged") as caught:
        datasets.read_image(path)
    str(caught.value).encode()


def test_names_of_250_characters(tmp_path):
    path = tmp_path / f"{'n' * 246}.png"
    Image.fromarray(COLOURS).save(path)
    np.testing.assert_array_equal(datasets.read_image(path), COLOURS)


def test_files_are_found_by_every_suffix_that_is_decoded(tmp_path):
    for suffix in sorted(IMAGE_SUFFIXES):
        (tmp_path / f"a{suffix.upper()}").write_bytes(b"x")
    (tmp_path / "notes.heic").write_bytes(b"x")
    assert {path.suffix.lower() for path in image_files(tmp_path)} == IMAGE_SUFFIXES
    assert {".webp", ".jfif", ".jpe", ".jp2", ".gif"} < IMAGE_SUFFIXES


@pytest.mark.parametrize("cache", ["none", "memory"])
def test_a_users_own_fit_gets_our_line_once_without_our_traceback(tmp_path, cache):
    import keras

    for name, values in (("image", COLOURS), ("mask", LESION * 255)):
        Image.fromarray(values).save(tmp_path / f"{name}.png")
    sample = Sample("a", tmp_path / "image.png", tmp_path / "mask.png", "folder")
    data = datasets.pipeline([sample] * 4, 16, batch_size=2, cache=cache)
    (tmp_path / "image.png").write_bytes(b"plain text")
    model = keras.Sequential([keras.Input((16, 16, 3)), keras.layers.Conv2D(1, 1)])
    model.compile("sgd", loss="mse")
    for feed in (lambda: model.fit(data, verbose=0, shuffle=False), lambda: list(data)):
        with pytest.raises(Exception, match=re.escape(str(tmp_path / "image.png"))) as caught:
            feed()
        text = str(caught.value)
        assert text.count("is damaged or no image of a kind that is read") == 1
        assert "Traceback" not in text
        assert "keras_rau" not in text.replace(str(tmp_path), "")


def test_a_link_to_itself_ends_no_listing(tmp_path):
    for name in ("a", "z"):
        write(tmp_path / "images" / f"{name}.png")
        write(tmp_path / "masks" / f"{name}.png", "mask")
    for name in ("loop", "loop.png"):
        (tmp_path / "images" / name).symlink_to(name)
    listing = datasets.survey("folder", tmp_path, unpaired="drop")
    assert [sample.id for sample in listing.samples] == ["a", "z"]


def test_folders_that_cannot_be_looked_into_are_refused_by_name(tmp_path):
    root = tmp_path / "set"
    for name in ("images", "masks", ".hidden", "../outside"):
        (root / name).mkdir(parents=True, exist_ok=True)
    write(root / "images" / "a.png")
    write(root / "masks" / "a.png", "mask")
    for images in ("../outside", str(tmp_path / "outside"), ".hidden", "images/../images"):
        with pytest.raises(DataError, match="is not among those that are looked into"):
            datasets.load("folder", root, images=images)
    for images in ("x" * 300, "a\0b"):
        with pytest.raises(DataError, match="does not exist"):
            datasets.load("folder", root, images=images)
    with pytest.raises(DataError, match="does not exist"):
        datasets.load("folder", root, metadata="x" * 300)
    with pytest.raises(DataError, match=r"x cannot be read: File name too long|… cannot be read: File name too long"):
        datasets.load("folder", tmp_path / ("x" * 300))


@pytest.mark.parametrize(("tag", "number"), [(257, 500_000), (278, 1)], ids=["height", "rows per strip"])
def test_a_tiff_file_of_fewer_strips_than_its_picture_has_is_no_black_picture(tmp_path, read, tag, number):
    path = tmp_path / "a.tif"
    Image.fromarray(np.kron(LESION, np.full((4, 4), 255, np.uint8))).save(path)
    content = bytearray(path.read_bytes())
    (first,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, first)
    for place in range(first + 2, first + 2 + 12 * count, 12):
        if struct.unpack_from("<H", content, place) == (tag,):
            struct.pack_into("<HII", content, place + 2, 4, 1, number)
    path.write_bytes(content)
    with pytest.raises(FileProblem, match=r"a\.tif cannot be read as an image.*its strips hold"):
        read(path)


def test_a_chain_of_pictures_is_not_followed_to_its_end(tmp_path):
    tags = [(256, 8), (257, 8), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 8), (279, 64)]
    head = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", tag, 4, 1, number) for tag, number in tags)
    size, first = len(head) + 4, 8 + 64
    chain = [head + struct.pack("<I", first + size * number) for number in range(1, 20_000)]
    (tmp_path / "a.tif").write_bytes(
        b"II*\0" + struct.pack("<I", first) + b"\x80" * 64 + b"".join(chain) + head + b"\0" * 4
    )
    frames = [Image.fromarray(np.full((8, 8), number, np.uint8)) for number in range(4)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    content = (tmp_path / "a.gif").read_bytes()
    last = content[content.rindex(b"\x21\xf9") : -1]
    (tmp_path / "b.gif").write_bytes(content[:-1] + last * 20_000 + b";")
    begin = time.process_time()
    assert [open_file(tmp_path / name).frames for name in ("a.tif", "a.gif", "b.gif")] == [100, 4, 100]
    assert time.process_time() - begin < 1


def test_a_long_and_narrow_mask_of_greys_takes_seconds(tmp_path):
    mask = np.zeros((300_000, 20), np.uint8)
    mask[1000:-1000, 5:15] = 255
    mask[1000:-1000, [4, 15]] = 100, 200
    Image.fromarray(mask).save(tmp_path / "a.png", compress_level=1)
    begin = time.process_time()
    with pytest.raises(FileProblem, match="grey values"):
        datasets.read_mask(tmp_path / "a.png")
    assert time.process_time() - begin < 20


@pytest.mark.parametrize("reach", [0, 1, 9, 300])
def test_regions_grow_as_by_dilation(reach):
    region = np.random.default_rng(0).random((60, 40)) > 0.97
    expected = cv2.dilate(region.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0
    np.testing.assert_array_equal(_grown(region, reach), expected)
