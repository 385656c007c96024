"""Masks of many files: whatever is wrong with one of them, and whoever else writes into the folder."""

import errno
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from keras_rau import datasets, export
from keras_rau.errors import OutputError, RauError
from keras_rau.evaluation import predict_files, read_regions
from keras_rau.evaluation.prediction_record import Record
from keras_rau.export.refinement import Refinement
from keras_rau.lock import alone
from keras_rau.outputs import Outputs


@dataclass
class _Member:
    path: Path
    size: tuple[int, int] = (16, 16)
    resize: str = "squash"
    preprocess: tuple = ()
    style: Any = None


@dataclass
class _Predictor:
    """Takes dark pixels for lesion; of several classes, red ones for the second."""

    path: Any
    threshold: float = 0.5
    outputs: Outputs = field(default_factory=Outputs)
    bit_depth: int | None = None
    refinement: Refinement = field(default_factory=Refinement)

    @property
    def members(self):
        return [_Member(Path(self.path))]

    def predict(self, image):
        red, dark = image[..., 0] > 200, image.mean(axis=-1) < 100
        if self.outputs.kind == "lesion":
            return dark.astype(np.uint8)
        if self.outputs.kind == "exclusive":
            return (dark + 2 * (red & ~dark)).astype(np.uint8)
        return np.stack([dark, red], axis=-1).astype(np.uint8)


@pytest.fixture
def predict(monkeypatch, tmp_path):
    (tmp_path / "model").write_text("weights")
    made = {}
    monkeypatch.setattr(
        export, "Predictor", lambda path, **options: _Predictor(path, **{**made, **options}), raising=False
    )

    def run(*images, output=tmp_path / "masks", outputs=None, **options):
        made.clear()
        made.update({"outputs": outputs} if outputs else {})
        return predict_files(tmp_path / "model", images or [tmp_path / "photos"], output, **options)

    return run


def _draw(path, shift=0, red=False):
    pixels = np.full((20, 30, 3), 220, np.uint8)
    pixels[..., 0] = 150
    pixels[5:10, 5 + shift : 15 + shift] = 20
    if red:
        pixels[12:15, 2:8] = (230, 60, 60)
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(path, format="PNG")
    return path


@pytest.fixture
def photos(tmp_path):
    for number, name in enumerate("abc"):
        _draw(tmp_path / "photos" / f"{name}.png", number)
    return tmp_path / "photos"


def _rows(folder):
    return {os.path.basename(row["image"]): row for row in read_regions(folder / "regions.csv")}


def test_a_bad_file_is_a_row_and_all_others_are_done(predict, photos, tmp_path):
    (photos / "broken.jpg").write_text("no image")
    (photos / "empty.jpg").write_text("")
    (photos / "loop.jpg").symlink_to("loop.jpg")
    (photos / "dangling.jpg").symlink_to("nowhere")
    (photos / "endless.jpg").symlink_to("/dev/zero")
    os.mkfifo(photos / "pipe.jpg")
    _draw(photos / f"{'x' * 247}.png")
    _draw(photos / f"{'ü' * 124}.png")
    longest = _draw(photos / f"{'y' * 245}.png")
    os.rename(_draw(photos / "z.png"), os.fsencode(photos) + b"/\xff\xfe.png")
    outcomes = predict()
    rows = _rows(tmp_path / "masks")
    assert len(outcomes) == len(rows) == 13
    bad = {"broken.jpg", "empty.jpg", "loop.jpg", "dangling.jpg", "endless.jpg", "pipe.jpg", "\\xff\\xfe.png"}
    assert {name for name, row in rows.items() if row["error"]} == {*bad, f"{'x' * 247}.png", f"{'ü' * 124}.png"}
    assert "not UTF-8" in rows["\\xff\\xfe.png"]["error"]
    assert "symbolic links" in rows["loop.jpg"]["error"]
    assert "too long" in rows[f"{'x' * 247}.png"]["error"]
    assert len(list((tmp_path / "masks").glob("*_mask.png"))) == 4
    assert (tmp_path / "masks" / f"{longest.stem}_mask.png").exists()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "more memory than there is"),
        (OutputError("The output of the model is NaN"), "The output of the model is NaN"),
        (RuntimeError("a decoder\nstumbled"), "RuntimeError: a decoder stumbled"),
    ],
)
def test_whatever_the_model_raises_is_a_row(predict, photos, tmp_path, monkeypatch, error, words):
    plain = _Predictor.predict

    def predicting(self, image):
        if image[5, 5, 0] > 100:  # the second and third picture
            raise error
        return plain(self, image)

    monkeypatch.setattr(_Predictor, "predict", predicting)
    outcomes = predict()
    assert [bool(outcome.error) for outcome in outcomes] == [False, True, True]
    assert words in _rows(tmp_path / "masks")["b.png"]["error"]
    monkeypatch.setattr(_Predictor, "predict", plain)
    assert not any(outcome.error for outcome in predict(resume=True))
    assert not _rows(tmp_path / "masks")["b.png"]["error"]


