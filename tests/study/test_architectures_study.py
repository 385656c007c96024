"""The study of architectures: widths on a budget, costs, what is published."""

import json

import keras
import pytest
from rich.console import Console

from keras_rau import models
from keras_rau.errors import DataError, RauError, UsageError
from keras_rau.export.multiply_adds import multiply_adds
from keras_rau.models.presets import PRESETS
from keras_rau.models.scaling import scaled
from keras_rau.study import Grid, Source, costs, design_study, run_study
from keras_rau.study.budget import Budget, count_at
from keras_rau.study.costs import compared, pareto
from keras_rau.study.study_file import read_study
from tests.study.finished_cells import finish


def _cost(milliseconds):
    latency = {
        str(threads): {"milliseconds": milliseconds / threads, "ratio": milliseconds / threads / 4}
        for threads in (1, 2)
    }
    found = {
        "multiply_adds": 250_000_000,
        "training": {"milliseconds": 50.0, "ratio": 2.5},
        "latency": latency,
        "bytes": {"float32": 4_000_000, "float16": 2_000_000},
        "processor": "abacus",
    }
    return {"isic2018-rau_net_nano-compound-s0": found}


@pytest.fixture
def study(tmp_path):
    source = Source("isic2018", tmp_path / "ISIC2018", (20, 40))
    grid = Grid(tmp_path / "cells", (0,), "rau_net_nano", overrides={"hardware.mixed_precision": "bfloat16"})
    models = ["rau_net_nano", "ege_unet", "ms_red"]
    design = design_study("architectures", grid, source, models=models, loss="published")
    for row, dice, milliseconds in zip(design.rows, (0.8, 0.7, 0.9), (4.0, 6.0, 40.0), strict=True):
        finish(row.cells[0], {20: ([0.5], [0.5] * 3), 40: ([0.9], [dice - 0.1, dice, dice + 0.1])})
        (row.cells[0].path / "cost.json").write_text(json.dumps(_cost(milliseconds)))
    return design


def test_the_page_shows_costs_and_what_is_published(study, tmp_path):
    found = run_study(study, tmp_path, Console(quiet=True), report_only=True, words=["study", "architectures"])
    assert [row["label"] for row in found["rows"]] == ["rau_net_nano", "ege_unet", "ms_red"]
    folder = tmp_path / "architectures-isic2018"
    page = (folder / "table.md").read_text()
    assert "| **ms_red** | 1,234 | 0.250 | 50.0 (2.50) | 4.00 | 2.00 | 40.0 (10.00) | 20.0 (5.00) | 0.9000 |" in page
    assert "| ege_unet | 1,234 | 0.250" in page, "slower and worse: not bold"
    assert "images in bfloat16, on all cores" in page
    assert "| ms_red | 0.9000 |" in page
    assert "the loss is each model's published one. All widths are the published ones." in page
    assert "0.8999 | 0.8345 | Dai et al. 2022" in page
    assert (folder / "dice_over_latency.png").stat().st_size > 5000
    assert "![dice over latency](dice_over_latency.png)" in page


@pytest.mark.parametrize("damage", ["{", "[]", '{"a": 3}', '{"a": {"training": {}}}', "\udcff"])
def test_damaged_costs_are_named(study, tmp_path, damage):
    path = study.rows[1].cells[0].path / "cost.json"
    path.write_text(damage, errors="surrogateescape")
    with pytest.raises(DataError, match=r"cost\.json"):
        run_study(study, tmp_path, Console(quiet=True), report_only=True)


def test_each_row_has_its_model_and_loss(study):
    configs = {row.label: row.cells[0].config for row in study.rows}
    assert {label: config.model.name for label, config in configs.items()} == {name: name for name in configs}
    assert {config.loss.name for config in configs.values()} == {"compound"}
    assert study.reference == "rau_net_nano"


def test_published_losses_and_encoders(tmp_path):
    source = Source("isic2018", tmp_path, (1,))
    grid = Grid(tmp_path / "cells", (0,), "pranet")
    both = {"models": ["as_net", "pranet"], "reference": "pranet"}
    design = design_study("architectures", grid, source, loss="published", **both)
    first, second = (row.cells[0].config for row in design.rows)
    assert (first.loss.name, second.loss.name) == ("weighted_bce", "structure")
    assert first.model.arguments == {"encoder_weights": None}
    assert design.reference == "pranet"
    with pytest.raises(UsageError, match="pretrained encoder is known for pranet"):
        design_study("architectures", grid, source, pretrained=True, **both)
    with pytest.raises(UsageError, match="Did you mean 'pranet'"):
        design_study("architectures", grid, source, models=["prannet"])


