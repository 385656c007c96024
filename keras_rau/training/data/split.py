"""The samples of an experiment, split into its three sets."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keras_rau import datasets
from keras_rau.datasets.classes.samples import outputs_of_samples
from keras_rau.datasets.findings import Listing
from keras_rau.datasets.sources.grouping import NOTES
from keras_rau.datasets.sources.registry import load_listing
from keras_rau.errors import DataError, RauError, UsageError
from keras_rau.outline_styles import check_style_names
from keras_rau.training.building.classes import check_masks, model_outputs
from keras_rau.training.config import Config
from keras_rau.training.data.other_datasets import MoreImages, load_more


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
        drawn: how many of these an epoch draws; `None`: all.
        styles: numbers of the outline styles of the images trained on.
        notes: what is worth knowing before the training: groups that nothing tells, tables that are not read.
    """

    train: list[Any]
    val: list[Any]
    test: list[Any]
    pairs: list[Any] | None = None
    weights: list[float] | None = None
    more: MoreImages = field(default_factory=MoreImages)
    drawn: int | None = None
    styles: list[int] | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def training(self) -> list[Any]:
        """All samples that are trained on."""
        return [*self.train, *self.more.samples]

    @property
    def in_epoch(self) -> int:
        """Number of images of an epoch."""
        return len(self.train) + (len(self.more.samples) if self.drawn is None else self.drawn)

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
    listing = load_listing(data.dataset, data.data_dir, **data.load_options)
    samples = listing.samples
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
    split = Split(*sets, pairs=pairs if data.near_duplicates == "find" else None, notes=_notes(config, listing))
    if config.also_train:
        split.more = load_more(config.also_train, split.sets(), check, data.class_option)
        split.drawn = _drawn(config, len(split.more.samples))
    if data.balance is not None:
        split.weights = datasets.image_weights(split.training, data.balance)
    split.styles = _styles(config, split.training)
    if check:
        _check_leakage(config, split)
    return split


def check_split(config: Config, split: Split) -> None:
    """Make the checks that `load_split(config, check=False)` leaves out.

    Raises:
        DataError: a file is wrong, or sets have images in common (unless `data.allow_leakage`).
    """
    datasets.check([*split.training, *split.val, *split.test])
    _check_leakage(config, split)


def _check_leakage(config: Config, split: Split) -> None:
    pairs = config.data.near_duplicates if split.pairs is None else split.pairs
    datasets.check_leakage(split.sets(), allow=config.data.allow_leakage, pairs=pairs)


def _drawn(config: Config, there: int) -> int | None:
    wanted = config.also_train_images
    if wanted is not None and wanted > there:
        raise DataError(f"also_train_images={wanted} cannot be drawn: also_train has {there} images.")
    return wanted


def _styles(config: Config, samples: list[Any]) -> list[int] | None:
    """Return the numbers of the outline styles, `None` for a model without styles."""
    data, names = config.data, config.model.arguments.get("outline_styles")
    given = [name for name in ("style_column", "style_values", "source_styles") if getattr(data, name)]
    if not names:
        if given:
            raise UsageError(
                f"data.{given[0]} needs a model with outline styles, such as --set 'model.outline_styles=[tight, loose]'."
            )
        return None
    if data.style_column is None and not data.source_styles:
        raise UsageError(
            "A model with outline styles must be told the style of its images: data.style_column names the column of the "
            "metadata that says who or what drew an outline, data.source_styles the style of a whole source."
        )
    return datasets.style_numbers(
        samples,
        data.style_column or "",
        check_style_names(names),
        values=data.style_values or None,
        sources=data.source_styles,
    )


def _notes(config: Config, listing: Listing) -> list[str]:
    """Return the notes that are printed before a training, less those that its settings answer."""
    data = config.data
    own_sets = data.official_split or data.split_dir is not None
    answered = {"sets_by_folder"} if own_sets or data.folds is not None else set()
    if own_sets or isinstance(data.near_duplicates, Path):
        answered |= {"groups_missing", "groups_not_used"}
    return [finding.message for finding in listing.findings if finding.kind in NOTES and finding.kind not in answered]


def model_info(config: Config, split: Split) -> dict[str, Any]:
    """Return what travels with a trained model: how it was fed, and on which images it was trained and chosen."""
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
        **({"ids": config.data.options["ids"]} if "ids" in config.data.options else {}),
        **({"distilled_from": {"teacher": Path(teacher).name, "weight": weight}} if teacher else {}),
        **({"also_train": split.more.ids()} if split.more.samples else {}),
    }


def _about_classes(config: Config) -> dict[str, Any]:
    """Describe the channels of a model of several classes."""
    if config.data.classes is None:
        return {}
    outputs = model_outputs(config)
    return {"classes": outputs.to_config(), "labels": outputs.labels}
