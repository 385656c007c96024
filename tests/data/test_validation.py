"""The validation of a data set: what needs no TFDV."""

import base64
import csv
import json
import os
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from keras_rau import datasets
from keras_rau.datasets import validation
from keras_rau.datasets.findings import KINDS
from keras_rau.datasets.validation.balance import balance, balance_findings, size_findings
from keras_rau.datasets.validation.describing import describe, mask_values
from keras_rau.datasets.validation.lesion import lesion_measures
from keras_rau.datasets.validation.outliers import find_outliers, outlier_findings
from keras_rau.datasets.validation.report.charts import bars, histogram
from keras_rau.datasets.validation.report.content import clusters
from keras_rau.errors import DataError, RauError, UsageError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Images and masks of phantoms as anybody's own folder."""
    root = tmp_path_factory.mktemp("own") / "set"
    datasets.load("phantom", root, n=24, seed=5, size=64)
    (root / "phantom.json").unlink()
    return root


def _copy(folder, tmp_path):
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def _validate(folder, **arguments):
    return datasets.validate("folder", folder, use_tfdv=False, **arguments)


def _row(**values):
    return {**dict.fromkeys(validation.COLUMNS), **values}


def test_measures_of_a_disc():
    y, x = np.mgrid[:200, :300]
    disc = ((y - 99.5) ** 2 + (x - 149.5) ** 2 < 60**2).astype(np.uint8)
    found = lesion_measures(disc)
    assert found["lesion_fraction"] == pytest.approx(np.pi * 60**2 / 60000, rel=0.01)
    assert (found["lesion_components"], found["lesion_holes"], found["touches_border"]) == (1, 0, 0)
    assert found["border_irregularity"] == pytest.approx(1, abs=0.2)
    assert found["centre_offset"] == pytest.approx(0, abs=1e-6)


def test_components_holes_border_and_offset():
    mask = np.zeros((40, 40), np.uint8)
    mask[0:10, 0:10] = 1
    mask[3:5, 3:5] = 0
    mask[20:25, 20:25] = 1
    found = lesion_measures(mask)
    assert (found["lesion_components"], found["lesion_holes"], found["touches_border"]) == (2, 1, 1)
    assert found["border_contact"] == pytest.approx(19 / 156)
    corner = np.zeros((41, 41), np.uint8)
    corner[0, 0] = 1
    assert lesion_measures(corner)["centre_offset"] == pytest.approx(np.hypot(20, 20) / (np.hypot(41, 41) / 2))


def test_an_empty_mask_has_no_shape_and_a_full_one_touches_everywhere():
    empty, full = lesion_measures(np.zeros((8, 8), np.uint8)), lesion_measures(np.ones((8, 8), np.uint8))
    assert (empty["lesion_fraction"], empty["lesion_components"], empty["border_irregularity"]) == (0.0, 0, None)
    assert (full["lesion_fraction"], full["border_contact"], full["lesion_holes"]) == (1.0, 1.0, 0)


def test_large_masks_are_measured_small_but_counted_whole():
    mask = np.zeros((2000, 3000), np.uint8)
    mask[500:1500, 1000:2000] = 1
    found = lesion_measures(mask)
    assert found["lesion_fraction"] == pytest.approx(1 / 6)
    small = lesion_measures(cv2.resize(mask, (512, 341), interpolation=cv2.INTER_AREA))
    assert found["border_irregularity"] == pytest.approx(small["border_irregularity"], rel=0.05)