@pytest.mark.slow
def test_widths_come_near_the_budget_and_are_remembered(tmp_path, monkeypatch):
    budget = Budget(30e6, (32, 32), tmp_path / "widths.json")
    factor = budget.factor("unet")
    found = count_at("unet", factor, (32, 32))
    assert abs(found - 30e6) < 0.3 * 30e6
    assert abs(found - 30e6) <= min(abs(count_at("unet", factor * 2**step, (32, 32)) - 30e6) for step in (-0.25, 0.25))
    monkeypatch.setattr("keras_rau.study.budget.count_at", None)
    assert Budget(30e6, (32, 32), tmp_path / "widths.json").factor("unet") == factor


@pytest.mark.slow
def test_small_models_keep_their_width(tmp_path):
    source = Source("isic2018", tmp_path, (1,))
    grid = Grid(tmp_path / "cells", (0,), "ege_unet", overrides={"data.image_size": 32})
    terms = {"multiply_adds": 0.03, "full_width_below": 1_000_000}
    kept, scaled_row = design_study("architectures", grid, source, models=["ege_unet", "unet"], **terms).rows
    assert kept.label == "ege_unet"
    assert kept.cells[0].config.model.arguments == {}
    assert scaled_row.label.startswith("unet × 0.")
    assert scaled_row.cells[0].config.model.arguments["width"] < 64
    assert "-x0." in scaled_row.cells[0].name


def test_scaled_presets():
    assert scaled("unet", 1) == {}
    assert scaled("unet", 0.25) == {"width": 16}
    assert scaled("rau_net_small", 0.5) == {"width": 8}
    assert scaled("pranet", 0.5) == {"width": 0.5}


def test_multiply_adds_of_a_network_that_is_counted_by_hand():
    image = keras.Input((8, 6, 3))
    x = keras.layers.Conv2D(4, 3, padding="same")(image)
    x = keras.layers.DepthwiseConv2D(3, padding="same")(x)
    x = keras.layers.Conv2DTranspose(2, 2, strides=2)(x)
    x = keras.layers.Dense(5)(x)
    pixels = 8 * 6
    wanted = pixels * 3 * 4 * 9 + pixels * 4 * 9 + pixels * 4 * 2 * 4 + 4 * pixels * 2 * 5
    assert multiply_adds(keras.Model(image, x), (8, 6)) == wanted


def test_dilated_convolutions_are_counted_without_their_padding():
    image = keras.Input((32, 32, 16))
    x = keras.layers.Conv2D(16, 3, padding="same", dilation_rate=9)(image)
    x = keras.layers.DepthwiseConv2D(3, padding="same", dilation_rate=5)(x)
    assert multiply_adds(keras.Model(image, x), (32, 32)) == 32 * 32 * 16 * 9 * (16 + 1)


def test_multiply_adds_of_the_u_net():
    # 65.5 thousand million are counted for it at 256 × 256, with its additions of biases.
    found = multiply_adds(models.UNet(input_shape=(None, None, 3)), (256, 256))
    assert found == pytest.approx(65.4e9, rel=0.01)


def test_pareto_front():
    assert pareto({"slow": (9.0, 0.9), "fast": (1.0, 0.8), "beaten": (2.0, 0.7), "equal": (9.0, 0.9)}) == [
        "fast",
        "slow",
    ]


def test_published_figures_are_of_presets_and_possible():
    for rows in read_study("architectures").published.values():
        for name, (dice, iou, where) in rows.items():
            assert name in PRESETS
            assert where
            # The mean over images of the IoU is near that of the mean Dice, never far below.
            assert dice / (2 - dice) - 0.03 < iou <= 1


def test_an_encoder_beyond_the_budget_keeps_its_width(tmp_path, monkeypatch):
    counts = {"deeplab_v3_plus": lambda factor: 1e9 + 2e9 * factor**2, "unet": lambda factor: 1e6 + 2e9 * factor**2}
    monkeypatch.setattr("keras_rau.study.budget.count_at", lambda name, factor, _: counts[name](factor))
    source = Source("isic2018", tmp_path, (1,))
    grid = Grid(tmp_path / "cells", (0,), "unet")
    for _ in range(2):
        models = ["unet", "deeplab_v3_plus"]
        design = design_study("architectures", grid, source, models=models, multiply_adds=0.5)
        assert [row.label for row in design.rows] == ["unet × 0.5", "deeplab_v3_plus"]
        assert design.remarks[-1].endswith("because a ready-made encoder has no other: deeplab_v3_plus.")
    with pytest.raises(UsageError, match=r"unet takes at least 0.00149 · 10⁹ .* raise --multiply-adds"):
        design_study("architectures", grid, source, models=["unet"], multiply_adds=0.001)


def test_a_factor_that_builds_the_published_model_is_one(tmp_path, monkeypatch):
    monkeypatch.setattr("keras_rau.study.budget.count_at", lambda name, factor, _: 1e9 if factor < 1.5 else 9e9)
    assert Budget(2e9, (32, 32), tmp_path / "widths.json").factor("ms_red") == 1.0


def test_damaged_widths_are_named(tmp_path):
    (tmp_path / "widths.json").write_text("{")
    with pytest.raises(RauError, match=r"widths.json is damaged .* Remove it"):
        Budget(2e9, (32, 32), tmp_path / "widths.json")


