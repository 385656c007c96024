"""Image files of many kinds: a SavedModel reads them as `read_image` does, or says why not."""

import io
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_rau.datasets import read_image
from keras_rau.export import image_headers
from keras_rau.export.serving import from_bytes
from keras_rau.outputs import Outputs

SIZE = (24, 36)
ORIENTATION = 274


def _photo():
    """Smooth, so that JPEG keeps it, and different under every turn."""
    rows, columns = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    return np.stack([5 * rows + 60, 3 * columns + 40, 2 * rows + 2 * columns + 30], -1).astype(np.uint8)


def _alpha():
    return np.repeat(np.linspace(0, 255, SIZE[1]).astype(np.uint8)[None], SIZE[0], 0)


def _file(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _oriented(kind, orientation, **options):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    stored = _photo() if orientation < 5 else _photo().swapaxes(0, 1)  # upright, all have the model's size
    return _file(Image.fromarray(np.ascontiguousarray(stored)), kind, exif=exif, **options)


def _with_xmp(orientation):
    text = f'<x:xmpmeta><rdf:Description tiff:Orientation="{orientation}"/></x:xmpmeta>'
    return _file(Image.fromarray(_photo()), "JPEG", xmp=text.encode())


def _chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _deep_png(channels):
    values = (_photo().astype(np.uint16) * 257 + 3)[..., :channels]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", SIZE[1], SIZE[0], 16, 2 if channels == 3 else 0, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _bomb():
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"\0")) + _chunk(b"IEND", b"")


RGB = Image.fromarray(_photo())
GREY = RGB.convert("L")
READ = {
    "png": _file(RGB, "PNG"),
    "grey png": _file(GREY, "PNG"),
    "1-bit png": _file(GREY.convert("1"), "PNG"),
    "palette png": _file(RGB.convert("P", palette=Image.Palette.ADAPTIVE), "PNG"),
    "palette with transparency": _file(RGB.convert("P", palette=Image.Palette.ADAPTIVE), "PNG", transparency=3),
    "transparent png": _file(Image.fromarray(np.dstack([_photo(), _alpha()])), "PNG"),
    "grey transparent png": _file(Image.fromarray(np.dstack([_photo()[..., 0], _alpha()]), "LA"), "PNG"),
    "evenly transparent png": _file(Image.fromarray(np.dstack([_photo(), 0 * _alpha() + 40])), "PNG"),
    "colour taken for transparent": _file(GREY, "PNG", transparency=int(np.asarray(GREY)[3, 3])),
    "turned png": _oriented("PNG", 6),
    "jpeg": _file(RGB, "JPEG", quality=90),
    "jpeg, colours not reduced": _file(RGB, "JPEG", quality=90, subsampling=0),
    "grey jpeg": _file(GREY, "JPEG"),
    "progressive jpeg": _file(RGB, "JPEG", progressive=True),
    "jpeg, upright by its text": _with_xmp(1),
    "bmp": _file(RGB, "BMP"),
    **{f"jpeg of orientation {number}": _oriented("JPEG", number, quality=95) for number in range(9)},
}
REFUSED = {
    "palette bmp": (_file(RGB.convert("P"), "BMP"), "24 bits"),
    "grey bmp": (_file(GREY, "BMP"), "24 bits"),
    "1-bit bmp": (_file(GREY.convert("1"), "BMP"), "24 bits"),
    "bmp with alpha": (_file(RGB.convert("RGBA"), "BMP"), "24 bits"),
    "16-bit grey png": (_deep_png(1), "16 bits"),
    "16-bit png": (_deep_png(3), "16 bits"),
    "cmyk jpeg": (_file(RGB.convert("CMYK"), "JPEG"), "CMYK"),
    "gif": (_file(RGB, "GIF"), "a GIF"),
    "animated gif": (_file(RGB, "GIF", save_all=True, append_images=[GREY.convert("RGB")]), "a GIF"),
    "animated png": (_file(RGB, "PNG", save_all=True, append_images=[Image.new("RGB", RGB.size)]), "animation"),
    "jpeg, turned by its text": (_with_xmp(6), "orientation"),
    "jpeg with damaged exif": (_oriented("JPEG", 6).replace(b"Exif\0\0MM\0*", b"Exif\0\0MM\0+"), "orientation"),
    "webp": (_file(RGB, "WEBP"), "not a readable"),
    "tiff": (_file(RGB, "TIFF"), "not a readable"),
    "bomb": (_bomb(), "too large"),
    "cut png": (_file(RGB, "PNG")[:-60], "not a readable"),
    "cut jpeg": (_file(RGB, "JPEG")[:-200], "not a readable"),
    "only a start": (b"\xff\xd8\xff", "not a readable"),
    "nothing": (b"", "not a readable"),
}


