"""Studies on made-up scores: what is chosen, compared and written."""

import csv
import json

import pytest
from rich.console import Console

from keras_rau import datasets
from keras_rau.errors import DataError, RauError, UsageError
from keras_rau.evaluation.paired import holm
from keras_rau.study import Grid, Source, design_study, run_study
from keras_rau.study.results import command_line, without_folders
from keras_rau.study.scores import mean_over_seeds
from tests.study.finished_cells import finish, rows


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "phantoms"
    datasets.load("phantom", root, n=12, size=48)
    return root


def _report(design, output, **arguments):
    return run_study(design, output, Console(quiet=True), report_only=True, **arguments)


@pytest.fixture
def losses(tmp_path):
    """Two losses with two seeds; with seed 1 of `bce` the earlier checkpoint is better on validation images."""
    source = Source("isic2018", tmp_path / "ISIC2018", (20, 40))
    grid = Grid(tmp_path / "cells", (0, 1), "rau_net_nano")
    design = design_study("losses", grid, source, losses=["bce", "compound"])
    bce, compound = design.rows
    finish(bce.cells[0], {20: ([0.5, 0.6], [0.1, 0.2, 0.3]), 40: ([0.6, 0.7], [0.5, 0.6, 0.7])})
    finish(bce.cells[1], {20: ([0.8, 0.8], [0.7, 0.8, 0.9]), 40: ([0.9, 0.1], [0.2, 0.2, 0.2])})
    for number, cell in enumerate(compound.cells):
        finish(cell, {20: ([0.5], [0.5] * 3), 40: ([0.9], [0.8, 0.9, 0.8 + 0.1 * number])}, starts=1 + number)
    return design


def test_the_checkpoint_is_chosen_on_validation_images_for_each_seed(losses, tmp_path):
    found = _report(losses, tmp_path)
    bce, compound = found["rows"]
    assert bce["chosen_epochs"] == [40, 20]
    assert compound["chosen_epochs"] == [40, 40]
    assert bce["chosen"]["dice"] == pytest.approx(
        (0.6 + 0.7 + 0.8) / 3
    )  # per image 0.5 and 0.7, 0.6 and 0.8, 0.7 and 0.9
    assert bce["dice_by_seed"] == pytest.approx([0.6, 0.8])
    assert bce["at"]["40"]["dice"] == pytest.approx((0.35 + 0.4 + 0.45) / 3)
    low, high = bce["chosen"]["ci95"]["dice"]
    assert 0.599 < low < bce["chosen"]["dice"] < high < 0.801


def test_rows_are_compared_with_the_reference_image_by_image(losses, tmp_path):
    found = _report(losses, tmp_path)
    assert found["reference"] == "compound"
    (difference,) = found["differences"].values()
    assert difference["difference"] == pytest.approx((-0.2 - 0.2 - 0.05) / 3)
    assert (difference["wins"], difference["losses"], difference["n"]) == (0, 3, 3)
    assert difference["p_holm"] == difference["p_value"] == pytest.approx(0.25)  # all of 3 signs: 2 / 2**3


def test_the_page_stands_beside_the_paper(losses, tmp_path):
    _report(losses, tmp_path, words=["study", "losses", "--data-dir", str(tmp_path / "ISIC2018")])
    folder = tmp_path / "losses-isic2018"
    page = (folder / "table.md").read_text()
    assert page.startswith("# Losses: isic2018\n\n`keras-rau study losses --data-dir .../ISIC2018`\n")
    assert "| compound, paper | 0.8677 | 0.8818 |" in page
    assert "| compound, paper | 0.8523 | 0.8631 |" in page
    assert "| tversky | 0.8544 / 0.8386 |" in page
    assert "| bce | **0.4000** (" not in page
    assert "| bce | **0.5000 (0.400–0.600)** | **0.4000 (0.350–0.450)** |" in page
    assert "0.6000, 0.8000" in page
    assert "1.0 + > 1.0" in page  # the second was resumed
    assert "trained with 0123456789" in page
    for name in ("dice_over_epochs.png", "dice_per_image.png", "paired_differences.png"):
        assert f"({name})" in page
        assert (folder / name).read_bytes().startswith(b"\x89PNG")


