"""How evenly classes and areas are spread: what a loss may have to make up for."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_rau.datasets.findings import Finding
from keras_rau.datasets.samples import Sample
from keras_rau.datasets.validation.table import Row

# Ratio of the largest to the smallest class, and of background to lesion pixels, that deserves a note.
_CLASS_RATIO, _AREA_RATIO = 3.0, 2.0
# As published; `None`: images of many sizes.
_PUBLISHED = {
    "ham10000": (600, 450),
    "isic2016": None,
    "isic2017": None,
    "isic2018": None,
}


@dataclass(frozen=True)
class Balance:
    """Classes and areas of one set.

    Attributes:
        set: `"all"`, `"train"`, `"val"` or `"test"`.
        images: number of images.
        diagnoses: diagnosis to number of images, the most frequent first; `"unknown"` counts the others.
        lesion_share: share of all pixels that are lesion, every image counting alike; `None` without masks.
        median_fraction: lesion share of the middle image.
        small: number of images of which less than 5 % is lesion.
        large: number of images of which more than 95 % is lesion.
    """

    set: str
    images: int
    diagnoses: dict[str, int]
    lesion_share: float | None
    median_fraction: float | None
    small: int
    large: int

    @property
    def background_per_lesion(self) -> float | None:
        """Pixels of background for each pixel of lesion."""
        return (1 - self.lesion_share) / self.lesion_share if self.lesion_share else None


def balance(name: str, rows: Sequence[Row]) -> Balance:
    """Count the classes and areas of the rows of one set."""
    counts = Counter(row["diagnosis"] or "unknown" for row in rows)
    shares = np.array([row["lesion_fraction"] for row in rows if row["lesion_fraction"] is not None])
    some = len(shares) > 0
    return Balance(
        name,
        len(rows),
        dict(counts.most_common()),
        float(shares.mean()) if some else None,
        float(np.median(shares)) if some else None,
        int((shares < 0.05).sum()),
        int((shares > 0.95).sum()),
    )


def balance_findings(balances: Sequence[Balance]) -> list[Finding]:
    """Notes on uneven classes and areas of all images, and on classes that a set lacks."""
    findings = []
    whole = balances[0]
    known = {name: count for name, count in whole.diagnoses.items() if name != "unknown"}
    if len(known) > 1 and max(known.values()) >= _CLASS_RATIO * min(known.values()):
        listed = ", ".join(f"{name} {count}" for name, count in known.items())
        ratio = max(known.values()) / min(known.values())
        findings.append(
            Finding(
                "class_imbalance",
                f"The diagnoses are uneven, {ratio:.1f} : 1 from the most to the least frequent: {listed}. Split "
                "stratified by diagnosis, and score by diagnosis (keras-rau evaluate --by diagnosis).",
            )
        )
    for part in balances[1:]:
        absent = [name for name in known if part.images and name not in part.diagnoses]
        if absent:
            findings.append(Finding("class_imbalance", f"The set {part.set} has no image of: {', '.join(absent)}."))
    ratio = whole.background_per_lesion
    if ratio is not None and ratio >= _AREA_RATIO:
        findings.append(
            Finding(
                "area_imbalance",
                f"{whole.lesion_share:.1%} of the pixels are lesion, {ratio:.1f} of background for each; {whole.small} "
                "image(s) have less than 5 % lesion. A loss of overlap (compound, tversky) makes up for it; plain "
                "cross-entropy does not.",
            )
        )
    return findings


def size_findings(rows: Sequence[Row], samples: Sequence[Sample]) -> list[Finding]:
    """A note when images do not have the size of the published data set: somebody has resized them."""
    sizes = Counter((row["width"], row["height"]) for row in rows if row["width"])
    source = samples[0].source if samples else ""
    if source not in _PUBLISHED or not sizes:
        return []
    published, (size, count) = _PUBLISHED[source], sizes.most_common(1)[0]
    if published is None:
        if len(sizes) > 1 or count < 20:
            return []
        usual = "the images as published have many sizes"
    elif size == published or size[::-1] == published:
        return []
    else:
        usual = f"as published they are {published[0]}×{published[1]}"
    return [
        Finding(
            "resized_copy",
            f"{count} of {len(rows)} images are {size[0]}×{size[1]} pixels; {usual}: this is a resized copy. Scores on it are "
            "not those on the originals.",
        )
    ]
