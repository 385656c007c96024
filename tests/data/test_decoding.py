"""Image files of every kind, decoded pixel by pixel, and files that are none."""

import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from keras_rau import datasets
from keras_rau.datasets.reading.decoding import image_size
from keras_rau.datasets.reading.opening import FileProblem, open_file
from keras_rau.errors import DataError
from tests.data.small_files import COLOURS, GREYS, LESION, bmp, grey_rgb, tagged


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif"])
def test_lossless_colours_and_greys(tmp_path, suffix):
    Image.fromarray(COLOURS).save(tmp_path / f"colours.{suffix}")
    Image.fromarray(GREYS).save(tmp_path / f"greys.{suffix}")
    np.testing.assert_array_equal(datasets.read_image(tmp_path / f"colours.{suffix}"), COLOURS)
    np.testing.assert_array_equal(datasets.read_image(tmp_path / f"greys.{suffix}"), grey_rgb(GREYS))


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_png_with_few_bits(tmp_path, bits):
    palette = Image.fromarray(GREYS >> (8 - bits)).convert("P")
    palette.putpalette(COLOURS.ravel()[:768].tolist())
    palette.save(tmp_path / "palette.png", bits=bits)
    wanted = COLOURS.reshape(-1, 3)[:256][GREYS >> (8 - bits)]
    np.testing.assert_array_equal(datasets.read_image(tmp_path / "palette.png"), wanted)


def test_bmp_of_32_bits_without_and_with_an_alpha_channel_of_zeros(tmp_path):
    values = np.dstack([COLOURS[::-1, :, ::-1], np.zeros_like(GREYS)]).tobytes()
    np.testing.assert_array_equal(datasets.read_image(bmp(tmp_path / "plain.bmp", values, 32)), COLOURS)
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    np.testing.assert_array_equal(datasets.read_image(bmp(tmp_path / "alpha.bmp", values, 32, 3, masks)), COLOURS)


def test_bmp_top_down(tmp_path):
    rows = np.zeros((20, 92), np.uint8)
    rows[:, :90] = COLOURS[..., ::-1].reshape(20, 90)
    path = bmp(tmp_path / "down.bmp", rows.tobytes(), 24, height=-20)
    np.testing.assert_array_equal(datasets.read_image(path), COLOURS)


def test_bmp_with_run_lengths(tmp_path):
    palette = bytes(value for index in range(256) for value in (index, index, index, 0))
    runs = b"".join(bytes([10, row, 20, 255 - row]) + b"\0\0" for row in range(20)) + b"\0\1"
    wanted = np.zeros((20, 30), np.uint8)
    for row in range(20):
        wanted[19 - row, :10], wanted[19 - row, 10:] = row, 255 - row
    header = struct.pack("<IiiHHIIiiII", 40, 30, 20, 1, 8, 1, len(runs), 0, 0, 256, 0)
    start = 14 + 40 + 1024
    content = b"BM" + struct.pack("<IHHI", start + len(runs), 0, 0, start) + header + palette + runs
    (tmp_path / "runs.bmp").write_bytes(content)
    np.testing.assert_array_equal(datasets.read_image(tmp_path / "runs.bmp"), grey_rgb(wanted))


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bits_are_scaled_exactly(tmp_path, suffix, channels):
    values = np.random.default_rng(1).integers(0, 65536, (20, 30, channels)).astype(np.uint16)
    path = tmp_path / f"deep.{suffix}"
    cv2.imwrite(str(path), values[..., ::-1])
    wanted = np.broadcast_to((values / 257).round().astype(np.uint8), (20, 30, 3))
    np.testing.assert_array_equal(datasets.read_image(path), wanted)


def test_eight_bit_values_in_a_file_of_sixteen_bits(tmp_path):
    cv2.imwrite(str(tmp_path / "deep.png"), COLOURS[..., ::-1].astype(np.uint16))
    np.testing.assert_array_equal(datasets.read_image(tmp_path / "deep.png"), COLOURS)