def test_figures_for_programs_and_papers(losses, tmp_path):
    found = _report(losses, tmp_path)
    folder = tmp_path / "losses-isic2018"
    text = (folder / "results.json").read_text()
    assert json.loads(text) == found
    assert str(tmp_path) not in text
    assert found["trainings"]["isic2018-rau_net_nano-bce-s1"]["seed"] == 1
    with (folder / "table.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert len(table) == 2 * 3 * 7
    (one,) = [r for r in table if (r["row"], r["checkpoint"], r["score"]) == ("bce", "chosen on validation", "iou")]
    assert float(one["mean"]) == pytest.approx(found["rows"][0]["chosen"]["iou"], abs=1e-6)
    assert (one["images"], one["seeds"]) == ("3", "2")
    latex = (folder / "table.tex").read_text()
    assert latex.count(r"\\") == 3
    assert "rau_net" not in latex.replace(r"rau\_net", "")


def test_what_is_missing_is_listed_and_not_in_the_tables(tmp_path):
    source = Source("isic2018", tmp_path / "ISIC2018", (1,))
    grid = Grid(tmp_path / "cells", (0, 1), "rau_net_nano")
    design = design_study("losses", grid, source, losses=["bce", "dice"])
    with pytest.raises(RauError, match="No training of this study is finished"):
        _report(design, tmp_path)
    finish(design.cells[0], {1: ([0.5], [0.5, 0.6])})
    with pytest.raises(
        RauError, match=r"No line of the table has all its seeds yet. Not finished: .*bce-s1, .*dice-s0"
    ):
        _report(design, tmp_path)
    finish(design.cells[1], {1: ([0.5], [0.5, 0.6])})
    finish(design.cells[2], {1: ([0.5], [0.5, 0.6])})
    found = _report(design, tmp_path)
    assert [row["label"] for row in found["rows"]] == ["bce"]
    assert found["missing"] == {"dice": ["isic2018-rau_net_nano-dice-s1"]}
    page = (tmp_path / "losses-isic2018" / "table.md").read_text()
    assert "not in the tables: dice (without isic2018-rau_net_nano-dice-s1)" in page


def test_a_finished_training_with_other_settings_is_not_taken(losses, tmp_path):
    config = losses.cells[0].run.config
    config.write_text(config.read_text().replace("batch_size: 8", "batch_size: 16"))
    with pytest.raises(RauError, match="batch_size: 16 then, 8 now"):
        _report(losses, tmp_path)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("metrics.json", "{", "no JSON"),
        ("metrics.json", '{"training": {"images": {}}}', "says nothing under 'training.parameters'.*train it again"),
        ("metrics.json", '{"training": 3}', "says nothing under"),
        ("environment.json", "[]", "should hold one JSON object"),
        ("environment.json", "{}", "says nothing under 'git'"),
        ("history.csv", "epoch,val_dice\n0\n", r"history.csv, line 2 has 1 cell"),
        ("scores_test_epoch_020.csv", "id,dice\na,1,2\n", r"scores_test_epoch_020.csv, line 2 has 3 cell"),
    ],
)
def test_damaged_files_of_a_finished_training_are_named(losses, tmp_path, file, content, message):
    (losses.cells[0].path / file).write_text(content)
    with pytest.raises(RauError, match=message) as caught:
        _report(losses, tmp_path)
    assert file in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_lines_of_the_imbalance_study_are_broken_down(data_dir, tmp_path):
    source = Source("phantom", data_dir, (1, 2), {"data.options": {"n": 12, "size": 48}})
    grid = Grid(tmp_path / "cells", (0,), "rau_net_nano")
    design = design_study("imbalance", grid, source, balance=["lesion_size"])
    samples = datasets.load("phantom", data_dir, n=12, size=48)
    for number, cell in enumerate(design.cells):
        finish(cell, {epoch: ([0.5 + epoch / 10], [0.5] * 8) for epoch in (1, 2)})
        datasets.save_split(cell.run.split, train=samples[:3], val=samples[3:4], test=samples[4:])
        for path in cell.path.glob("scores_test_*"):
            dice = [0.5 + number / 10] * 8
            path.unlink()
            _write(path, [sample.id for sample in samples[4:]], dice)
    found = _report(design, tmp_path)
    assert [row["label"] for row in found["rows"]] == [
        "BCE",
        "weighted BCE (pixels)",
        "BCE, images weighted by lesion size",
    ]
    groups = found["groups"]["lesion_size"]["weighted BCE (pixels)"]
    assert [group["n_images"] for group in groups.values()] == [2, 2, 2, 2]
    assert all(group["dice"] == pytest.approx(0.6) for group in groups.values())
    page = (tmp_path / "imbalance-phantom" / "table.md").read_text()
    assert "## Dice by lesion size" in page
    assert "0.7000 (0.700–0.700)" in page


def _write(path, ids, dice):
    from keras_rau.evaluation import write_csv

    write_csv(rows(ids, dice), path)


