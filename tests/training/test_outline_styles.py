"""Training with outline styles."""

import pytest

from keras_rau import datasets
from keras_rau.errors import UsageError
from keras_rau.export.checks import load_keras
from keras_rau.training import load_config, train
from keras_rau.training.data.split import load_split


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("styles")
    samples = datasets.load("phantom", root / "own", n=12, size=40)
    rows = [f"{sample.id},{('T1', 'T2', '')[place % 3]}" for place, sample in enumerate(samples)]
    (root / "own" / "metadata.csv").write_text("\n".join(["id,tool", *rows]) + "\n")
    datasets.load("phantom", root / "more", n=6, size=40, seed=7)
    return root


def _config(root, **changes):
    return load_config(
        overrides={
            "data.dataset": "folder",
            "data.data_dir": str(root / "own"),
            "data.image_size": 32,
            "data.style_column": "tool",
            "data.style_values": {"T1": "loose", "T2": "tight"},
            "model.name": "rau_net_nano",
            "model.depth": 2,
            "model.outline_styles": ["tight", "loose"],
            "also_train": {"phantom": str(root / "more")},
            "also_train_images": 4,
            "epochs": 1,
            **changes,
        }
    )


@pytest.mark.slow
def test_train_with_styles_and_drawn_images(root, tmp_path):
    config = _config(root)
    train(config, tmp_path / "run")
    model = load_keras(tmp_path / "run/checkpoints/best.keras")
    assert model.outline_styles == ("tight", "loose")
    split = load_split(config)
    assert split.in_epoch == len(split.train) + 4
    assert set(split.styles[len(split.train) :]) == {-1}
    assert {-1, 0, 1} == set(split.styles[: len(split.train)])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model.outline_styles": None}, "needs a model with outline styles"),
        ({"data.style_column": None, "data.style_values": {}}, "must be told the style of its images"),
    ],
)
def test_styles_and_their_column_go_together(root, changes, message):
    with pytest.raises(UsageError, match=message):
        load_split(_config(root, **changes))