def test_sixteen_bits_with_transparency(tmp_path):
    alpha = LESION.astype(np.uint16) * 65535
    values = np.dstack([COLOURS[..., ::-1].astype(np.uint16) * 257, alpha])
    cv2.imwrite(str(tmp_path / "deep.png"), values)
    np.testing.assert_array_equal(
        datasets.read_image(tmp_path / "deep.png"), np.where(LESION[..., None] > 0, COLOURS, 255)
    )


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_pixels_are_white_and_half_transparent_ones_lighter(tmp_path, mode):
    colours = COLOURS if mode == "RGBA" else grey_rgb(GREYS)
    alpha = LESION * np.uint8(100)
    alpha[:4] = 255
    image = Image.fromarray(colours if mode == "RGBA" else GREYS)
    image.putalpha(Image.fromarray(alpha))
    image.save(tmp_path / "a.png")
    share = alpha[..., None] / 255
    wanted = np.floor(colours * share + 255 * (1 - share) + 0.5 + 1e-9)
    np.testing.assert_allclose(datasets.read_image(tmp_path / "a.png"), wanted, atol=1)
    np.testing.assert_array_equal(datasets.read_image(tmp_path / "a.png")[:4], colours[:4])
    np.testing.assert_array_equal(datasets.read_image(tmp_path / "a.png")[15:], 255)


def test_transparency_of_a_palette_and_of_one_colour(tmp_path):
    palette = Image.fromarray(LESION).convert("P")
    palette.putpalette([10, 20, 30, 200, 100, 50])
    palette.save(tmp_path / "palette.png", transparency=0)
    wanted = np.where(LESION[..., None] > 0, np.uint8([200, 100, 50]), np.uint8([255, 255, 255]))
    np.testing.assert_array_equal(datasets.read_image(tmp_path / "palette.png"), wanted)
    Image.fromarray(LESION * np.uint8(77)).save(tmp_path / "grey.png", transparency=77)
    wanted = grey_rgb(np.where(LESION > 0, 255, 0).astype(np.uint8))
    np.testing.assert_array_equal(datasets.read_image(tmp_path / "grey.png"), wanted)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_jpeg_of_colours_greys_and_inks(tmp_path, options):
    smooth = cv2.GaussianBlur(COLOURS, (0, 0), 5)
    Image.fromarray(smooth).save(tmp_path / "c.jpg", quality=98, **options)
    Image.fromarray(smooth[..., 0]).save(tmp_path / "g.jpg", quality=98, **options)
    np.testing.assert_allclose(datasets.read_image(tmp_path / "c.jpg").astype(int), smooth, atol=6)
    np.testing.assert_allclose(datasets.read_image(tmp_path / "g.jpg").astype(int), grey_rgb(smooth[..., 0]), atol=3)


def test_cmyk_jpeg_as_adobe_stores_it(tmp_path):
    smooth = cv2.GaussianBlur(COLOURS, (0, 0), 5)
    Image.fromarray(smooth).convert("CMYK").save(tmp_path / "inks.jpg", quality=98)
    content = (tmp_path / "inks.jpg").read_bytes()
    assert b"Adobe" in content
    np.testing.assert_allclose(datasets.read_image(tmp_path / "inks.jpg").astype(int), smooth, atol=6)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_exif_orientations(tmp_path, suffix, orientation):
    path = tagged(tmp_path / f"turned.{suffix}", COLOURS, orientation)
    reference = Image.fromarray(COLOURS)
    reference.getexif()[274] = orientation
    wanted = np.asarray(ImageOps.exif_transpose(reference))
    np.testing.assert_array_equal(datasets.read_image(path), wanted)
    assert image_size(path) == wanted.shape[:2]


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_impossible_orientations_are_upright(tmp_path, orientation):
    path = tagged(tmp_path / "turned.png", COLOURS, orientation)
    np.testing.assert_array_equal(datasets.read_image(path), COLOURS)


def test_the_content_decides_not_the_suffix(tmp_path):
    Image.fromarray(COLOURS).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    np.testing.assert_array_equal(datasets.read_image(tmp_path / "a.jpg"), COLOURS)
    assert open_file(tmp_path / "a.jpg").format == "PNG"