def test_of_two_images_with_one_mask_name_the_first_has_it(predict, photos, tmp_path):
    _draw(photos / "b.bmp", 9)
    _draw(tmp_path / "more" / "a.png", 8)
    outcomes = predict(photos, tmp_path / "more", photos / "a.png")
    assert [(outcome.image.name, bool(outcome.error)) for outcome in outcomes] == [
        ("a.png", False), ("b.bmp", False), ("b.png", True), ("c.png", False), ("a.png", True)
    ]  # fmt: skip
    assert f"is the mask of {photos / 'b.bmp'}" in outcomes[2].error
    assert datasets.read_mask(tmp_path / "masks/a_mask.png")[5, 5] == 1
    # What is finished keeps its name.
    predict(photos / "b.png", output=tmp_path / "other")
    outcomes = predict(output=tmp_path / "other", resume=True)
    assert [outcome.image.name for outcome in outcomes if outcome.error] == ["b.bmp"]


def test_names_that_a_spreadsheet_would_run(predict, tmp_path, monkeypatch):
    for number, name in enumerate(("=1+1.png", "@SUM(A1).png", "-a.png", "'=b.png")):
        _draw(tmp_path / name, number)
    monkeypatch.chdir(tmp_path)
    names = ["=1+1.png", "@SUM(A1).png", "-a.png", "'=b.png"]
    predict(*names)
    lines = (tmp_path / "masks/regions.csv").read_text().splitlines()[1:]
    assert all(line.startswith("'") for line in lines)
    rows = read_regions("masks/regions.csv")
    assert [row["image"] for row in rows] == names
    assert all(Path("masks", row["mask"]).exists() for row in rows)


def test_what_somebody_else_put_there_is_neither_taken_nor_overwritten(predict, photos, tmp_path):
    predict(photos / "a.png")
    strange = tmp_path / "masks/b_mask.png"
    strange.write_text("mine")
    outcomes = predict(resume=True)
    assert [bool(outcome.error) for outcome in outcomes] == [False, True, False]
    assert "is not what this prediction wrote there: move it away" in outcomes[1].error
    assert strange.read_text() == "mine"
    (tmp_path / "masks/c_mask.png").write_text("edited")
    assert [bool(outcome.error) for outcome in predict(resume=True)] == [False, True, True]
    strange.unlink()
    (tmp_path / "masks/c_mask.png").unlink()
    (tmp_path / "masks/c_mask.png").symlink_to(photos / "c.png")
    before = (photos / "c.png").read_bytes()
    assert [bool(outcome.error) for outcome in predict(resume=True)] == [False, False, True]
    assert (photos / "c.png").read_bytes() == before


def test_a_table_of_somebody_else_stays(predict, photos, tmp_path):
    predict(photos / "a.png")
    table = tmp_path / "masks/regions.csv"
    table.write_text("mine")
    with pytest.raises(RauError, match=r"regions.csv is not what this prediction wrote there: move it away"):
        predict(resume=True)
    assert table.read_text() == "mine"
    assert not (tmp_path / "masks/b_mask.png").exists()
    table.unlink()
    predict(resume=True)
    assert len(_rows(tmp_path / "masks")) == 3


@pytest.mark.parametrize("name", ["a_mask.png", "regions.csv", "notes.txt"])
def test_a_folder_without_a_record_is_refused(predict, photos, tmp_path, name):
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / name).write_text("mine")
    with pytest.raises(RauError, match="no record of keras-rau predict"):
        predict(resume=True)
    with pytest.raises(RauError, match=r"not an empty folder. Name a new one with --output, such as .*masks-2"):
        predict()
    assert [path.name for path in (tmp_path / "masks").iterdir()] == [name]