def test_measures_of_the_image(tmp_path):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (256, 256, 3), np.uint8)
    blurred = cv2.GaussianBlur(noise, (0, 0), 4)
    flat = np.full((256, 256, 3), (200, 100, 50), np.uint8)
    Image.fromarray(flat).save(tmp_path / "a.png")
    sample = datasets.Sample("a", tmp_path / "a.png", None, "folder", metadata={"dx": "nv"})
    rows = {
        name: describe(sample, image, None) for name, image in (("noise", noise), ("blur", blurred), ("flat", flat))
    }
    assert rows["noise"]["sharpness"] > 100 * rows["blur"]["sharpness"] > 0
    assert (rows["flat"]["contrast"], rows["flat"]["sharpness"], rows["flat"]["hair_score"]) == (0, 0, 0)
    assert rows["flat"]["brightness"] == pytest.approx(0.299 * 200 + 0.587 * 100 + 0.114 * 50, abs=0.6)
    assert rows["flat"]["colour_cast"] == pytest.approx(28.13, abs=0.1)
    assert rows["noise"]["colour_cast"] < 1
    assert (rows["flat"]["mode"], rows["flat"]["format"], rows["flat"]["diagnosis"]) == ("RGB", "PNG", "nv")
    assert rows["flat"]["file_bytes"] == (tmp_path / "a.png").stat().st_size
    assert rows["flat"]["mask_values"] is None
    assert set(rows["flat"]) == set(validation.COLUMNS)


def test_hair_and_black_corners_are_seen(tmp_path):
    Image.new("RGB", (200, 200)).save(tmp_path / "a.png")
    sample = datasets.Sample("a", tmp_path / "a.png", None, "folder")
    skin = np.full((200, 200, 3), (210, 160, 140), np.uint8)
    hairy, framed, lesion = skin.copy(), skin.copy(), skin.copy()
    for start in range(20, 200, 30):
        cv2.line(hairy, (start, 0), (start - 15, 199), (40, 30, 25), 2)
    framed[:20] = 5
    cv2.circle(lesion, (100, 100), 40, (10, 10, 10), -1)
    plain, hair, frame, dark = (describe(sample, image, None) for image in (skin, hairy, framed, lesion))
    assert hair["hair_score"] > 0.03 > plain["hair_score"]
    assert frame["vignette"] == pytest.approx(0.1, abs=0.01)
    assert plain["vignette"] == dark["vignette"] == 0


def test_values_of_mask_files(tmp_path):
    mask = np.zeros((6, 6), np.uint8)
    mask[2:4] = 1
    Image.fromarray(mask).save(tmp_path / "01.png")
    Image.fromarray(mask * 255).convert("1").save(tmp_path / "bits.bmp")
    Image.fromarray(np.arange(36, dtype=np.uint8).reshape(6, 6)).save(tmp_path / "grey.png")
    (tmp_path / "broken.png").write_text("no")
    found = [mask_values(tmp_path / name) for name in ("01.png", "bits.bmp", "grey.png", "broken.png")]
    assert found == ["0,1", "0,255", "36 values", None]


def test_a_clean_folder_has_no_errors_and_a_full_table(folder, tmp_path):
    result = _validate(folder)
    assert result.errors == []
    assert result.clean
    assert [row["id"] for row in result.rows] == [sample.id for sample in result.samples]
    for row in result.rows:
        missing = {name for name, value in row.items() if value is None}
        assert missing == {"split", "diagnosis"}
        for name, column in validation.COLUMNS.items():
            if column.numeric:
                assert column.low is None or row[name] >= column.low, name
                assert column.high is None or row[name] <= column.high, name
    assert result.balances[0].images == 24


def test_planted_faults_are_found(folder, tmp_path):
    root = _copy(folder, tmp_path)
    images, masks = sorted((root / "images").iterdir()), sorted((root / "masks").iterdir())
    images[0].write_bytes(images[0].read_bytes()[:300])
    masks[1].unlink()
    Image.fromarray(np.zeros((64, 64), np.uint8)).save(masks[2])
    Image.fromarray(np.zeros((10, 64), np.uint8)).save(masks[3])
    copied = root / "images" / "copy.jpg"
    Image.open(images[4]).save(copied, quality=70)
    shutil.copy(masks[4], root / "masks" / "copy_mask.png")
    result = _validate(root)
    found = {(finding.kind, finding.sample) for finding in result.findings}
    assert ("file_unreadable", images[0].stem) in found
    assert "mask_missing" in {kind for kind, _ in found}
    assert ("mask_empty", images[2].stem) in found
    assert ("size_differs", images[3].stem) in found
    assert ("near_duplicate", "copy") in found
    assert not result.clean
    assert [KINDS[f.kind] for f in result.findings] == sorted(
        (KINDS[f.kind] for f in result.findings), key=["error", "warning", "note"].index
    )
    broken = next(row for row in result.rows if row["id"] == images[0].stem)
    assert broken["width"] is None
    assert broken["file_bytes"] == 300


