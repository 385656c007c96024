"""Studies as files: what a file may say, how its rows become trainings, and its command."""

import pytest
from rich.console import Console

from keras_rau import datasets
from keras_rau.errors import DataError, RauError, UsageError
from keras_rau.study import Grid, Source, design_study, run_study, study_names
from keras_rau.study.study_file import fill, read_study
from tests.command import run_command
from tests.study.finished_cells import finish

OWN = """
title: Image sizes
help: How many pixels?
options:
  sizes: {kind: words, default: [64, 128], help: Sides of the square.}
  loss: {default: dice, help: Loss of all trainings.}
settings: {loss.name: "{loss}"}
rows:
  - {label: as it is, name: ["{loss}"]}
  - each: {size: sizes}
    label: "{size} pixels, {loss.words}"
    name: ["{loss}", "at_{size}"]
    settings: {data.image_size: "{size}"}
reference: as it is
"""


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "sizes.yaml"
    path.write_text(OWN)
    return path


def _grid(tmp_path):
    return Grid(tmp_path / "cells", (0,), "rau_net_nano")


def test_a_file_is_a_study(own, tmp_path):
    source = Source("ph2", tmp_path / "PH2", (1, 2))
    design = design_study(own, _grid(tmp_path), source, sizes=["32"], loss="weighted_bce")
    assert [row.label for row in design.rows] == ["as it is", "32 pixels, weighted bce"]
    assert [cell.name for cell in design.cells] == [
        "ph2-rau_net_nano-weighted_bce-s0",
        "ph2-rau_net_nano-weighted_bce-at_32-s0",
    ]
    assert [cell.config.data.image_size for cell in design.cells] == [(256, 256), (32, 32)]
    assert {cell.config.loss.name for cell in design.cells} == {"weighted_bce"}
    for cell in design.cells:
        finish(cell, {1: ([0.5], [0.5, 0.6]), 2: ([0.6], [0.6, 0.7])})
    run_study(design, tmp_path, Console(quiet=True), report_only=True)
    page = (tmp_path / "sizes-ph2" / "table.md").read_text()
    assert page.startswith("# Image sizes: ph2")
    assert "## Paired differences against as it is" in page


def test_the_command_of_a_file_has_its_options(own, tmp_path, monkeypatch, capsys):
    found = []
    monkeypatch.setattr("keras_rau.study.run_study", lambda design, *_, **__: found.append(design))
    words = ["--dataset", "ph2", "--data-dir", tmp_path, "--output", tmp_path, "--model", "rau_net_nano"]
    status, _, err = run_command(monkeypatch, capsys, "study", own, *words, "--sizes", "32", "48", "--loss", "bce")
    assert status == 0, err
    assert [row.label for row in found[0].rows] == ["as it is", "32 pixels, bce", "48 pixels, bce"]
    status, out, _ = run_command(monkeypatch, capsys, "study", own, "--help")
    assert status == 0
    assert "How many pixels?" in out
    assert "--sizes" in out
    status, _, err = run_command(monkeypatch, capsys, "study", "sizes", *words)
    assert status == 2
    assert "No such command 'sizes'" in err


def test_every_study_of_the_package_can_be_planned(tmp_path):
    assert study_names() == ["architectures", "attention", "imbalance", "losses", "transfer"]
    source, other = Source("ph2", tmp_path, (1,)), Source("isic2018", tmp_path, (1,))
    for name in study_names():
        file = read_study(name)
        assert file.help.endswith((".", "?"))
        sources = (source, other) if file.transfer else (source,)
        design = design_study(name, _grid(tmp_path), *sources)
        names = [cell.name for cell in design.cells]
        assert len(set(names)) == len(names) > 1
        assert design.reference in [row.label for row in design.rows]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("title: Image sizes\n", ""), "title: Field required"),
        (("label: as it is", "lable: as it is"), r"rows.0.label: Field required"),
        (
            ('{data.image_size: "{size}"}', '{data.image_size: "{side}"}'),
            "unknown placeholder 'side'. Known: dataset, loss",
        ),
        (("each: {size: sizes}", "each: {size: sides}"), "unknown placeholder 'sides'"),
        (("loss: {default", "model: {default"), "'model' cannot name an option"),
        (("kind: words", "kind: list"), "options.sizes.kind: Input should be 'word'"),
        (("rows:", "rows: []\nothers:"), "rows: List should have at least 1 item"),
        ((OWN, "[1, 2]"), "does not describe a study"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(own, change, message):
    own.write_text(OWN.replace(*change))
    with pytest.raises(DataError, match=message) as error:
        read_study(own)
    assert str(own) in str(error.value)


def test_a_file_that_is_not_there_and_unknown_names(tmp_path):
    with pytest.raises(RauError, match=r"missing\.yaml"):
        read_study(tmp_path / "missing.yaml")
    with pytest.raises(UsageError, match="Did you mean 'losses'"):
        read_study("loses")
    source = Source("ph2", tmp_path, (1,))
    with pytest.raises(UsageError, match="The study losses has no option 'loss'"):
        design_study("losses", _grid(tmp_path), source, loss="dice")
    with pytest.raises(UsageError, match=r"transfer takes 2 data set.s.. Received: 1"):
        design_study("transfer", _grid(tmp_path), source)


def test_rows_with_one_run_directory_are_refused(own, tmp_path):
    source = Source("ph2", tmp_path / "PH2", (1,))
    own.write_text(OWN.replace('"at_{size}"', '"sized"'))
    with pytest.raises(
        UsageError, match=r"'64 pixels, dice' and '128 pixels, dice' have different settings, but one run"
    ):
        design_study(own, _grid(tmp_path), source)
    own.write_text(OWN.replace('"at_{size}"', '"../{size}"'))
    with pytest.raises(UsageError, match="its name is part of a folder's name"):
        design_study(own, _grid(tmp_path), source)


def test_placeholders():
    names = {"loss": "weighted_bce", "sizes": ["a", "b"], "weight": 0.5}
    assert fill({"a": ["{loss.words}", "x", "{sizes}"], "b": "{weight}", "c": "{loss}/{weight}", "d": None}, names) == {
        "a": ["weighted bce", "x", "a", "b"],
        "b": 0.5,
        "c": "weighted_bce/0.5",
        "d": None,
    }


def test_trainings_of_the_version_before_are_found(tmp_path):
    """Folders and settings of the cells are as they were when a study was a function."""
    root = tmp_path / "phantoms"
    datasets.load("phantom", root, n=4, size=32)
    source, other = Source("phantom", root, (1,)), Source("folder", root, (1,))
    names = {
        name: [
            cell.name.removeprefix("phantom-rau_net_nano-")
            for cell in design_study(name, _grid(tmp_path), *given).cells
        ]
        for name, given in {
            "losses": (source,),
            "attention": (source,),
            "imbalance": (source,),
            "transfer": (source, other),
        }.items()
    }
    assert names == {
        "losses": ["bce-s0", "tversky-s0", "dice-s0", "compound-s0"],
        "attention": ["none-compound-s0", "gate-compound-s0", "ra-compound-s0", "ba-compound-s0", "compound-s0"],
        "imbalance": ["bce-s0", "weighted_bce-s0", "bce-by_diagnosis-s0"],
        "transfer": ["compound-s0", "folder-rau_net_nano-compound-s0"],
    }