def test_pretrained_encoders_keep_their_width_and_have_cells_of_their_own(tmp_path):
    source = Source("isic2018", tmp_path, (1,))
    grid = Grid(tmp_path / "cells", (0,), "as_net")
    design = design_study("architectures", grid, source, models=["as_net"], multiply_adds=0.5, pretrained=True)
    assert [row.label for row in design.rows] == ["as_net"]
    assert design.rows[0].cells[0].name == "isic2018-as_net-imagenet-compound-s0"
    assert design.remarks[0].startswith("Encoders have imagenet weights")
    assert design.remarks[-1].endswith("has no other: as_net.")


@pytest.mark.parametrize("setting", ["width", "encoder_weights", "deep_supervision"])
def test_arguments_of_one_model_are_refused(tmp_path, setting):
    source = Source("isic2018", tmp_path, (1,))
    grid = Grid(tmp_path / "cells", (0,), "unet", overrides={f"model.{setting}": 1, "model.dtype": "bfloat16"})
    with pytest.raises(UsageError, match=rf"leave out model.{setting}. For all may be set: model.classes, model.dtype"):
        design_study("architectures", grid, source, models=["unet", "ege_unet"])


def test_times_are_compared_in_turns():
    assert compared([(2.0, 4.0), (2.2, 4.0), (6.0, 12.0)]) == {"milliseconds": 2.2, "ratio": 0.5}


def test_each_reference_has_its_figures(study, monkeypatch):
    one, other, third = (row.cells[0] for row in study.rows)
    asked = []
    (known,) = _cost(6.0).values()

    def measured(own, reference):
        asked.append((own.config.model.name, reference.config.model.name))
        return {**known, "multiply_adds": len(asked)}

    monkeypatch.setattr(costs, "_measured", measured)
    for _ in range(2):
        assert costs.cell_costs([other], third, Console(quiet=True)) == [{**known, "multiply_adds": 1}]
        assert costs.cell_costs([other], one, Console(quiet=True))[0]["multiply_adds"] == 250_000_000
    assert asked == [("ege_unet", "ms_red")]


def test_costs_need_neither_checkpoints_nor_a_finished_reference(study, tmp_path, monkeypatch):
    costs_of = {row.label: json.loads((row.cells[0].path / "cost.json").read_text()) for row in study.rows}
    for row in study.rows:
        (row.cells[0].path / "cost.json").unlink()
    study.rows[0].cells[0].run.metrics.unlink()
    (only,) = costs_of["ege_unet"].values()
    monkeypatch.setattr(costs, "_measured", lambda own, reference: only)
    waiting = run_study(study, tmp_path, Console(quiet=True), report_only=True)
    assert ["cost" in row for row in waiting["rows"]] == [False, False], "a report measures nothing"
    folder = tmp_path / "architectures-isic2018"
    assert "## Cost" not in (folder / "table.md").read_text()
    assert not (folder / "dice_over_latency.png").exists()
    reference, first, second = (row.cells[0] for row in study.rows)
    costs.cell_costs([first], reference, Console(quiet=True))
    run_study(study, tmp_path, Console(quiet=True), report_only=True)
    assert "Not measured yet: ms_red." in (folder / "table.md").read_text()
    costs.cell_costs([second], reference, Console(quiet=True))
    found = run_study(study, tmp_path, Console(quiet=True), report_only=True)
    assert [row["label"] for row in found["rows"]] == ["ege_unet", "ms_red"]
    page = (folder / "table.md").read_text()
    assert "In brackets the ratio to rau_net_nano" in page
    assert str(tmp_path) not in page


@pytest.mark.slow
@pytest.mark.matrix
def test_architectures_on_phantoms(tmp_path):
    """Trained, exported and measured in truth, in processes of their own."""
    settings = {"data.image_size": 32, "data.cache": "none", "batch_size": 4, "tensorboard.every": None}
    phantoms = Source("phantom", tmp_path / "phantoms", (1,), {"data.options": {"n": 10, "size": 48}})
    grid = Grid(tmp_path / "cells", (0,), "rau_net_nano", overrides=settings)
    terms = {"multiply_adds": 0.005, "full_width_below": 1_000_000}
    design = design_study("architectures", grid, phantoms, models=["rau_net_nano", "unet"], **terms)
    found = run_study(design, tmp_path, Console(quiet=True))
    nano, unet = (row["cost"] for row in found["rows"])
    assert 3e6 < unet["multiply_adds"] < 7e6
    assert nano["training"]["ratio"] == nano["latency"]["2"]["ratio"] == 1
    assert 0.01 < unet["latency"]["1"]["ratio"] < 100
    assert 0.01 < unet["training"]["ratio"] < 100
    assert nano["bytes"]["float16"] < nano["bytes"]["float32"]
    assert (tmp_path / "architectures-phantom" / "dice_over_latency.png").exists()