def test_leakage_and_sets(folder, tmp_path):
    root = _copy(folder, tmp_path)
    first = sorted((root / "images").iterdir())[0]
    Image.open(first).save(root / "images" / "zz.jpg", quality=70)
    shutil.copy(root / "masks" / f"{first.stem}_mask.png", root / "masks" / "zz_mask.png")
    parts = lambda samples: {"train": samples[:10], "val": samples[10:12], "test": samples[12:]}  # noqa: E731
    result = _validate(root, split=parts)
    assert {finding.kind for finding in result.errors} == {"leakage"}
    assert {row["split"] for row in result.rows} == {"train", "val", "test"}
    assert [part.set for part in result.balances] == ["all", "train", "val", "test"]
    assert _validate(root).errors == []


def test_a_split_that_does_not_fit_is_an_error(folder):
    def split(samples):
        raise DataError("ids that are not there")

    result = _validate(folder, split=split)
    assert [(finding.kind, finding.message) for finding in result.errors] == [
        ("split_unusable", "ids that are not there")
    ]


def test_outliers_are_the_farthest_and_constant_columns_have_none():
    rows = [_row(id=f"s{i}", brightness=100 + i % 7, width=512, lesion_components=1) for i in range(40)]
    rows[5]["brightness"], rows[6]["brightness"] = 250, 5
    rows[7]["width"] = 513
    rows[8]["lesion_components"] = 9
    found = find_outliers(rows)
    assert [(one.column, one.id) for one in found] == [
        ("brightness", "s5"), ("brightness", "s6"), ("lesion_components", "s8"),
    ]  # fmt: skip
    assert found[0].score > 5 > -5 > found[1].score
    assert find_outliers(rows[:19]) == []
    many = [_row(id=f"s{i}", brightness=200 if i % 10 == 0 else 100 + i % 3) for i in range(200)]
    notes = outlier_findings(find_outliers(many), [])
    assert len(notes) == 6
    assert "14 more of this column" in notes[-1].message


def test_balance_of_classes_and_areas():
    rows = [
        _row(id=str(i), diagnosis="nevus" if i else "melanoma", lesion_fraction=0.04 + 0.1 * (i % 2)) for i in range(10)
    ]
    whole = balance("all", rows)
    assert whole.diagnoses == {"nevus": 9, "melanoma": 1}
    assert whole.lesion_share == pytest.approx(0.09)
    assert whole.background_per_lesion == pytest.approx(0.91 / 0.09)
    assert whole.small == 5
    kinds = [finding.kind for finding in balance_findings([whole, balance("test", rows[1:])])]
    assert kinds == ["class_imbalance", "class_imbalance", "area_imbalance"]
    even = [_row(id=str(i), diagnosis="ab"[i % 2], lesion_fraction=0.5) for i in range(10)]
    assert balance_findings([balance("all", even)]) == []


def test_a_resized_copy_is_told():
    sample = datasets.Sample("a", Path("a.jpg"), None, "ham10000")
    small = [_row(id=str(i), width=256, height=256) for i in range(30)]
    assert [finding.kind for finding in size_findings(small, [sample])] == ["resized_copy"]
    published = [_row(id=str(i), width=600, height=450) for i in range(30)]
    assert size_findings(published, [sample]) == []
    isic = replace(sample, source="isic2018")
    assert [finding.kind for finding in size_findings(small, [isic])] == ["resized_copy"]
    assert size_findings([*small, _row(id="x", width=1022, height=767)], [isic]) == []


def test_clusters_of_duplicates():
    assert clusters([("a", "b", 0.1), ("c", "d", 0.1), ("b", "e", 0.2)]) == [["a", "b", "e"], ["c", "d"]]


_EMPTY = {"meta", "img", "input", "br", "rect", "path", "line"}


