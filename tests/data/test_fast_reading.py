"""The shortcut for plain files gives what the robust reader gives."""

import io
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from keras_rau import datasets
from keras_rau.datasets.feeding import fast_reading
from keras_rau.datasets.feeding.fast_reading import read_pair_fast
from keras_rau.errors import DataError

ROOT = Path(os.environ.get("KERAS_RAU_DATA", "/nowhere"))
RNG = np.random.default_rng(0)
PIXELS = cv2.resize(RNG.integers(0, 256, (6, 7, 3), dtype=np.uint8), (70, 50), interpolation=cv2.INTER_CUBIC)
LESION = np.zeros((50, 70), np.uint8)
LESION[10:30, 20:55] = 255


def _bytes(values, kind, mode=None, **options):
    target = io.BytesIO()
    image = Image.fromarray(values)
    (image.convert(mode) if mode else image).save(target, kind, **options)
    return target.getvalue()


def _exif(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


PLAIN_IMAGES = {
    "4:2:0": _bytes(PIXELS, "JPEG", quality=85),
    "4:2:2": _bytes(PIXELS, "JPEG", quality=85, subsampling=1),
    "4:4:4": _bytes(PIXELS, "JPEG", quality=95, subsampling=0),
    "icc": _bytes(PIXELS, "JPEG", icc_profile=b"profile"),
    "comment": _bytes(PIXELS, "JPEG", comment=b"x"),
}
OTHER_IMAGES = {
    "progressive": _bytes(PIXELS, "JPEG", progressive=True),
    "grey": _bytes(PIXELS, "JPEG", "L"),
    "cmyk": _bytes(PIXELS, "JPEG", "CMYK"),
    "turned": _bytes(PIXELS, "JPEG", exif=_exif(3)),
    "png": _bytes(PIXELS, "PNG"),
}
PLAIN_MASKS = {
    "255": _bytes(LESION, "PNG"),
    "1": _bytes(LESION // 255, "PNG"),
    "128": _bytes(LESION // 255 * 128, "PNG"),
    "resolution": _bytes(LESION, "PNG", dpi=(72, 72)),
}
OTHER_MASKS = {
    "empty": _bytes(0 * LESION, "PNG"),
    "full": _bytes(0 * LESION + 255, "PNG"),
    "bilevel": _bytes(LESION, "PNG", "1"),
    "rgb": _bytes(LESION, "PNG", "RGB"),
    "palette": _bytes(LESION, "PNG", "P"),
    "transparent": _bytes(LESION, "PNG", transparency=0),
    "16 bits": _bytes(LESION.astype(np.uint16) * 257, "PNG"),
    "turned": _bytes(LESION, "PNG", exif=_exif(3)),
    "bmp": _bytes(LESION, "BMP"),
}


@pytest.fixture
def write(tmp_path):
    def write(image, mask):
        paths = tmp_path / "image.jpg", tmp_path / "mask.png"
        for path, data in zip(paths, (image, mask), strict=True):
            path.write_bytes(data)
        return paths

    return write


@pytest.mark.parametrize("mask", [*PLAIN_MASKS, *OTHER_MASKS])
@pytest.mark.parametrize("image", [*PLAIN_IMAGES, *OTHER_IMAGES])
def test_pixels_are_the_same(write, image, mask):
    paths = write({**PLAIN_IMAGES, **OTHER_IMAGES}[image], {**PLAIN_MASKS, **OTHER_MASKS}[mask])
    for found, wanted in zip(read_pair_fast(*paths), datasets.read_pair(*paths), strict=True):
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("mask", PLAIN_MASKS)
@pytest.mark.parametrize("image", PLAIN_IMAGES)
def test_plain_files_take_the_shortcut(write, monkeypatch, image, mask):
    monkeypatch.setattr(fast_reading, "read_pair", lambda *_, **__: pytest.fail("took the long way"))
    assert read_pair_fast(*write(PLAIN_IMAGES[image], PLAIN_MASKS[mask]))[0].shape == (50, 70, 3)


def test_works_with_older_opencv(write, monkeypatch):
    paths = write(PLAIN_IMAGES["4:2:0"], PLAIN_MASKS["255"])
    monkeypatch.delattr(cv2, "IMREAD_COLOR_RGB", raising=False)
    np.testing.assert_array_equal(read_pair_fast(*paths)[0], datasets.read_image(paths[0]))


def _outcome(read, paths):
    try:
        return [values.tobytes() for values in read(*paths)]
    except DataError as error:
        return str(error)


def test_damaged_files_get_the_same_answer(write):
    """Whatever byte was changed or lost: the same pixels, or the same error."""
    image, mask = PLAIN_IMAGES["4:2:0"], PLAIN_MASKS["255"]
    outcomes = []
    for number in range(300):
        damaged = [bytearray(image), bytearray(mask)]
        data = damaged[number % 2]
        start = RNG.integers(len(data))
        if number % 3:
            data[start] = RNG.integers(256)
        else:
            del data[start : start + RNG.integers(1, 50)]
        paths = write(*damaged)
        outcomes.append(_outcome(read_pair_fast, paths))
        assert outcomes[-1] == _outcome(datasets.read_pair, paths)
    assert 50 < sum(isinstance(outcome, str) for outcome in outcomes) < 250


@pytest.mark.parametrize(
    ("image", "mask", "reason"),
    [
        (PLAIN_IMAGES["4:2:0"], _bytes(LESION[:-1], "PNG"), "mask.png is 70×49 pixels"),
        (PLAIN_IMAGES["4:2:0"], _bytes(PIXELS[..., 0], "PNG"), "not a mask of two values"),
        (b"", PLAIN_MASKS["255"], "image.jpg"),
    ],
)
def test_errors_are_those_of_the_robust_reader(write, image, mask, reason):
    paths = write(image, mask)
    with pytest.raises(DataError, match=reason):
        read_pair_fast(*paths)


def test_a_missing_file_is_named(write):
    paths = write(PLAIN_IMAGES["4:2:0"], PLAIN_MASKS["255"])
    paths[1].unlink()
    with pytest.raises(DataError, match=r"mask\.png"):
        read_pair_fast(*paths)


@pytest.mark.real
@pytest.mark.skipif(not ROOT.is_dir(), reason="KERAS_RAU_DATA names no folder")
@pytest.mark.parametrize(
    ("name", "folder"), [("isic2018", "ISIC2018"), ("ham10000", "HAM10000"), ("ph2", "PH2Dataset")]
)
def test_real_pixels_are_the_same(name, folder):
    for sample in datasets.load(name, ROOT / folder)[::25]:
        for found, wanted in zip(
            read_pair_fast(sample.image, sample.mask), datasets.read_pair(sample.image, sample.mask), strict=True
        ):
            np.testing.assert_array_equal(found, wanted)
