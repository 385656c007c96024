"""Loading the layouts as they are downloaded."""

import numpy as np
import pytest
from PIL import Image

from keras_rau import datasets
from keras_rau.errors import DataError, UsageError


def _write(path, kind="RGB", size=(8, 6), fill=100):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", size, (fill, fill, fill))
    if kind == "mask":
        values = np.zeros(size[::-1], np.uint8)
        values[2:5, 3:6] = 255
        image = Image.fromarray(values)
    elif kind == "1-bit":
        values = np.zeros(size[::-1], np.uint8)
        values[2:5, 3:6] = 255
        image = Image.fromarray(values).convert("1")
    image.save(path)
    return path


def _isic(root, ids, part="Training"):
    for name in ids:
        _write(root / f"ISIC2018_Task1-2_{part}_Input" / f"{name}.jpg")
        _write(root / f"ISIC2018_Task1_{part}_GroundTruth" / f"{name}_segmentation.png", "mask")


def test_isic2018_pairs_by_id_and_ignores_what_lies_around(tmp_path):
    root = tmp_path / "down load" / "nested"
    _isic(root, ["ISIC_0000002", "ISIC_0000001"])
    folder = root / "ISIC2018_Task1-2_Training_Input"
    for name in ("LICENSE.txt", "ATTRIBUTION.txt", "Thumbs.db", "._ISIC_0000001.jpg"):
        (folder / name).write_text("x")
    _write(folder / "ISIC_0000001_superpixels.png")
    (root / "metadata.csv").write_text("image_id,diagnosis\nISIC_0000001,nevus\n")
    samples = datasets.load("isic2018", tmp_path / "down load")
    assert [sample.id for sample in samples] == ["ISIC_0000001", "ISIC_0000002"]
    assert all(sample.mask.name == f"{sample.id}_segmentation.png" for sample in samples)
    assert samples[0].metadata == {"diagnosis": "nevus"}
    assert {sample.split for sample in samples} == {None}
    datasets.check(samples)


def test_isic2018_keeps_the_official_split(tmp_path):
    _isic(tmp_path, ["ISIC_0000001"])
    _isic(tmp_path, ["ISIC_0000002"], "Validation")
    _isic(tmp_path, ["ISIC_0000003"], "Test")
    train, val, test = datasets.split(datasets.load("isic2018", tmp_path), official=True)
    assert [s.id for s in (*train, *val, *test)] == ["ISIC_0000001", "ISIC_0000002", "ISIC_0000003"]


def test_ph2_reads_one_bit_and_colour_masks(tmp_path):
    for number, kind in ((2, "RGB-mask"), (3, "1-bit")):
        name = f"IMD{number:03d}"
        base = tmp_path / "PH2 Dataset images" / name
        _write(base / f"{name}_Dermoscopic_Image" / f"{name}.bmp")
        mask = _write(base / f"{name}_lesion" / f"{name}_lesion.bmp", "1-bit")
        if kind == "RGB-mask":
            Image.open(mask).convert("RGB").save(mask)
        _write(base / f"{name}_roi" / f"{name}_R1_Label3.bmp", "1-bit")
    samples = datasets.load("ph2", tmp_path)
    assert [sample.id for sample in samples] == ["IMD002", "IMD003"]
    first, second = (datasets.read_mask(sample.mask) for sample in samples)
    np.testing.assert_array_equal(first, second)
    assert first.sum() == 9


def test_ham10000_groups_by_lesion(tmp_path):
    for number in (1, 2, 3):
        _write(tmp_path / "images" / f"ISIC_000000{number}.jpg")
        _write(tmp_path / "masks" / f"ISIC_000000{number}_segmentation.png", "mask")
    (tmp_path / "HAM10000_metadata.csv").write_text(
        "lesion_id,image_id,dx\nHAM_1,ISIC_0000001,nv\nHAM_1,ISIC_0000002,nv\nHAM_2,ISIC_0000003,mel\n"
    )
    samples = datasets.load("ham10000", tmp_path)
    assert [sample.group for sample in samples] == ["HAM_1", "HAM_1", "HAM_2"]
    assert samples[2].metadata["dx"] == "mel"


@pytest.mark.parametrize("suffix", ["", "_mask", "_segmentation", "_lesion"])
def test_folder(tmp_path, suffix):
    _write(tmp_path / "images" / "Ärzte 1.JPG")
    _write(tmp_path / "masks" / f"Ärzte 1{suffix}.png", "mask")
    (sample,) = datasets.load("folder", tmp_path)
    assert sample.id == "Ärzte 1"


def test_missing_and_empty_folders(tmp_path):
    (tmp_path / "file").write_text("x")
    for name in datasets.names():
        if name == "phantom":
            continue
        with pytest.raises(DataError, match="does not exist"):
            datasets.load(name, tmp_path / "nowhere")
        with pytest.raises(DataError, match="is a file"):
            datasets.load(name, tmp_path / "file")
        with pytest.raises(DataError):
            datasets.load(name, tmp_path)
    with pytest.raises(DataError, match="does not look like ISIC 2018"):
        datasets.load("isic2018", tmp_path)


