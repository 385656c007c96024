"""Data sets that are trained or tested on besides the one that is split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from keras_rau import datasets
from keras_rau.datasets.files import existing_folder
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.splitting.leaking import identity
from keras_rau.errors import DataError
from keras_rau.evaluation import evaluate, write_csv
from keras_rau.export import Predictor
from keras_rau.files import write_text
from keras_rau.strangers import LARGEST_LIST, read_text
from keras_rau.training.config import Config

# No word of a set may be in these names: they lie beside its lists.
_LIST, _LEFT_OUT = "more.txt", "left_out.txt"


@dataclass(frozen=True)
class MoreImages:
    """Images of other data sets that are trained on.

    Attributes:
        samples: the images.
        left_out: why each of the others is not among them, one line each.
    """

    samples: list[Sample] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def names(self) -> list[str]:
        """Source and id of each."""
        return [f"{sample.source}/{sample.id}" for sample in self.samples]

    def named(self) -> list[Sample]:
        """The images, with names that those of another source cannot have."""
        return [replace(sample, id=name) for sample, name in zip(self.samples, self.names(), strict=True)]

    def ids(self) -> dict[str, list[str]]:
        """Ids by source."""
        found: dict[str, list[str]] = {}
        for sample in self.samples:
            found.setdefault(sample.source, []).append(sample.id)
        return found

    def save(self, folder: Path) -> None:
        """Write `more.txt`, and what was left out."""
        for file, lines in ((_LIST, self.names()), (_LEFT_OUT, self.left_out)):
            if lines:
                write_text(folder / file, "".join(f"{line}\n" for line in lines))


def read_more(folder: Path) -> list[str]:
    """Read what `MoreImages.save` wrote: source and id of each image; none where there is no list."""
    path = folder / _LIST
    return read_text(path, LARGEST_LIST).splitlines() if path.exists() else []


def load_more(
    others: Mapping[str, Path],
    sets: Mapping[str, Sequence[Sample]],
    check: bool = True,
    options: Mapping[str, Any] | None = None,
) -> MoreImages:
    """Load the data sets of `also_train`, without what the other sets show too.

    An image is left out when it is in one of the sets already, or when validation or test images show the same lesion or
    nearly the same picture.

    Args:
        others: folder of each data set, by its name.
        sets: samples by set, `train`, `val` and `test`.
        check: decode every file first.
        options: of `datasets.load` for all of them: their masks must have the same classes.

    Raises:
        DataError: files are wrong, or nothing is left of a data set.
    """
    samples: list[Sample] = []
    left_out: list[str] = []
    for name, folder in others.items():
        # A missing folder of phantoms would be drawn.
        found = datasets.load(name, existing_folder(folder), **(options or {}))
        if check:
            datasets.check(found)
        reasons = _known(found, {**sets, "more": samples}) | _leaking(found, sets)
        kept = [sample for sample in found if sample.id not in reasons]
        if not kept:
            raise DataError(
                f"Nothing is left of {name} in {folder}: the other sets show all of it. Take it out of also_train."
            )
        samples += kept
        left_out += reasons.values()
    return MoreImages(samples, left_out)


def _known(found: Sequence[Sample], sets: Mapping[str, Sequence[Sample]]) -> dict[str, str]:
    """Images of an archive that a set holds already."""
    holders = {_identity(sample): name for name, chosen in sets.items() for sample in chosen}
    names = {sample.id: _identity(sample) for sample in found}
    return {key: f"{key} is in {holders[name]}" for key, name in names.items() if name in holders}


def _identity(sample: Sample) -> str:
    # Two folders of somebody's own may well hold an image 001 each.
    return identity(sample.id, str(sample.image))


def _leaking(found: Sequence[Sample], sets: Mapping[str, Sequence[Sample]]) -> dict[str, str]:
    kept_aside = {name: sets[name] for name in ("val", "test")}
    images = {sample.image for sample in found}
    findings = datasets.leakage({**kept_aside, "more": found}, pairs="find")
    return {finding.sample: finding.message for finding in findings if finding.path in images}


def load_others(config: Config, sets: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """Load and check the samples of `also_test`, all of each data set.

    Args:
        config: the experiment.
        sets: the samples that are trained on and chosen by, by set.

    Raises:
        DataError: files are wrong, or images were trained on (unless `data.allow_leakage`).
    """
    others = {}
    for name, folder in config.also_test.items():
        # A missing folder of phantoms would be drawn.
        others[name] = datasets.load(name, existing_folder(folder), **config.data.class_option)
        datasets.check(others[name])
        known = {part: sets[part] for part in ("train", "val")}
        datasets.check_leakage({**known, f"also_test {name}": others[name]}, allow=config.data.allow_leakage)
    return others


def score_others(
    predictor: Predictor, others: Mapping[str, list[Any]], folder: Path, console: Console
) -> dict[str, dict[str, Any]]:
    """Scores by data set; those of every image go to `scores_NAME.csv` in `folder`."""
    results = {}
    for name, samples in others.items():
        rows, results[name] = evaluate(predictor, samples, console)
        write_csv(rows, folder / f"scores_{name}.csv")
    return results
