"""Masks of every kind, and what is refused as a mask."""

import shlex

import cv2
import numpy as np
import pytest
from PIL import Image

from keras_rau import datasets
from keras_rau.datasets.reading.opening import FileProblem
from tests.data.small_files import LESION, bmp, grey_rgb


@pytest.mark.parametrize("top", [1, 38, 128, 255])
def test_masks_of_zero_and_any_other_grey(tmp_path, top):
    Image.fromarray(LESION * np.uint8(top)).save(tmp_path / "m.png")
    np.testing.assert_array_equal(datasets.read_mask(tmp_path / "m.png"), LESION)


@pytest.mark.parametrize("top", [1, 255, 256, 1000, 65535])
@pytest.mark.parametrize("channels", [1, 3])
def test_masks_of_sixteen_bits(tmp_path, top, channels):
    values = np.repeat((LESION.astype(np.uint16) * top)[..., None], channels, axis=2)
    cv2.imwrite(str(tmp_path / "m.png"), values)
    np.testing.assert_array_equal(datasets.read_mask(tmp_path / "m.png"), LESION)


@pytest.mark.parametrize("colour", [(1, 0, 0), (0, 0, 1), (255, 0, 0), (255, 255, 255), (12, 200, 3)])
@pytest.mark.parametrize("kind", ["RGB", "palette"])
def test_masks_of_black_and_one_colour(tmp_path, colour, kind):
    image = Image.fromarray(LESION[..., None] * np.uint8(colour))
    if kind == "palette":
        image = Image.fromarray(LESION).convert("P")
        image.putpalette([0, 0, 0, *colour])
    image.save(tmp_path / "m.png")
    np.testing.assert_array_equal(datasets.read_mask(tmp_path / "m.png"), LESION)


@pytest.mark.parametrize("suffix", ["bmp", "png", "tif"])
def test_masks_of_one_bit(tmp_path, suffix):
    Image.fromarray(LESION * np.uint8(255)).convert("1").save(tmp_path / f"m.{suffix}")
    np.testing.assert_array_equal(datasets.read_mask(tmp_path / f"m.{suffix}"), LESION)


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("greys", [(0, 255), (255, 0)])
def test_bitmaps_of_more_than_one_bit_with_a_palette_of_two_greys(tmp_path, bits, greys):
    wanted = LESION if greys[0] == 0 else 1 - LESION
    rows = np.zeros((20, 32), np.uint8)
    rows[:, :30] = LESION[::-1]
    packed = rows if bits == 8 else rows[:, ::2] << 4 | rows[:, 1::2]
    palette = bytes(value for grey in greys for value in (grey, grey, grey, 0))
    path = bmp(tmp_path / "m.bmp", packed.tobytes(), bits, masks=palette, colours=2)
    np.testing.assert_array_equal(datasets.read_mask(path), wanted)
    np.testing.assert_array_equal(datasets.read_image(path), grey_rgb(wanted * np.uint8(255)))


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (200, 30, 30)])
def test_masks_in_the_alpha_channel_alone(tmp_path, colour):
    image = Image.new("RGB", (30, 20), colour)
    image.putalpha(Image.fromarray(LESION * np.uint8(255)))
    image.save(tmp_path / "m.png")
    np.testing.assert_array_equal(datasets.read_mask(tmp_path / "m.png"), LESION)


def test_masks_whose_colour_and_alpha_agree_or_contradict_each_other(tmp_path):
    white = Image.fromarray(LESION * np.uint8(255))
    white.putalpha(Image.fromarray(LESION * np.uint8(255)))
    white.save(tmp_path / "agree.png")
    np.testing.assert_array_equal(datasets.read_mask(tmp_path / "agree.png"), LESION)
    black = Image.fromarray((1 - LESION) * np.uint8(255))
    black.putalpha(Image.fromarray(LESION * np.uint8(255)))
    black.save(tmp_path / "contradict.png")
    with pytest.raises(FileProblem, match="colour and transparency contradict") as caught:
        datasets.read_mask(tmp_path / "contradict.png")
    assert caught.value.kind == "mask_of_greys"


def test_floating_point_masks(tmp_path):
    Image.fromarray(LESION.astype(np.float32)).save(tmp_path / "m.tif")
    np.testing.assert_array_equal(datasets.read_mask(tmp_path / "m.tif"), LESION)
    Image.fromarray(np.where(LESION > 0, np.nan, 0).astype(np.float32)).save(tmp_path / "nan.tif")
    with pytest.raises(FileProblem):
        datasets.read_mask(tmp_path / "nan.tif")
    Image.fromarray(-LESION.astype(np.float32)).save(tmp_path / "negative.tif")
    with pytest.raises(FileProblem):
        datasets.read_mask(tmp_path / "negative.tif")


@pytest.mark.parametrize(("low", "high"), [(1, 255), (128, 255), (128, 128), (254, 255)])
def test_masks_without_a_zero_are_refused(tmp_path, low, high):
    Image.fromarray(np.where(LESION > 0, high, low).astype(np.uint8)).save(tmp_path / "m.png")
    words = (
        "is not a mask of two values.*Save it as 0 and 255"
        if low == high
        else f"the values {low} and {high}, none of which"
    )
    with pytest.raises(FileProblem, match=f"m.png .*{words}"):
        datasets.read_mask(tmp_path / "m.png")


def test_a_mask_compressed_as_jpeg_is_refused_and_its_remedy_works(tmp_path):
    mask = np.kron(LESION, np.ones((7, 7), np.uint8))
    (folder := tmp_path / "it's masks").mkdir()
    Image.fromarray(mask * np.uint8(255)).save(folder / "m.jpg", quality=80)
    with pytest.raises(FileProblem, match="as smoothing or JPEG compression leaves them") as caught:
        datasets.read_mask(folder / "m.jpg")
    assert caught.value.kind == "mask_of_greys"
    words = shlex.split(str(caught.value).split("`")[1])
    assert words[:2] == ["keras-rau", "clean-masks"]
    before = (folder / "m.jpg").read_bytes()
    assert datasets.clean_masks(*words[2:]).written == [tmp_path / "it's masks-clean" / "m.png"]
    assert np.mean(datasets.read_mask(tmp_path / "it's masks-clean" / "m.png") == mask) > 0.999
    assert (folder / "m.jpg").read_bytes() == before


@pytest.mark.parametrize("colour", [(255, 0, 0), (255, 255, 255)])
def test_a_coloured_mask_compressed_as_jpeg_is_no_photo(tmp_path, colour):
    mask = np.kron(LESION, np.ones((7, 7), np.uint8))
    Image.fromarray(mask[..., None] * np.uint8(colour)).save(tmp_path / "m.jpg")
    with pytest.raises(FileProblem, match="two values") as caught:
        datasets.read_mask(tmp_path / "m.jpg")
    assert caught.value.kind == "mask_of_greys"


def test_a_photo_is_no_mask(tmp_path, phantoms):
    for sample in phantoms:
        with pytest.raises(FileProblem, match=r"not a mask but a picture.*exchange") as caught:
            datasets.read_mask(sample.image)
        assert caught.value.kind == "mask_is_image"
