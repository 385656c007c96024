"""The range test of an experiment's own model, loss and data."""

from pathlib import Path
from typing import Any

from keras_rau import datasets
from keras_rau.evaluation.folders import check_free, make_folder
from keras_rau.training.building.model import checked_loss, fresh_model, reads_distance
from keras_rau.training.config import Config
from keras_rau.training.data.pipelines import steps_per_epoch
from keras_rau.training.data.split import load_split
from keras_rau.training.learning_rate_finder import find_learning_rate
from keras_rau.training.range_test import RangeTest
from keras_rau.training.reproducibility import prepare_tensorflow


def search_rate(config: Config, output: Path, **options: Any) -> RangeTest:
    """Find a learning rate on the training images of a configuration; nothing of the model is kept.

    Args:
        config: the experiment.
        output: new or empty folder for `learning_rate.csv` and `learning_rate.png`.
        **options: of `find_learning_rate`.

    Returns:
        Rates, losses, and the suggestion.

    Raises:
        RauError: configuration, data or folder cannot be used, or the loss is no number from the beginning.

    Example:
        >>> search_rate(load_config(["nano", "isic2018"], {"data.data_dir": "ISIC2018"}), Path("rate")).suggestion
        0.0034
    """
    check_free(output)
    prepare_tensorflow(config.seed)
    loss = checked_loss(config)
    split = load_split(config)
    model = fresh_model(config, loss, steps_per_epoch(config, split))
    train_data = datasets.pipeline(
        split.training,
        image_size=config.data.image_size,
        batch_size=config.batch_size,
        augment=config.data.augment,
        shuffle_seed=config.seed if config.seed is not None else 0,
        resize=config.data.resize,
        preprocess=config.data.preprocess,
        target="distance" if reads_distance(model.loss) else "mask",
    )
    found = find_learning_rate(model, train_data, **options)
    make_folder(output)
    found.write(output / "learning_rate.csv")
    found.plot(output / "learning_rate.png")
    return found
