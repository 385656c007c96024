"""Learning from a trained model besides the masks."""

import json

import keras
import numpy as np
import pytest

from keras_rau import datasets, losses, models
from keras_rau.errors import DataError, UsageError
from keras_rau.training import load_config, train
from keras_rau.training.fine_tuning.distillation import load_teacher


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("distillation") / "phantoms"
    datasets.load("phantom", root, n=20, size=48)
    return root


@pytest.fixture(scope="module")
def teacher(root, tmp_path_factory):
    """A run at another image size than the student's."""
    run = tmp_path_factory.mktemp("teacher") / "run"
    train(_config(root, data__image_size=48), run)
    return run


def _config(root, **changes):
    settings = {
        "data.data_dir": str(root),
        "data.image_size": 32,
        "model.name": "rau_net_nano",
        "model.depth": 2,
        "epochs": 1,
    }
    return load_config(overrides={**settings, **{key.replace("__", "."): value for key, value in changes.items()}})


def test_a_training_learns_from_it_at_its_own_size_and_says_so(root, teacher, tmp_path, monkeypatch):
    asked = []
    distill = models.SegmentationModel.distill
    monkeypatch.setattr(models.SegmentationModel, "distill", lambda *words: (asked.append(words), distill(*words)))
    config = _config(root, distillation__teacher=str(teacher), distillation__weight=0.9)
    train(config, tmp_path / "taught")
    [(_, model, weight)] = asked
    assert (model.input_shape, weight) == ((None, 32, 32, 3), 0.9)
    trained = keras.saving.load_model(teacher / "checkpoints/best.keras")
    for one, other in zip(trained.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    info = json.loads((tmp_path / "taught/checkpoints/best.keras.json").read_text())
    assert info["distilled_from"] == {"teacher": "run", "weight": 0.9}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"distillation__teacher": "rau_net_nanno"}, "Did you mean 'rau_net_nano'"),
        ({"distillation__teacher": "x.weights.h5"}, "A teacher is a .keras file"),
        ({"loss__name": "lovasz"}, "The loss lovasz takes masks of 0 and 1 alone"),
        ({"loss__name": "boundary"}, "The loss boundary takes masks of 0 and 1 alone"),
        ({"hardware__devices": 2}, "needs one device"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_read(teacher, changes, message):
    config = _config("/nowhere", **{"distillation__teacher": str(teacher), **changes})
    with pytest.raises(UsageError, match=message):
        load_teacher(config, losses.get(config.loss.name))


@pytest.mark.slow
def test_a_teacher_that_knows_the_test_images(root, teacher, tmp_path):
    config = _config(root, distillation__teacher=str(teacher), data__split_seed=1)
    # Names of phantoms are not names of an archive: a warning.
    with pytest.warns(UserWarning, match="have the ids of images that .* was trained on"):
        train(config, tmp_path / "run")


def test_a_missing_teacher(root, tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.keras"):
        train(_config(root, distillation__teacher="nowhere.keras"), tmp_path / "run")