def test_transfer_compares_with_the_model_trained_there(data_dir, tmp_path):
    """A learns A best; B carries over to A without loss."""
    a = Source("phantom", data_dir, (1,), {"data.options": {"n": 12, "size": 48}})
    b = Source("folder", data_dir, (2,))
    design = design_study("transfer", Grid(tmp_path / "cells", (0,), "rau_net_nano"), a, b)
    samples = datasets.load("phantom", data_dir, n=12, size=48)
    names = [sample.id for sample in samples]
    for row, test in zip(design.rows, (samples[6:], samples[:6]), strict=True):
        (cell,) = row.cells
        epoch = cell.config.epochs
        finish(cell, {epoch: ([0.5], [0.5])})
        rest = [sample for sample in samples if sample not in test]
        datasets.save_split(cell.run.split, train=rest[:4], val=rest[4:], test=test)
        _write(cell.path / f"scores_test_epoch_{epoch:03}.csv", [s.id for s in test], [0.9] * 6)
    first, second = design.cells
    _write(first.path / "scores_all_of_folder_epoch_001.csv", names, [0.4] * 6 + [0.6] * 6)
    _write(second.path / "scores_all_of_phantom_epoch_002.csv", names, [0.1] * 6 + [0.9] * 6)
    found = _report(design, tmp_path)
    dice = {(row["trained_on"], row["tested_on"], row["images"]): row["chosen"]["dice"] for row in found["rows"]}
    assert dice == {
        ("phantom", "phantom", "test"): pytest.approx(0.9),
        ("phantom", "folder", "test"): pytest.approx(0.4),
        ("phantom", "folder", "all"): pytest.approx(0.5),
        ("folder", "folder", "test"): pytest.approx(0.9),
        ("folder", "phantom", "test"): pytest.approx(0.9),
        ("folder", "phantom", "all"): pytest.approx(0.5),
    }
    worse = found["differences"]["trained on phantom, tested on folder (test)"]
    equal = found["differences"]["trained on folder, tested on phantom (test)"]
    assert worse["difference"] == pytest.approx(-0.5)
    assert worse["p_holm"] == pytest.approx(2 * worse["p_value"])  # of two comparisons
    assert equal["difference"] == 0
    assert (tmp_path / "transfer-phantom-folder" / "table.md").exists()


def test_studies_share_their_trainings(tmp_path):
    grid = Grid(tmp_path, (0, 1), "rau_net_nano")
    source, other = Source("isic2018", tmp_path / "A", (4, 8)), Source("ph2", tmp_path / "B", (20,))
    losses = design_study("losses", grid, source, losses=["bce", "compound"])
    cells = {cell.name: cell for cell in losses.cells}
    shared = 0
    for design in (
        design_study("attention", grid, source),
        design_study("imbalance", grid, source),
        design_study("transfer", grid, source, other),
    ):
        for cell in design.cells:
            if cell.name in cells:
                assert cell == cells[cell.name]
                shared += 1
    assert shared == 2 * 3


def test_the_variants_of_the_attention_study_differ_in_attention_alone(tmp_path):
    from keras_rau import models

    small = {"model.depth": 2, "model.width": 4}
    grid = Grid(tmp_path, (0,), "rau_net_nano", None, small)
    design = design_study("attention", grid, Source("ph2", tmp_path, (1,)), loss="dice")
    built = []
    for cell in design.cells:
        model = cell.config.model
        built.append(models.from_preset(model.name, weights=None, input_shape=(32, 32, 3), **model.arguments))
    none, gate, ra, ba, both = (models.count_parameters(model) for model in built)
    assert none < gate < both
    assert none < ra < both
    assert none < ba < both
    for model in built:
        config = model.get_config()
        shared = ("width", "depth", "separable", "upsampling", "deep_supervision")
        assert [config[key] for key in shared] == [4, 2, True, "bilinear", True]


@pytest.mark.parametrize(
    ("model", "settings", "message"),
    [
        ("unet", {}, "rau_net_paper, rau_net_small, rau_net_lite, rau_net_nano. Received: 'unet'"),
        ("rau_net_nano", {"model.reverse_depth": 2}, "leave out model.reverse_depth"),
        ("rau_net_nano", {"early_stopping": 3}, "leave out early_stopping"),
    ],
)
def test_what_makes_no_attention_study(tmp_path, model, settings, message):
    with pytest.raises(UsageError, match=message):
        design_study("attention", Grid(tmp_path, (0,), model, None, settings), Source("ph2", tmp_path, (1,)))


def test_two_data_sets_of_one_name_are_refused(tmp_path):
    source = Source("ph2", tmp_path, (1,))
    with pytest.raises(UsageError, match="'ph2' twice"):
        design_study("transfer", Grid(tmp_path, (0,), "rau_net_nano"), source, source)


def test_seeds_are_averaged_image_by_image():
    found = mean_over_seeds([rows(["a", "b"], [0.2, 0.4]), rows(["b", "a"], [0.8, 0.6])])
    assert [(row["id"], row["dice"]) for row in found] == [("a", pytest.approx(0.4)), ("b", pytest.approx(0.6))]
    with pytest.raises(DataError, match="different images"):
        mean_over_seeds([rows(["a"], [0.2]), rows(["b"], [0.2])])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        ([0.01, 0.01], [0.02, 0.02]),
        ([0.9, 0.8], [1.0, 1.0]),
        ([0.02], [0.02]),
        ([], []),
    ],
)
def test_p_values_after_holm(values, expected):
    assert holm(values) == pytest.approx(expected)


def test_captions_hold_no_folders_of_this_machine():
    words = ["study", "transfer", "--data-dir", "/home/me/A", "--other", "ph2=/home/me/B", "--set", "split=[1, 2]"]
    expected = "keras-rau study transfer --data-dir .../A --other ph2=.../B --set 'split=[1, 2]'"
    assert command_line(words) == expected
    assert without_folders({"a": ["/x/y", 3], "b": "x/y"}) == {"a": [".../y", 3], "b": "x/y"}
