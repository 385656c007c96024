"""Training, validation and test set by the names of folders."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from keras_rau.datasets.findings import Listing
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.set_names import SETS, set_of


def name_sets(samples: Sequence[Sample], root: Path, listing: Listing) -> list[Sample]:
    """Return samples with the set that their folders name, as the split that the data set comes with.

    Args:
        samples: the samples.
        root: folder of the data set; folders above it do not count.
        listing: takes an error for every image whose mask lies in the folder of another set, and a note on the sets.
    """
    sets = [_set(sample.image, root) for sample in samples]
    for sample, name in zip(samples, sets, strict=True):
        other = None if sample.mask is None else _set(sample.mask, root)
        if name is not None and other is not None and name != other:
            text = (
                f"{sample.image} would get the mask {sample.mask}, which lies in the folder of another set. Put them into one "
                "set; where masks have the same names in every set, use the option ids='path'."
            )
            listing.add("mask_of_another_set", text, sample.image, sample.id)
    counts = Counter(name for name in sets if name is not None)
    if len(counts) < 2:
        return list(samples)
    said = ", ".join(f"{name} {counts[name]}" for name in SETS if counts[name])
    rest = len(samples) - counts.total()
    text = (
        f"The folders in {root} name sets: {said}{f', and {rest} image(s) in none' if rest else ''}. A training mixes and "
        "splits them at random unless you say official=True (train: --set data.official_split=true)."
    )
    listing.add("sets_by_folder", text, root)
    return [replace(sample, split=name) for sample, name in zip(samples, sets, strict=True)]


def _set(path: Path, root: Path) -> str | None:
    return set_of(path.relative_to(root).parts[:-1])
