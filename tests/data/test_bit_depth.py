"""Files of 16 bits that use fewer: what they say of it, what is said of them, and what is guessed."""

import io
import re

import cv2
import numpy as np
import pytest
from PIL import Image

from keras_rau import datasets
from keras_rau.datasets.reading.opening import open_file
from keras_rau.errors import DataError, UsageError
from tests.data.small_files import COLOURS, GREYS, LESION, grey_rgb

GREYS = np.where(GREYS > 250, 255, GREYS)
BITS = [10, 12, 14]


def deep(values, bits):
    """8-bit values at another depth, full range to full range."""
    return (values.astype(float) / 255 * (2**bits - 1)).round().astype(np.uint16)


@pytest.mark.parametrize("bits", BITS)
def test_what_tiff_says_holds(tmp_path, bits):
    dark = GREYS // 9  # no guess would get it right
    Image.fromarray(deep(dark, bits)).save(tmp_path / "a.tif", tiffinfo={281: 2**bits - 1})
    np.testing.assert_array_equal(datasets.read_image(tmp_path / "a.tif"), grey_rgb(dark))
    assert open_file(tmp_path / "a.tif").depth == bits


@pytest.mark.parametrize("said", [65535, 3987])
def test_a_largest_value_that_is_no_depth_says_nothing(tmp_path, said):
    Image.fromarray(deep(GREYS, 12)).save(tmp_path / "a.tif", tiffinfo={281: said})
    assert open_file(tmp_path / "a.tif").depth is None


@pytest.mark.parametrize("bits", [8, *BITS, 16])
@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("grey", [False, True])
def test_what_the_option_says_holds(tmp_path, bits, suffix, grey):
    values = (GREYS if grey else COLOURS) // 9
    cv2.imwrite(str(tmp_path / f"a.{suffix}"), deep(values if grey else values[..., ::-1], bits))
    found = datasets.read_image(tmp_path / f"a.{suffix}", bit_depth=bits)
    np.testing.assert_array_equal(found, grey_rgb(values) if grey else values)


def test_the_option_is_for_files_of_16_bits(tmp_path):
    Image.fromarray(COLOURS).save(tmp_path / "a.png")
    np.testing.assert_array_equal(datasets.read_image(tmp_path / "a.png", bit_depth=12), COLOURS)
    cv2.imwrite(str(tmp_path / "b.png"), deep(COLOURS, 16))
    with pytest.raises(DataError, match=r"b.png holds values up to 65535, more than the 12 bits.*bit_depth"):
        datasets.read_image(tmp_path / "b.png", bit_depth=12)
    for wrong in (7, 17, "12", True, 12.5):
        with pytest.raises(UsageError, match="bit_depth="):
            datasets.read_image(tmp_path / "a.png", bit_depth=wrong)
    with pytest.raises(UsageError, match="bit_depth=32"):
        datasets.load("folder", tmp_path, bit_depth=32)


@pytest.mark.parametrize("bits", [8, *BITS, 16])
def test_a_guess_is_told_and_hot_pixels_do_not_change_it(tmp_path, bits):
    cv2.imwrite(str(tmp_path / "a.png"), deep(COLOURS[..., ::-1], bits))
    guessed = []
    np.testing.assert_array_equal(
        datasets.read_image(tmp_path / "a.png", note=lambda path, found: guessed.append(found)), COLOURS
    )
    assert guessed == [bits]
    hot = deep(COLOURS, bits)
    hot[3, 4] = 65535
    cv2.imwrite(str(tmp_path / "hot.png"), hot[..., ::-1])
    found = datasets.read_image(tmp_path / "hot.png")
    assert (found != COLOURS).any(axis=2).sum() <= 1


def test_a_black_image_is_black(tmp_path):
    Image.fromarray(np.zeros((20, 30), np.uint16)).save(tmp_path / "a.png")
    assert not datasets.read_image(tmp_path / "a.png", note=lambda *_: pytest.fail("guessed")).any()


