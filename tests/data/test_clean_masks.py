"""A folder of smoothed masks, cut into a new folder."""

import cv2
import numpy as np
import pytest
from PIL import Image

from keras_rau import datasets
from keras_rau.datasets.reading.cleaning import refusals
from keras_rau.errors import DataError, UsageError
from tests.command import run_command
from tests.data.small_files import tagged

MASK = np.zeros((60, 80), np.uint8)
cv2.ellipse(MASK, (40, 30), (25, 17), 20, 0, 360, 1, -1)
SMOOTH = cv2.GaussianBlur(MASK * 255, (0, 0), 1)
HALF = MASK + MASK * (np.arange(80) > 40).astype(np.uint8)
RING = cv2.dilate(MASK, np.ones((5, 5), np.uint8)) - MASK


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "masks" / "ward").mkdir(parents=True)
    Image.fromarray(SMOOTH).save(tmp_path / "masks" / "smooth.png")
    Image.fromarray(MASK).save(tmp_path / "masks" / "plain.bmp")
    Image.fromarray(MASK * 255).save(tmp_path / "masks" / "ward" / "jpeg.jpg", quality=70)
    return tmp_path / "masks"


def test_smoothed_and_compressed_masks_are_cut_and_others_kept(folder, tmp_path):
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    result = datasets.clean_masks(folder, str(tmp_path / "clean"))
    assert [path.relative_to(result.folder).as_posix() for path in result.written] == [
        "plain.png",
        "smooth.png",
        "ward/jpeg.png",
    ]
    assert result.cut == 2
    assert not result.refused
    for path in result.written:
        assert set(np.unique(np.asarray(Image.open(path)))) == {0, 255}
        assert np.mean(datasets.read_mask(path) != MASK) < 0.01
    assert before == {path: path.read_bytes() for path in folder.rglob("*.*")}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


LABELS = {
    "0 1 2": HALF,
    "0 1 255": np.where(RING > 0, 255, MASK).astype(np.uint8),
    "0 128 255": np.uint8([0, 128, 255])[HALF],
    "0 1 2 255": np.where(RING > 0, 255, HALF).astype(np.uint8),
    "16 bits": HALF.astype(np.uint16) * 30000,
    "thin": np.where(RING > 0, 255, MASK * 128).astype(np.uint8),
    "colours": np.uint8([[0, 0, 0], [255, 0, 0], [0, 0, 255]])[HALF],
    "1 and 2": MASK + np.uint8(1),
}


@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("threshold", [None, 0.5])
def test_labels_are_never_cut_and_never_stop_the_others(folder, tmp_path, name, threshold):
    Image.fromarray(LABELS[name]).save(folder / "labels.png")
    result = datasets.clean_masks(folder, tmp_path / "clean", threshold=threshold)
    assert len(result.written) == 3
    assert [str(folder / "labels.png") in problem.message for problem in result.refused] == [True]
    assert "classes=" in result.refused[0].remedy
    assert "clean-masks" not in str(result.refused[0])
    assert "a folder of their own" in str(refusals(result)[1])


def test_greys_without_a_clear_outline_are_cut_only_at_a_threshold_that_is_named(folder, tmp_path):
    Image.fromarray(cv2.GaussianBlur(MASK * 255, (0, 0), 12)).save(folder / "map.png")
    refused = datasets.clean_masks(folder, tmp_path / "clean").refused
    assert len(refused) == 1
    assert "--threshold" in str(refused[0])
    result = datasets.clean_masks(folder, tmp_path / "cut", threshold=0.5)
    assert result.cut == 3
    assert not result.refused


def test_a_mask_that_is_turned_by_its_tag_stays_so(folder, tmp_path):
    tagged(folder / "turned.png", SMOOTH, 6)
    datasets.clean_masks(folder, tmp_path / "clean")
    assert datasets.read_mask(tmp_path / "clean" / "turned.png").shape == (80, 60)


def test_nothing_is_overwritten(folder, tmp_path):
    (tmp_path / "there").mkdir()
    for target in (tmp_path / "there", folder, folder / "smooth.png"):
        with pytest.raises(DataError, match=r"exists already\. Name a new folder"):
            datasets.clean_masks(folder, target)
    with pytest.raises(UsageError, match="would lie in the folder of the masks"):
        datasets.clean_masks(folder, folder / "clean")
    with pytest.raises(UsageError, match="threshold=127"):
        datasets.clean_masks(folder, tmp_path / "clean", threshold=127)
    with pytest.raises(DataError, match=r"no image files called \*_mask.png"):
        datasets.clean_masks(folder, tmp_path / "clean", pattern="*_mask.png")
    assert not (tmp_path / "clean").exists()


def test_files_that_would_get_one_name_are_refused(folder, tmp_path):
    Image.fromarray(MASK).save(folder / "plain.tif")
    result = datasets.clean_masks(folder, tmp_path / "clean")
    assert len(result.written) == 3
    assert "same name as" in result.refused[0].message


def test_the_command_does_what_it_can_and_names_the_rest(folder, tmp_path, monkeypatch, capsys):
    status, out, _ = run_command(monkeypatch, capsys, "clean-masks", folder, tmp_path / "all")
    assert (status, out) == (0, f"3 masks of 0 and 255: {tmp_path / 'all'} (2 were cut, 1 had two values)\n")
    Image.fromarray(HALF).save(folder / "labels.png")
    (folder / "damaged.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    status, out, err = run_command(monkeypatch, capsys, "clean-masks", folder, tmp_path / "clean")
    assert status == 1
    assert out.startswith("3 masks")
    assert "2 file(s) are not masks that can be cut" in err
    assert err.count("classes=") == 1
    assert "Traceback" not in err


def test_many_refused_masks_have_one_remedy(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    for number in range(12):
        Image.fromarray(rng.integers(0, 256, (60, 80, 3), np.uint8)).save(tmp_path / "images" / f"{number}.png")
        Image.fromarray(np.roll(SMOOTH, number, 1)).save(tmp_path / "masks" / f"{number}.png")
    samples = datasets.load("folder", tmp_path)
    with pytest.raises(DataError) as caught:
        datasets.check(samples)
    assert str(caught.value).count("keras-rau clean-masks") == 1
    assert str(tmp_path / "masks") in str(caught.value).splitlines()[-1]