def test_what_has_no_partner_is_named_or_dropped_with_a_warning(tmp_path):
    _isic(tmp_path, ["ISIC_0000001", "ISIC_0000002", "ISIC_0000003"])
    (tmp_path / "ISIC2018_Task1_Training_GroundTruth" / "ISIC_0000002_segmentation.png").unlink()
    (tmp_path / "ISIC2018_Task1-2_Training_Input" / "ISIC_0000003.jpg").unlink()
    with pytest.raises(
        DataError, match=r"(?s)2 file.*ISIC_0000002.jpg has no mask.*ISIC_0000003_segmentation.png has no image"
    ):
        datasets.load("isic2018", tmp_path)
    with pytest.warns(UserWarning, match="ISIC_0000002"):
        samples = datasets.load("isic2018", tmp_path, unpaired="drop")
    assert [sample.id for sample in samples] == ["ISIC_0000001"]


def test_duplicate_ids(tmp_path):
    _write(tmp_path / "images" / "a.jpg")
    _write(tmp_path / "images" / "a.png")
    _write(tmp_path / "masks" / "a.png", "mask")
    with pytest.raises(DataError, match=r"Two files have the id a: .*a.jpg and .*a.png"):
        datasets.load("folder", tmp_path)


def test_unknown_names():
    with pytest.raises(UsageError, match="Did you mean 'isic2018'"):
        datasets.load("isic2081", ".")
    with pytest.raises(UsageError, match="does not take this option"):
        datasets.load("ph2", ".", colour=1)


def test_check_reports_every_problem_at_once(tmp_path):
    for name in ("good", "cut", "grey", "small", "text"):
        _write(tmp_path / "images" / f"{name}.png", size=(40, 30), fill=17)
        _write(tmp_path / "masks" / f"{name}.png", "mask", size=(40, 30))
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 255, (200, 200, 3), np.uint8))
    noise.save(tmp_path / "images" / "cut.png")
    whole = (tmp_path / "images" / "cut.png").read_bytes()
    (tmp_path / "images" / "cut.png").write_bytes(whole[: len(whole) // 2])
    Image.fromarray(np.arange(1200, dtype=np.uint8).reshape(30, 40)).save(tmp_path / "masks" / "grey.png")
    _write(tmp_path / "masks" / "small.png", "mask", size=(20, 30))
    (tmp_path / "images" / "text.png").write_text("not an image")
    with pytest.raises(DataError) as caught:
        datasets.check(datasets.load("folder", tmp_path))
    message = str(caught.value)
    assert message.startswith("4 problem(s) in 5 samples")
    assert "cut.png cannot be read" in message
    assert "grey.png is no mask of two values: it holds 256 grey values from 0 to 255" in message
    assert "small.png is 20×30 pixels" in message
    assert "text.png is damaged or no image" in message
    assert "good" not in message


def test_truncated_jpeg(tmp_path):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8))
    noise.save(tmp_path / "cut.jpg")
    whole = (tmp_path / "cut.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"cut.jpg cannot be read"):
        datasets.read_image(tmp_path / "cut.jpg")


def test_exif_orientation_is_applied(tmp_path):
    image = Image.new("RGB", (20, 10))
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.jpg", exif=exif)
    assert datasets.read_image(tmp_path / "turned.jpg").shape == (20, 10, 3)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_any_image_mode(tmp_path, mode):
    suffix = "jpg" if mode == "CMYK" else "png"
    Image.new(mode, (7, 5)).save(tmp_path / f"image.{suffix}")
    found = datasets.read_image(tmp_path / f"image.{suffix}")
    assert found.shape == (5, 7, 3)
    assert found.dtype == np.uint8


def test_masks_of_zero_and_one_and_full_masks(tmp_path):
    for name, values in (("01", [[0, 1], [1, 1]]), ("full", [[255, 255]] * 2), ("empty", [[0, 0]] * 2)):
        Image.fromarray(np.uint8(values)).save(tmp_path / f"{name}.png")
    assert datasets.read_mask(tmp_path / "01.png").sum() == 3
    assert datasets.read_mask(tmp_path / "full.png").sum() == 4
    assert datasets.read_mask(tmp_path / "empty.png").sum() == 0


def test_sixteen_bits_are_scaled(tmp_path):
    values = np.linspace(0, 65535, 100).astype(np.uint16).reshape(10, 10)
    Image.fromarray(values).save(tmp_path / "deep.png")
    found = datasets.read_image(tmp_path / "deep.png")
    np.testing.assert_allclose(found[..., 0], values / 257, atol=0.51)
    Image.fromarray((values > 30000).astype(np.uint16) * 65535).save(tmp_path / "mask.png")
    np.testing.assert_array_equal(datasets.read_mask(tmp_path / "mask.png"), values > 30000)
    Image.fromarray(values.astype(np.float32)).save(tmp_path / "float.tif")
    with pytest.raises(DataError, match="floating-point"):
        datasets.read_image(tmp_path / "float.tif")


@pytest.mark.parametrize("options", [{"n": "abc"}, {"n": 0}, {"seed": -1}, {"size": 10}, {"size": 64.0}])
def test_phantoms_that_cannot_be_drawn(options, tmp_path):
    with pytest.raises(UsageError, match=f"`{next(iter(options))}` must be a whole number"):
        datasets.load("phantom", tmp_path / "p", **options)
    assert not (tmp_path / "p").exists()


def test_files_of_other_kinds_are_listed(tmp_path):
    for name, kind in (("images", "image"), ("masks", "mask")):
        (tmp_path / name).mkdir()
        _write(tmp_path / name / "a.png", kind)
    (tmp_path / "images" / "notes.txt").write_text("x")
    (tmp_path / "images" / "more").mkdir()
    (tmp_path / "images" / "Thumbs.db").write_text("x")
    with pytest.warns(UserWarning, match=r"Left out: 2 file.*\n  more/\n  notes.txt"):
        assert len(datasets.load("folder", tmp_path)) == 1