def jpeg2000(values, bits):
    """A lossless JPEG 2000 codestream that states `bits`: the header of one of 16 bits, patched, with its offset made up."""
    shifted = values.astype(np.int64) - 2 ** (bits - 1) + 2**15
    buffer = io.BytesIO()
    Image.fromarray(shifted.astype(np.uint16)).save(buffer, "JPEG2000", irreversible=False, no_jp2=True)
    data = bytearray(buffer.getvalue())
    assert data[:4] == b"\xff\x4f\xff\x51"
    assert data[42] == 15
    data[42] = bits - 1
    return bytes(data)


@pytest.mark.parametrize("bits", [10, 12])
def test_the_own_depth_of_jpeg_2000(tmp_path, bits):
    dark = GREYS // 9
    (tmp_path / "a.j2k").write_bytes(jpeg2000(deep(dark, bits), bits))
    np.testing.assert_allclose(datasets.read_image(tmp_path / "a.j2k").astype(int), grey_rgb(dark), atol=1)


@pytest.mark.parametrize("bits", [8, 16])
def test_jpeg_2000_of_colours(tmp_path, bits):
    wanted = np.kron(COLOURS, np.ones((8, 8, 1), np.uint8))
    values = wanted if bits == 8 else deep(wanted, 16)
    cv2.imwrite(str(tmp_path / "a.jp2"), values[..., ::-1], [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, 1000])
    np.testing.assert_allclose(datasets.read_image(tmp_path / "a.jp2").astype(int), wanted, atol=2)


@pytest.fixture
def folder(tmp_path):
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    for number in range(3):
        colours = np.roll(np.kron(COLOURS, np.ones((3, 3, 1), np.uint8)), number * 7, 1)
        cv2.imwrite(str(tmp_path / "images" / f"{number}.png"), deep(colours // 5, 12))
        mask = np.roll(np.kron(LESION, np.ones((3, 3), np.uint8)), number, 1)
        Image.fromarray(mask * np.uint8(255)).save(tmp_path / "masks" / f"{number}.png")
    return tmp_path


def test_the_option_of_load_reaches_every_reader(folder):
    samples = datasets.load("folder", folder, bit_depth=12)
    datasets.check(samples)
    assert {sample.bit_depth for sample in samples} == {12}
    (images, _) = next(iter(datasets.pipeline(samples, (60, 90), batch_size=3).as_numpy_iterator()))
    for sample, image in zip(samples, images, strict=True):
        np.testing.assert_array_equal(image, datasets.read_image(sample.image, bit_depth=12))
    assert images.max() <= 51


def test_check_and_pipeline_warn_of_a_guess_once(folder):
    samples = datasets.load("folder", folder)
    with pytest.warns(UserWarning, match=r"(?s)do not say how many bits they use \(3\).*10 bits.*bit_depth=12") as said:
        datasets.check(samples)
    assert str(said[0].message).count("--set data.options.bit_depth=12") == 1
    with pytest.warns(UserWarning, match="read as of 10 bits.*bit_depth") as said:
        list(datasets.pipeline(samples, 32, batch_size=3))
    assert len(said) == 1


def test_images_that_would_be_scaled_differently_are_refused(folder):
    cv2.imwrite(str(folder / "images" / "1.png"), deep(np.kron(COLOURS, np.ones((3, 3, 1), np.uint8)), 14))
    samples = datasets.load("folder", folder)
    with pytest.raises(DataError, match=r"0.png as of 10 bits.*1.png as of 14 bits|1.png as of 14") as caught:
        datasets.check(samples)
    assert "bit_depth" in str(caught.value)
    with (
        pytest.warns(UserWarning, match="bit_depth"),
        pytest.raises(Exception, match=re.escape("one of them too bright")),
    ):
        list(datasets.pipeline(samples, 32, batch_size=3))