@pytest.mark.parametrize("suffix", ["tif", "png", "gif"])
def test_several_pictures_in_one_file(tmp_path, suffix):
    pages = [Image.fromarray(GREYS), Image.fromarray(255 - GREYS)]
    pages[0].save(tmp_path / f"pages.{suffix}", save_all=True, append_images=pages[1:])
    assert open_file(tmp_path / f"pages.{suffix}").frames == 2
    np.testing.assert_array_equal(datasets.read_image(tmp_path / f"pages.{suffix}"), grey_rgb(GREYS))


def test_colour_profiles_are_not_applied(tmp_path):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    Image.fromarray(COLOURS).save(tmp_path / "a.png", icc_profile=profile)
    np.testing.assert_array_equal(datasets.read_image(tmp_path / "a.png"), COLOURS)


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (b"", "file_empty", r"a.jpg is empty \(0 bytes\)"),
        (bytes(500), "file_empty", "nothing but zero bytes"),
        (b"\n<!DOCTYPE html><html>404</html>", "file_unreadable", "web page.*Fetch it again"),
        (b"PK\x03\x04" + bytes(50), "file_unreadable", "ZIP archive.*Unpack"),
        (b"version https://git-lfs.github.com/spec/v1\n", "file_unreadable", "git lfs pull"),
        (bytes(128) + b"DICM" + bytes(50), "file_unreadable", "DICOM.*Export it as PNG"),
        (bytes(4) + b"ftypheic" + bytes(50), "file_unreadable", "HEIC.*Export it as JPEG"),
        (b"%PDF-1.4", "file_unreadable", "PDF"),
        (b"plain text", "file_unreadable", "damaged or no image"),
    ],
)
def test_what_is_no_image_is_named(tmp_path, content, kind, message):
    (tmp_path / "a.jpg").write_bytes(content)
    for read in (datasets.read_image, datasets.read_mask):
        with pytest.raises(FileProblem, match=message) as caught:
            read(tmp_path / "a.jpg")
        assert caught.value.kind == kind
        assert str(tmp_path / "a.jpg") in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp", "tif", "gif"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_truncated_files(tmp_path, suffix, share):
    noise = np.random.default_rng(3).integers(0, 256, (200, 200, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / f"cut.{suffix}")
    whole = (tmp_path / f"cut.{suffix}").read_bytes()
    (tmp_path / f"cut.{suffix}").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(DataError, match=f"cut.{suffix} .*Fetch it again"):
        datasets.read_image(tmp_path / f"cut.{suffix}")


def test_damaged_bytes_never_end_in_another_error(tmp_path):
    rng = np.random.default_rng(5)
    buffers = []
    for suffix in ("JPEG", "PNG", "BMP", "TIFF", "GIF"):
        buffer = io.BytesIO()
        Image.fromarray(COLOURS).save(buffer, suffix)
        buffers.append(buffer.getvalue())
    outcomes = set()
    for number in range(300):
        content = bytearray(buffers[number % 5])
        for place in rng.integers(0, len(content), 8):
            content[place] = rng.integers(0, 256)
        path = tmp_path / "damaged"
        path.write_bytes(content)
        for read in (datasets.read_image, datasets.read_mask):
            try:
                read(path)
                outcomes.add("read")
            except DataError:
                outcomes.add("refused")
    assert outcomes == {"read", "refused"}


def test_missing_files_folders_and_bombs(tmp_path, monkeypatch):
    with pytest.raises(FileProblem, match=r"a.png does not exist"):
        datasets.read_image(tmp_path / "a.png")
    with pytest.raises(FileProblem, match="does not exist"):
        image_size(tmp_path / "a.png")
    with pytest.raises(FileProblem, match="is a folder, no image file"):
        datasets.read_image(tmp_path)
    Image.fromarray(COLOURS).save(tmp_path / "a.png")
    monkeypatch.setenv("KERAS_RAU_MAX_PIXELS", "200")
    with pytest.raises(FileProblem, match=r"too many pixels.*Scale it down"):
        datasets.read_image(tmp_path / "a.png")


@pytest.mark.parametrize("values", [np.float32([[0.5, 1], [2, 3]]), np.int32([[0, -1], [7, 70000]])])
def test_numbers_that_are_no_colours(tmp_path, values):
    Image.fromarray(values).save(tmp_path / "a.tif")
    with pytest.raises(FileProblem, match="save it with 8 or 16 bits"):
        datasets.read_image(tmp_path / "a.tif")
