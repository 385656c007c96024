"""The samples of an experiment, split into its three sets."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keras_rau import datasets
from keras_rau.datasets.classes.samples import outputs_of_samples
from keras_rau.errors import RauError
from keras_rau.training.classes import check_masks, model_outputs
from keras_rau.training.config import Config
from keras_rau.training.more_images import MoreImages, load_more


@dataclass
class Split:
    """The samples of a run.

    Attributes:
        train: those of the data set that are trained on.
        val: those that the best epoch is chosen by.
        test: those kept aside.
        pairs: near duplicates that were searched for before.
        weights: of the images trained on.
        more: images of other data sets that are trained on too.
    """

    train: list[Any]
    val: list[Any]
    test: list[Any]
    pairs: list[Any] | None = None
    weights: list[float] | None = None
    more: MoreImages = field(default_factory=MoreImages)

    @property
    def training(self) -> list[Any]:
        """All samples that are trained on."""
        return [*self.train, *self.more.samples]

    def sets(self) -> dict[str, list[Any]]:
        """Samples by set."""
        return {"train": self.train, "val": self.val, "test": self.test}

    def looked_at(self) -> dict[str, list[Any]]:
        """Samples by set for the validation of the data: what is trained on belongs together."""
        return {**self.sets(), "train": self.training}

    def ids(self) -> dict[str, list[str]]:
        """Ids by set."""
        return {name: [sample.id for sample in chosen] for name, chosen in self.sets().items()}


def load_split(config: Config, check: bool = True) -> Split:
    """Load, check (which decodes every file) and split the samples of a configuration."""
    data = config.data
    if data.data_dir is None:
        raise RauError("The folder of the images is missing: name it with --data-dir (data.data_dir).")
    samples = datasets.load(data.dataset, data.data_dir, **data.load_options)
    check_masks(config, outputs_of_samples(samples))
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
    split = Split(*sets, pairs=pairs if data.near_duplicates == "find" else None)
    if config.also_train:
        split.more = load_more(config.also_train, split.sets(), check, data.class_option)
    if data.balance is not None:
        split.weights = datasets.image_weights(split.training, data.balance)
    if check:
        datasets.check_leakage(split.sets(), allow=data.allow_leakage, pairs=pairs)
    return split


def model_info(config: Config, split: Split) -> dict[str, Any]:
    """What travels with a trained model: how it was fed, and on which images it was trained and chosen."""
    teacher, weight = config.distillation.teacher, config.distillation.weight
    return {
        "name": config.model.name,
        "dataset": config.data.dataset,
        "image_size": list(config.data.image_size),
        "resize": config.data.resize,
        "preprocess": config.data.preprocess,
        **({"bit_depth": depth} if (depth := config.data.options.get("bit_depth")) is not None else {}),
        **_about_classes(config),
        "split": split.ids(),
        **({"distilled_from": {"teacher": Path(teacher).name, "weight": weight}} if teacher else {}),
        **({"also_train": split.more.ids()} if split.more.samples else {}),
    }


def _about_classes(config: Config) -> dict[str, Any]:
    """What the channels of a model of several classes are."""
    if config.data.classes is None:
        return {}
    outputs = model_outputs(config)
    return {"classes": outputs.to_config(), "labels": outputs.labels}