@pytest.fixture(scope="module")
def serve():
    """A server whose model gives the mean of the colours, but no probability for two colours."""

    def model(images):
        mean = tf.reduce_mean(images, -1, keepdims=True) / 255
        mean = tf.where(tf.reduce_all(images == [255.0, 0, 255], -1, keepdims=True), float("nan"), mean)
        return tf.where(tf.reduce_all(images == [0.0, 255, 255], -1, keepdims=True), 1.1, mean)

    run = from_bytes(model, SIZE, "letterbox", 0.5, Outputs())
    return tf.function(run, input_signature=[tf.TensorSpec((None,), tf.string)])


def test_one_corpus_read_by_both(serve, tmp_path):
    found = serve(tf.constant([*READ.values(), *(content for content, _ in REFUSED.values())]))
    errors = dict(zip([*READ, *REFUSED], found["error"].numpy(), strict=True))
    assert {name: error for name, error in errors.items() if name in READ and error} == {}
    for place, (name, content) in enumerate(READ.items()):
        (tmp_path / "file").write_bytes(content)
        wanted = read_image(tmp_path / "file").astype(np.float32).mean(-1) / 255
        np.testing.assert_allclose(found["mask"][place, ..., 0], wanted, atol=1e-6, err_msg=name)
        mask = np.asarray(Image.open(io.BytesIO(found["mask_bytes"].numpy()[place])))
        np.testing.assert_array_equal(mask, 255 * (wanted >= 0.5), err_msg=name)
    for name, (_, words) in REFUSED.items():
        assert words.encode() in errors[name], name
    assert not np.any(found["mask"][len(READ) :])
    assert set(found["mask_bytes"].numpy()[len(READ) :]) == {b""}


def test_sizes_are_bounded_before_pixels_are_decoded(monkeypatch):
    for largest, words in ((24 * 36, b""), (24 * 36 - 1, b"too large")):
        monkeypatch.setattr(image_headers, "LARGEST", largest)
        for kind in ("png", "jpeg", "bmp"):
            reason = image_headers.read_header(tf.constant(READ[kind])).reason.numpy()
            assert words in reason if words else not reason, kind


def test_a_model_without_probabilities_is_an_error_of_the_image(serve):
    colours = [(60, 60, 60), (255, 0, 255), (0, 255, 255)]
    found = serve(tf.constant([_file(Image.new("RGB", RGB.size, colour), "PNG") for colour in colours]))
    assert [b"outside [0, 1]" in error for error in found["error"].numpy()] == [False, True, True]
    assert [bool(content) for content in found["mask_bytes"].numpy()] == [True, False, False]
    assert np.isfinite(found["mask"]).all()
    assert not np.any(found["mask"][1:])


@pytest.mark.parametrize("overlapping", [False, True])
def test_masks_of_classes_are_those_of_the_description(overlapping):
    outputs = Outputs(("background", "nevus", "melanoma"), overlapping=overlapping)

    def model(images):
        maps = images / 255 * [0.8, 0.9, 1.2]
        return maps if overlapping else maps / tf.reduce_sum(maps, -1, keepdims=True)

    run = tf.function(from_bytes(model, SIZE, "squash", 0.4, outputs))
    found = run(tf.constant([READ["png"], b"no image"]))
    wanted = outputs.decide(found["mask"][0].numpy(), 0.4)

    def decoded(content):
        image = Image.open(io.BytesIO(content))
        assert image.mode == "L"
        return np.asarray(image)

    files = found["mask_bytes"].numpy()
    if overlapping:
        assert files.shape == (2, 3)
        np.testing.assert_array_equal(np.stack([decoded(one) for one in files[0]], -1), 255 * wanted)
        assert not any(files[1])
    else:
        np.testing.assert_array_equal(decoded(files[0]), 255 * (wanted > 0))
        np.testing.assert_array_equal(decoded(found["class_bytes"].numpy()[0]), wanted)
        assert len(np.unique(wanted)) == 3
        assert files[1] == found["class_bytes"].numpy()[1] == b""
