"""Trainings of several classes: from the configuration to scores by class."""

import json
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from keras_rau import datasets, metrics, models
from keras_rau.errors import RauError, UsageError
from keras_rau.evaluation import read_csv
from keras_rau.export import Predictor
from keras_rau.training.building.classes import class_arguments, measures_of, model_outputs
from keras_rau.training.building.model import checked_loss, fresh_model
from keras_rau.training.config import load_config, parse_setting
from keras_rau.training.fine_tuning.initial_weights import initialise, load_start
from keras_rau.training.run_directory import RunDirectory
from keras_rau.training.runs.fingerprint import fingerprint
from keras_rau.training.runs.resume import check_same_settings

NESTED = {0: [], 1: ["lesion"], 2: ["lesion", "globules"]}
QUIET = Console(quiet=True)


def _config(root, **settings):
    tiny = {
        "data.data_dir": str(root),
        "data.options": {"n": 16, "size": 32},
        "data.image_size": 16,
        "data.classes": 3,
        "model": {"name": "unet", "width": 2, "depth": 2},
        "metrics": ["dice"],
        "epochs": 1,
        "tensorboard.every": 1,
        "tensorboard.images": 1,
        "seed": 0,
    }
    return load_config(overrides={**tiny, **settings})


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Phantoms of three classes."""
    folder = tmp_path_factory.mktemp("trained") / "phantoms"
    datasets.load("phantom", folder, n=16, size=32, classes=3)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("classes", "kind", "monitor", "loss"),
    [(3, "exclusive", "val_dice_globules", "cce"), (NESTED, "overlapping", "val_dice", "compound")],
)
def test_a_training_goes_from_class_masks_to_scores_by_class(root, tmp_path, classes, kind, monitor, loss):
    from keras_rau.training import train

    # Without a seed, which a process that runs TensorFlow already cannot have.
    changes = {"data.classes": classes, "monitor": monitor, "data.augment": "strong", "loss.name": loss, "seed": None}
    config = _config(root, **changes)
    result = train(config, tmp_path / "run", console=QUIET)
    assert set(result["by_class"]) == {"lesion", "globules"}
    assert {"dice_globules", "dice_lesion", "dice"} <= read_csv(tmp_path / "run")[0].keys()
    history = (tmp_path / "run" / "history.csv").read_text().splitlines()[0].split(",")
    assert {"dice", "dice_lesion", "val_dice_globules"} <= set(history)
    sidecar = json.loads((tmp_path / "run" / "checkpoints" / "best.keras.json").read_text())
    assert sidecar["classes"]["overlapping"] == (kind == "overlapping")
    predictor = Predictor(tmp_path / "run" / "checkpoints" / "best.keras")
    assert predictor.outputs.kind == kind
    image, truth = datasets.read_sample(datasets.load("phantom", root, classes=classes)[0])
    assert predictor.predict(image).shape == truth.shape
    # The file holds what the command line may have said in another way, and is read back.
    again = load_config(tmp_path / "run" / "config.yaml")
    assert again == config
    assert (tmp_path / "run" / "overlays.png").exists()


def test_a_number_of_classes_without_class_masks_is_refused_with_what_to_do(tmp_path):
    config = load_config(overrides={"model": {"name": "unet", "classes": 3}})
    with pytest.raises(UsageError, match=r"model.classes=3, but the masks have one lesion class.*data.classes"):
        checked_loss(config)


@pytest.mark.parametrize(
    ("data", "model", "said"),
    [
        (3, {"classes": 2}, "model.classes=2"),
        (
            3,
            {"class_names": ["background", "globules", "lesion"]},
            "model.class_names must be the classes of the masks",
        ),
        (3, {"output_activation": "sigmoid"}, "output_activation is softmax"),
        (NESTED, {"output_activation": "softmax"}, "output_activation is sigmoid"),
        (NESTED, {"output_activation": None}, "output_activation is sigmoid"),
        (None, {"class_names": ["a", "b"]}, "model.class_names must be"),
    ],
)
def test_a_model_of_other_classes_than_the_masks_is_refused(data, model, said):
    config = load_config(overrides={"data.classes": data, "model": {"name": "unet", **model}})
    with pytest.raises(UsageError, match=said):
        model_outputs(config)


def test_two_exclusive_classes_are_one_lesion_class_or_a_softmax_of_two():
    masks = {"data.classes": {0: "background", 1: "nevus", 2: "nevus"}}
    assert class_arguments(load_config(overrides=masks)) == {"class_names": ["nevus"]}
    softmax = load_config(overrides={**masks, "model": {"name": "unet", "classes": 2}})
    assert class_arguments(softmax) == {"classes": 2, "class_names": ["background", "nevus"]}
    assert class_arguments(load_config()) == {}


def test_masks_of_other_classes_than_the_configuration_says_are_refused(root):
    from keras_rau.training.data.split import load_split

    with pytest.raises(RauError, match=r"have 3 exclusive classes .* but data.classes says one lesion class"):
        load_split(_config(root, **{"data.classes": None}), check=False)


def test_classes_are_written_alike_on_every_command_line(tmp_path):
    key, value = parse_setting("data.classes={globules: 'm/{id}_g.png', net: 'm/{id}_n.png'}")
    config = load_config(overrides={key: value})
    assert config.data.outputs[0].names == ("globules", "net")
    assert load_config(overrides={"data.options": {"classes": {0: "background", 1: "a", 2: "b"}}}).data.classes == {
        0: "background",
        1: "a",
        2: "b",
    }
    assert parse_setting("mask_pattern={id}_mask.png")[1] == "{id}_mask.png"
    with pytest.raises(RauError, match=r"data.classes: .*Class masks are label images"):
        load_config(overrides={"data.classes": "{globules"[1:] + ": x"})
    path = tmp_path / "experiment.yaml"
    path.write_text(load_config(overrides={"data.classes": {0: "background", 1: "a", 255: None, 7: "b"}}).to_yaml())
    assert load_config(path).data.outputs[0].names == ("background", "a", "b")


def test_pixels_without_a_class_are_left_out_of_loss_and_metrics(root):
    config = load_config(overrides={"data.classes": {0: "background", 1: "a", 2: "b", 255: None}})
    assert checked_loss(config).ignore_value == 255
    assert {measure.ignore_value for measure in measures_of(config)} == {255}


def test_only_metrics_of_classes_are_taken_for_several(root):
    names = [
        measure.name for measure in measures_of(load_config(overrides={"data.classes": 3, "metrics": ["iou", "dice"]}))
    ]
    assert names == ["iou", "iou_lesion", "iou_globules", "dice", "dice_lesion", "dice_globules"]
    with pytest.raises(UsageError, match="roc_auc is of one lesion class"):
        measures_of(load_config(overrides={"data.classes": 3, "metrics": ["roc_auc", "dice"]}))
    with pytest.raises(RauError, match=r"monitor: no epoch has a value"):
        load_config(overrides={"monitor": "val_dice_globules"})


def test_a_metric_of_one_class_is_that_of_its_mask_alone():
    rng = np.random.default_rng(0)
    truth, found = rng.integers(0, 3, (2, 8, 8, 1)), rng.random((2, 8, 8, 3))
    one = metrics.DiceScore(class_id=2)
    one.update_state(truth, found)
    expected = metrics.DiceScore()
    expected.update_state((truth == 2) * 1.0, (found.argmax(-1) == 2)[..., None] * 1.0)
    assert float(one.result()) == pytest.approx(float(expected.result()))
    assert metrics.DiceScore.from_config(one.get_config()).class_id == 2
    with pytest.raises(ValueError, match="of the channel 3"):
        metrics.DiceScore(class_id=3).update_state(truth, found)
    with pytest.raises(ValueError, match="`class_id` must be"):
        metrics.DiceScore(class_id=-1)
    assert set(metrics.OF_CLASSES) <= set(metrics.names())


def test_a_training_from_a_model_of_other_classes_has_those_of_its_masks(tmp_path):
    path = tmp_path / "model.keras"
    models.UNet(input_shape=(16, 16, 3), width=2, depth=2, classes=3, class_names=("background", "a", "b")).save(path)
    config = load_config(overrides={"init": str(path), "data.classes": 3, "data.image_size": 16})
    assert not {"classes", "class_names", "output_activation"} & config.model.arguments.keys()
    model = fresh_model(config, checked_loss(config), steps=1)
    assert model.output_description.names == ("background", "lesion", "globules")
    with pytest.warns(UserWarning, match=r"trained on the classes background, a, b .*the class in its place"):
        assert initialise(model, load_start(config)) == []


def test_a_training_is_not_resumed_with_its_classes_in_another_order(tmp_path):
    colours = {"#000000": "background", "#ff0000": "a", "#00ff00": "b"}
    run = RunDirectory(tmp_path)
    run.config.write_text(load_config(overrides={"data.classes": colours}).to_yaml())
    check_same_settings(load_config(overrides={"data.classes": colours}), run)
    other = dict(sorted(colours.items()))
    with pytest.raises(RauError, match=r"the order of data.classes: \('background', 'a', 'b'\) then"):
        check_same_settings(load_config(overrides={"data.classes": other}), run)


def test_every_file_of_a_mask_is_among_the_fingerprints(root):
    sample = datasets.load("phantom", root)[0]
    several = replace(sample, class_files=(sample.mask, sample.image))
    before, after = (fingerprint([one]).files[sample.id] for one in (sample, several))
    assert before[:2] == after[:2]
    assert before[2:] != after[2:]
    assert int(after[2]) == int(before[2]) + sample.image.stat().st_size