def test_another_model_or_other_settings_do_not_go_on(predict, photos, tmp_path):
    predict(photos / "a.png")
    with pytest.raises(RauError, match=r"threshold: 0.5 then, 0.4 now"):
        predict(resume=True, threshold=0.4)
    with pytest.raises(RauError, match="fill_holes: False then, True now"):
        predict(resume=True, refinement=Refinement(fill_holes=True))
    with pytest.raises(RauError, match=r"holds masks already. Go on there with --resume"):
        predict()
    (tmp_path / "model").write_text("other weights")
    with pytest.raises(RauError, match=r"model: .*SHA-256 .* then, .* now"):
        predict(resume=True)
    (tmp_path / "model").write_text("weights")
    assert len(predict(resume=True)) == 3


def test_a_changed_image_is_done_again(predict, photos, tmp_path):
    predict()
    before = (tmp_path / "masks/b_mask.png").stat().st_mtime_ns
    _draw(photos / "a.png", 7)
    os.utime(photos / "b.png")  # touched, and still the same
    assert [outcome.region.left for outcome in predict(resume=True)] == [12, 6, 7]
    assert datasets.read_mask(tmp_path / "masks/a_mask.png")[6, 6] == 0
    assert (tmp_path / "masks/b_mask.png").stat().st_mtime_ns == before


def test_the_table_keeps_what_was_done_before(predict, photos, tmp_path):
    predict(photos / "a.png", photos / "b.png")
    predict(photos / "c.png", resume=True)
    assert list(_rows(tmp_path / "masks")) == ["a.png", "b.png", "c.png"]


def test_two_at_a_time_are_refused(predict, photos, tmp_path):
    predict(photos / "a.png")
    with alone(tmp_path / "masks", "predicting"):
        for resume in (False, True):
            with pytest.raises(RauError, match="Another process is predicting"):
                predict(resume=resume)
    assert len(predict(resume=True)) == 3


