"""The samples of an experiment, split into its three sets."""

from dataclasses import dataclass
from typing import Any

from keras_rau import datasets
from keras_rau.errors import RauError
from keras_rau.training.config import Config


@dataclass
class Split:
    """The three sets of samples of a run, the near duplicates that were searched for before, and weights of `train`."""

    train: list[Any]
    val: list[Any]
    test: list[Any]
    pairs: list[Any] | None = None
    weights: list[float] | None = None

    def sets(self) -> dict[str, list[Any]]:
        """Samples by set."""
        return {"train": self.train, "val": self.val, "test": self.test}

    def ids(self) -> dict[str, list[str]]:
        """Ids by set."""
        return {name: [sample.id for sample in chosen] for name, chosen in self.sets().items()}


def load_split(config: Config, check: bool = True) -> Split:
    """Load, check (which decodes every file) and split the samples of a configuration."""
    data = config.data
    if data.data_dir is None:
        raise RauError("The folder of the images is missing: name it with --data-dir (data.data_dir).")
    samples = datasets.load(data.dataset, data.data_dir, **data.options)
    if check:
        datasets.check(samples)
    pairs = None
    if data.near_duplicates is not None:
        pairs = datasets.near_duplicates(samples) if data.near_duplicates == "find" else data.near_duplicates
        samples = datasets.with_groups(samples, pairs)
    if data.split_dir is not None:
        parts = datasets.load_split(data.split_dir, samples, missing=data.split_missing)
        sets = parts["train"], parts["val"], parts["test"]
    elif data.folds is not None:
        sets = datasets.folds(samples, data.folds, data.split_seed, data.stratify, data.split[1])[data.fold]
    else:
        sets = datasets.split(
            samples, data.split, seed=data.split_seed, stratify=data.stratify, official=data.official_split
        )
    weights = None if data.balance is None else datasets.image_weights(sets[0], data.balance)
    split = Split(*sets, pairs=pairs if data.near_duplicates == "find" else None, weights=weights)
    if check:
        datasets.check_leakage(split.sets(), allow=data.allow_leakage, pairs=pairs)
    return split


def model_info(config: Config, split: Split) -> dict[str, Any]:
    """What travels with a trained model: how it was fed, and on which images it was trained and chosen."""
    return {
        "name": config.model.name,
        "dataset": config.data.dataset,
        "image_size": list(config.data.image_size),
        "resize": config.data.resize,
        "preprocess": config.data.preprocess,
        "split": split.ids(),
    }
