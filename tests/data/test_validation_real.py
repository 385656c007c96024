"""The validation of real data sets: nothing false on clean data, and true oddities are shown."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from keras_rau import datasets

ROOT = Path(os.environ.get("KERAS_RAU_DATA", "/nowhere"))
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not ROOT.is_dir(), reason="KERAS_RAU_DATA names no folder"),
    pytest.mark.filterwarnings("ignore"),
]


@pytest.mark.parametrize(
    ("name", "folder", "kinds"),
    [
        ("ph2", "PH2Dataset", {"area_imbalance", "groups_missing"}),
        pytest.param(
            "ham10000",
            "HAM10000",
            {"mask_full", "class_imbalance", "resized_copy", "outlier"},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "isic2018",
            "ISIC2018",
            {"near_duplicate", "class_imbalance", "area_imbalance", "resized_copy", "outlier", "groups_missing"},
            marks=(pytest.mark.slow, pytest.mark.matrix),
        ),
    ],
)
def test_nothing_false_on_clean_data(name, folder, kinds):
    result = datasets.validate(name, ROOT / folder)
    assert result.errors == []
    assert result.anomalies == []
    assert {finding.kind for finding in result.findings} == kinds
    assert (result.schema_name == name) == (find_spec("tensorflow_data_validation") is not None)