@pytest.mark.parametrize("full_at", range(1, 9))
def test_a_full_disk_ends_the_run_and_nothing_is_lost(predict, photos, tmp_path, monkeypatch, full_at):
    plain, calls = os.fsync, []

    def fsync(handle):
        calls.append(handle)
        if len(calls) >= full_at + 4:  # what the lock and the record take is there
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return plain(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(RauError, match="No space left"):
        predict()
    monkeypatch.setattr(os, "fsync", plain)
    assert not list((tmp_path / "masks").glob("*.part"))
    assert not any(outcome.error for outcome in predict(resume=(tmp_path / "masks").exists()))
    assert len(_rows(tmp_path / "masks")) == 3
    assert not list((tmp_path / "masks").glob(".*.part"))


class _Killed(BaseException):
    pass


@pytest.mark.parametrize("killed_at", range(12))
def test_a_kill_between_any_two_writes_loses_nothing(predict, photos, tmp_path, monkeypatch, killed_at):
    """What SIGKILL does at each place where something is put on the disk; a slow test sends real ones."""
    plain, calls = os.fsync, []

    def fsync(handle):
        calls.append(handle)
        if len(calls) > killed_at:
            raise _Killed
        return plain(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        # A killed process cleans nothing up.
        patch.setattr("keras_rau.files.discard", lambda _: None)
        patch.setattr("keras_rau.lock.discard", lambda _: None)
        with pytest.raises(_Killed):
            predict()
    assert not any(outcome.error for outcome in predict(resume=True))
    assert len(_rows(tmp_path / "masks")) == 3
    assert not list((tmp_path / "masks").rglob("*.part"))


def test_exclusive_classes_are_one_file_of_class_numbers(predict, tmp_path):
    _draw(tmp_path / "photos/a.png", red=True)
    outputs = Outputs(("background", "dark", "red"))
    (outcome,) = predict(outputs=outputs, overlay=True)
    assert outcome.masks == {"dark": "a_mask.png", "red": "a_mask.png"}
    with Image.open(tmp_path / "masks/a_mask.png") as file:
        assert (file.mode, np.unique(np.asarray(file)).tolist()) == ("L", [0, 1, 2])
    rows = read_regions(tmp_path / "masks/regions.csv")
    found = [(row["class"], row["mask"], row["area"]) for row in rows]
    assert found == [("dark", "a_mask.png", "50"), ("red", "a_mask.png", "18")]
    assert (tmp_path / "masks/a_overlay.png").exists()
    (again,) = predict(outputs=outputs, overlay=True, resume=True)
    assert again == outcome


def test_overlapping_classes_have_a_file_each(predict, tmp_path):
    _draw(tmp_path / "photos/a.png", red=True)
    (outcome,) = predict(outputs=Outputs(("dark", "red/pink"), overlapping=True))
    assert outcome.masks == {"dark": "a_dark_mask.png", "red/pink": "a_red_pink_mask.png"}
    assert datasets.read_mask(tmp_path / "masks/a_red_pink_mask.png").sum() == outcome.regions["red/pink"].area == 18
    rows = read_regions(tmp_path / "masks/regions.csv")
    assert [(row["class"], row["mask"]) for row in rows] == list(outcome.masks.items())


def test_names_of_classes_that_differ_in_signs_alone_stay_apart(predict, tmp_path):
    _draw(tmp_path / "photos/a.png")
    (outcome,) = predict(outputs=Outputs(("x/y", "X y"), overlapping=True))
    assert len(set(map(str.lower, outcome.masks.values()))) == 2


def test_a_name_that_leads_nowhere_is_told_at_once(predict, photos, tmp_path):
    with pytest.raises(RauError, match=r"nothing.jpg does not exist"):
        predict(photos, tmp_path / "nothing.jpg")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RauError, match="There are no images in"):
        predict(tmp_path / "empty")
    assert not (tmp_path / "masks").exists()


@pytest.mark.parametrize("resume", [False, True])
def test_an_output_that_is_a_file_or_has_a_damaged_record_is_one_line(predict, photos, tmp_path, resume):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RauError, match=r"file"):
        predict(output=tmp_path / "file", resume=resume)
    assert (tmp_path / "file").read_text() == "mine"
    predict()
    for content in ("{", "[1]", "[" * 100_000):
        (tmp_path / "masks/.keras-rau/prediction.json").write_text(content)
        with pytest.raises(RauError, match=r"prediction.json .*Name a new folder"):
            predict(resume=resume)
    (tmp_path / "masks/.keras-rau/prediction.json").unlink()
    os.mkfifo(tmp_path / "masks/.keras-rau/prediction.json")
    with pytest.raises(RauError, match=r"prediction.json is a folder, pipe or device"):
        predict(resume=resume)


def test_a_record_of_odd_values_is_refused_or_passed_over(predict, photos, tmp_path):
    predict()
    record = tmp_path / "masks/.keras-rau"
    (done,) = record.glob("done-*.jsonl")
    lines = [json.loads(line) for line in done.read_text().splitlines() if line]
    odd = [
        {**lines[0], key: value} for key in ("masks", "files", "image", "regions") for value in (3, [[1]], {"a": [1]})
    ]
    done.write_text("\n".join(json.dumps({**line, "at": 1e12}) for line in odd))
    with pytest.raises(RauError):
        predict()
    assert Record(tmp_path / "masks").entries() == []
    done.unlink()
    os.mkfifo(done)
    with pytest.raises(RauError, match=r"\.jsonl is a folder, pipe or device"):
        predict(resume=True)


def test_the_record_says_who_made_the_masks(predict, photos, tmp_path):
    predict()
    record = json.loads((tmp_path / "masks/.keras-rau/prediction.json").read_text())
    assert record["models"][0]["path"] == str(tmp_path / "model")
    assert (record["threshold"], record["classes"]["names"]) == (0.5, ["lesion"])


def test_lines_of_the_record_that_are_not_ours_are_passed_over(tmp_path):
    (tmp_path / ".keras-rau").mkdir()
    lines = ["[" * 100_000, '{"at": 1}', '{"at": 2, "table": "a"}', "null", '{"at": 3, "regions": []}']
    (tmp_path / ".keras-rau" / "done-x-1-0.jsonl").write_text("\n".join(lines))
    record = Record(tmp_path)
    assert (record.entries(), record.tables()) == ([], {"a"})
