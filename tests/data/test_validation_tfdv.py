"""The validation of a data set: statistics, schemas, drift and skew by TFDV, and Beam."""

import random
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_rau import datasets
from keras_rau.datasets import validation
from keras_rau.errors import DataError, RauError, UsageError

pytestmark = [
    pytest.mark.tfdv,
    pytest.mark.skipif(find_spec("tensorflow_data_validation") is None, reason="TFDV is not installed"),
    # What TFDV and Beam import warns of the age of Python and of NumPy.
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("tfdv") / "set"
    datasets.load("phantom", root, n=40, seed=2, size=64)
    (root / "phantom.json").unlink()
    return root


@pytest.fixture(scope="module")
def result(folder):
    return datasets.validate("folder", folder)


def _rows(count, seed=0, **changes):
    rng = random.Random(seed)
    rows = []
    for number in range(count):
        row = dict.fromkeys(validation.COLUMNS)
        row.update(id=str(number), brightness=rng.gauss(150, 20), lesion_components=1 + (rng.random() < 0.2) * 30)
        row.update(vignette=max(0.0, rng.gauss(-0.2, 0.1)), diagnosis=rng.choice(["nevus", "nevus", "melanoma"]))
        row.update({name: change(row[name]) for name, change in changes.items()})
        rows.append(row)
    return rows


def test_a_clean_folder_fits_the_schema_of_its_source(result):
    assert result.schema_name == "folder"
    assert result.anomalies == []
    assert result.clean
    stats = result.statistics["all"].datasets[0]
    assert stats.num_examples == 40
    mean = next(f.num_stats.mean for f in stats.features if f.path.step == ["brightness"])
    assert mean == pytest.approx(np.mean([row["brightness"] for row in result.rows]), rel=1e-5)


def test_every_schema_of_the_package_can_be_read_and_names_columns(result):
    from keras_rau.datasets.validation.schemas import read_schema

    for name in validation.schema_names():
        features = {feature.name for feature in read_schema(name).feature}
        assert features == {*validation.COLUMNS} - {"id", "split", "perceptual_hash", "file_bytes"}


def test_what_differs_from_a_schema_is_named(folder):
    found = datasets.validate("folder", folder, against="ph2")
    columns = {anomaly.column: anomaly for anomaly in found.anomalies}
    assert {"source", "format", "diagnosis"} <= set(columns)
    assert len(columns["format"].ids) == 40
    assert not found.clean
    assert found.errors == []
    assert "format of the image file" in columns["format"].sentence()


def test_a_schema_inferred_from_data_accepts_it_and_refuses_others(folder, result, tmp_path):
    from keras_rau.datasets.validation.schemas import infer_schema, write_schema

    path = tmp_path / "new" / "mine.pbtxt"
    write_schema(infer_schema(result.statistics["all"], result.rows), path)
    assert datasets.validate("folder", folder, against=str(path)).anomalies == []
    other = Path(shutil.copytree(folder, tmp_path / "other"))
    target = sorted((other / "images").iterdir())[4]
    Image.fromarray(np.full((64, 64, 3), 251, np.uint8)).convert("L").save(target)
    found = {anomaly.column: anomaly.ids for anomaly in datasets.validate("folder", other, against=str(path)).anomalies}
    assert found["mode"] == (target.stem,)
    assert found["brightness"] == (target.stem,)


def test_schemas_that_cannot_be_used(folder, tmp_path):
    with pytest.raises(UsageError, match="Did you mean 'ph2'"):
        datasets.validate("folder", folder, against="ph22")
    with pytest.raises(DataError, match=r"nothing.pbtxt does not exist"):
        datasets.validate("folder", folder, against=str(tmp_path / "nothing.pbtxt"))
    (tmp_path / "bad.pbtxt").write_text("no schema")
    with pytest.raises(DataError, match=r"bad.pbtxt is not a schema"):
        datasets.validate("folder", folder, against=str(tmp_path / "bad.pbtxt"))


@pytest.mark.parametrize("seed", range(6))
def test_two_parts_of_one_set_do_not_drift(seed):
    from keras_rau.datasets.validation.shifts import shifts

    rows = _rows(500, seed)
    found = shifts(rows[:400], rows[400:], ("train", "test"))
    assert {shift.column for shift in found} == {"brightness", "lesion_components", "vignette", "diagnosis"}
    assert [shift for shift in found if shift.large] == []


def test_shifts_are_found_in_numbers_and_in_text():
    from keras_rau.datasets.validation.shifts import shift_findings, shifts

    brighter = _rows(300, 1, brightness=lambda value: value + 25, diagnosis=lambda value: "nevus")
    found = {shift.column: shift for shift in shifts(_rows(300), brighter, ("train", "test"))}
    assert found["brightness"].large
    assert found["brightness"].measure == "Jensen-Shannon divergence"
    assert found["diagnosis"].large
    assert found["diagnosis"].measure == "L-infinity distance"
    assert not found["vignette"].large
    findings = shift_findings("drift", list(found.values()))
    assert len(findings) == 2
    assert all(finding.severity == "warning" for finding in findings)


def test_columns_of_one_value_each_differ_wholly():
    from keras_rau.datasets.validation.shifts import shifts

    wide = _rows(60, width=lambda _: 768)
    found = {shift.column: shift for shift in shifts(_rows(900, width=lambda _: 512), wide, ("a", "b"))}
    assert found["width"].value == pytest.approx(1.0)


def test_thresholds_of_the_users_schema_count():
    from tensorflow_metadata.proto.v0 import schema_pb2

    from keras_rau.datasets.validation.shifts import shifts

    schema = schema_pb2.Schema()
    schema.feature.add(name="brightness").drift_comparator.jensen_shannon_divergence.threshold = 0.9
    brighter = _rows(300, 1, brightness=lambda value: value + 25)
    found = {shift.column: shift for shift in shifts(_rows(300), brighter, ("train", "test"), schema)}
    assert found["brightness"].threshold == 0.9
    assert not found["brightness"].large


def test_drift_and_skew_of_folders(folder, tmp_path):
    other = tmp_path / "other"
    datasets.load("phantom", other, n=40, seed=9, size=96)
    found = datasets.validate(
        "folder",
        folder,
        split=lambda s: {"train": s[:25], "val": s[25:30], "test": s[30:]},
        compare_with=("phantom", other),
    )
    assert {shift.between for shift in found.shifts} == {("train", "val"), ("train", "test"), ("folder", "phantom")}
    skewed = {shift.column for shift in found.shifts if shift.large and shift.between == ("folder", "phantom")}
    assert {"width", "height"} <= skewed
    assert {finding.kind for finding in found.findings if finding.severity == "warning"} == {"skew"}
    path = validation.write_report(found, tmp_path / "report")
    text = path.read_text(encoding="utf-8")
    assert "phantom (other)" in text
    for name in ("schema.pbtxt", "anomalies.json", "statistics_all.pbtxt", "statistics_train.pbtxt"):
        assert (path.parent / name).stat().st_size > 0


def _same_as_threads(folder, options):
    from keras_rau.datasets.beam_options import beam_options
    from keras_rau.datasets.validation.beam import measure_on_beam
    from keras_rau.datasets.validation.statistics import statistics
    from keras_rau.datasets.validation.table import measure_all

    samples = datasets.load("folder", folder)
    damaged = datasets.Sample("damaged", samples[0].image.parent / "nothing.jpg", None, "folder")
    measured, found = measure_on_beam([*samples, damaged], beam_options("DirectRunner", options), with_statistics=True)
    expected = list(measure_all([*samples, damaged]))
    assert measured == expected
    assert measured[-1].examination.findings[0].kind == "file_unreadable"
    means = [
        {f.path.step[0]: f.num_stats.mean for f in stats.datasets[0].features if f.HasField("num_stats")}
        for stats in (found, statistics([one.row for one in expected]))
    ]
    assert means[0] == pytest.approx(means[1])


def test_beam_gives_the_same_rows_and_statistics(folder):
    _same_as_threads(folder, [])


@pytest.mark.slow
def test_beam_on_several_processes_gives_the_same_rows_and_statistics(folder):
    _same_as_threads(folder, ["direct_running_mode=multi_processing", "direct_num_workers=2"])


def test_the_whole_validation_on_beam(folder, result):
    found = datasets.validate("folder", folder, runner="DirectRunner")
    assert found.rows == result.rows
    assert found.findings == result.findings


def test_an_unknown_runner(folder):
    with pytest.raises(RauError, match="NoRunner"):
        datasets.validate("folder", folder, runner="NoRunner")


def test_a_damaged_file_is_not_told_again_as_anomalies(tmp_path):
    datasets.load("phantom", tmp_path / "p", n=12, size=48)
    (tmp_path / "p" / "phantom.json").unlink()
    (tmp_path / "p" / "images" / "phantom_00003.jpg").write_bytes(b"damaged")
    result = datasets.validate("folder", tmp_path / "p")
    assert {finding.kind for finding in result.errors} == {"file_unreadable"}
    assert not result.anomalies