class _Page(HTMLParser):
    """Tags, and that each is closed in turn."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_report_is_one_page_that_needs_no_network(folder, tmp_path):
    root = _copy(folder, tmp_path)
    first = sorted((root / "images").iterdir())[0]
    renamed = root / "images" / "<b>zz.jpg"
    Image.open(first).save(renamed, quality=70)
    shutil.copy(root / "masks" / f"{first.stem}_mask.png", root / "masks" / "<b>zz_mask.png")
    Image.new("RGB", (64, 64), (250, 250, 250)).save(sorted((root / "images").iterdir())[3])
    result = _validate(root, split=lambda s: {"train": s[:12], "val": s[12:14], "test": s[14:]})
    path = validation.write_report(result, tmp_path / "out" / "report", command="keras-rau validate …")
    text = path.read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    assert page.open == []
    assert page.tags.count("svg") >= 15
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", text)
    assert "<b>zz" not in text
    pictures = [attributes for tag, attributes in page.attributes if tag == "img"]
    assert pictures
    assert all(attributes["alt"] and attributes["src"].startswith("data:image/jpeg;base64,") for attributes in pictures)
    data = base64.b64decode(pictures[0]["src"].partition(",")[2])
    assert max(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape) == 160
    links = {attributes["href"].removeprefix("#") for tag, attributes in page.attributes if tag == "a"}
    assert links == {attributes["id"] for tag, attributes in page.attributes if tag == "section"}
    with (path.parent / "table.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [row["id"] for row in result.rows]
    written = json.loads((path.parent / "validation.json").read_text(encoding="utf-8"))
    assert written["counts"] == result.counts()
    with (path.parent / "findings.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == len(result.findings)


def test_charts_of_a_single_value_and_of_many():
    assert "<path" in histogram("t", {"all": [3.0, 3.0]})
    assert "and 2 more values" in bars("t", {"all": {str(i): 1 / 12 for i in range(12)}})
    assert "&lt;" in bars("t", {"all": {"<": 1.0}})


def test_a_report_that_cannot_be_written(folder, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RauError, match="Cannot write the report"):
        validation.write_report(_validate(folder), tmp_path / "file")


def test_what_needs_tfdv_says_so(folder, monkeypatch):
    monkeypatch.setattr("keras_rau.datasets.validation.validating.tfdv_installed", lambda: False)
    result = datasets.validate("folder", folder)
    assert len(result.remarks) == 1
    assert "pip install -c constraints/" in result.remarks[0]
    assert result.clean
    for arguments in ({"against": "ph2"}, {"compare_with": ("ph2", folder)}):
        with pytest.raises(RauError, match="pip install"):
            datasets.validate("folder", folder, **arguments)


def test_unknown_names_are_refused(folder, tmp_path):
    with pytest.raises(UsageError, match="Did you mean 'folder'"):
        datasets.validate("foldr", folder, use_tfdv=False)
    with pytest.raises(DataError, match="nowhere"):
        datasets.validate("folder", tmp_path / "nowhere", use_tfdv=False)


def test_schemas_that_come_with_the_package():
    assert validation.schema_names() == ["folder", "ham10000", "isic2016", "isic2017", "isic2018", "ph2"]


def test_the_documentation_names_every_column():
    text = (Path(__file__).parents[2] / "docs" / "how-to" / "validate.md").read_text(encoding="utf-8")
    for column in validation.COLUMNS.values():
        assert f"| `{column.name}` | {column.meaning} |" in text


def test_a_report_is_there_at_once_or_not_at_all(folder, tmp_path, monkeypatch):
    result, plain, calls = _validate(folder), os.fsync, []

    def fsync(handle):
        calls.append(handle)
        if len(calls) > 4:
            raise OSError(28, "No space left on device")
        return plain(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(RauError, match=r"Cannot write the report into .*out: No space left on device"):
        validation.write_report(result, tmp_path / "out")
    assert not list(tmp_path.glob("*out*"))
    monkeypatch.undo()
    validation.write_report(result, tmp_path / "out")
    assert (tmp_path / "out/report.html").exists()
