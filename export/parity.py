"""Does the exported model predict what the Keras model predicts?"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from math import floor
from pathlib import Path
from typing import Any

import numpy as np

from keras_rau.datasets.classes.samples import check_fits
from keras_rau.errors import ExportError, ModelFileError, OutputError
from keras_rau.export.cost import Cost, cost_of
from keras_rau.export.probabilities import probabilities_of
from keras_rau.export.truth import Truth, against_truth
from keras_rau.export.writing import reject
from keras_rau.outputs import Outputs


@dataclass(frozen=True)
class Limits:
    """How far an exported model may be from the Keras model.

    Attributes:
        max_abs: largest absolute difference of any pixel's probability.
        dice_mean: smallest mean Dice between the masks.
        dice_min: smallest Dice between any two masks.
        class_dice: smallest Dice of any of several classes, over all images together.
    """

    max_abs: float = 1.0
    dice_mean: float = 0.0
    dice_min: float = 0.0
    class_dice: float = 0.0

    def __str__(self) -> str:
        parts = [f"a difference of at most {self.max_abs:.0e}"] if self.max_abs < 1 else []
        parts += [f"a mean Dice of at least {self.dice_mean:g}"] if self.dice_mean > 0 else []
        parts += [f"a smallest Dice of at least {self.dice_min:g}"] if self.dice_min > 0 else []
        parts += [f"a Dice of each class of at least {self.class_dice:g}"] if self.class_dice > 0 else []
        return " and ".join(parts) or "anything"


@dataclass(frozen=True)
class ClassParity:
    """Comparison of one of several classes.

    Attributes:
        name: of the class.
        max_abs: largest absolute difference of any pixel's probability.
        dice: Dice between the masks of all images together; 1 where neither model finds the class.
        pixels: of the class in the Keras model's masks, in all images together.
    """

    name: str
    max_abs: float
    dice: float
    pixels: int


@dataclass(frozen=True)
class ParityReport:
    """Comparison of an exported model with the Keras model it came from.

    Attributes:
        images: what they were compared on.
        n_images: how many.
        max_abs: largest absolute difference of any pixel's probability.
        mean_abs: mean absolute difference.
        dice_mean: Dice between the masks at 0.5, mean over images; of several classes, that of all their masks together.
        dice_min: its smallest value.
        limits: what is allowed.
        worst: number and Dice of the images whose masks differ most, the worst first.
        truth: scores of both models against masks of people, `None` when none were named.
        cost: size, operators, latency and memory of the file, `None` when not measured.
        classes: one comparison for each of several classes but the background; empty for one lesion class.
    """

    images: str
    n_images: int
    max_abs: float
    mean_abs: float
    dice_mean: float
    dice_min: float
    limits: Limits
    worst: tuple[tuple[int, float], ...] = ()
    truth: Truth | None = None
    cost: Cost | None = None
    classes: tuple[ClassParity, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the differences are allowed."""
        limits = self.limits
        alike = self.dice_mean >= limits.dice_mean and self.dice_min >= limits.dice_min
        alike = alike and all(one.dice >= limits.class_dice for one in self.classes)
        return self.max_abs <= limits.max_abs and alike

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "passed": self.passed}


Predict = Callable[[np.ndarray], np.ndarray]
_WORST = 6
_FIRST = 2  # images that a model is tried on before it is converted, which takes long


def compare(
    reference: Predict,
    candidate: Predict,
    images: Sequence[np.ndarray],
    name: str,
    limits: Limits,
    outputs: Outputs = Outputs(),
) -> ParityReport:
    """Compare two models, image by image.

    Args:
        reference: maps float32 `(1, H, W, 3)` to probabilities `(1, H, W, K)`.
        candidate: the same.
        images: uint8 or float `(H, W, 3)` at the models' size.
        name: what the images are, for the report.
        limits: what is allowed.
        outputs: what the K channels are.

    Raises:
        ExportError: there are no images, or the reference gives no probabilities.
    """
    if not len(images):
        raise ExportError("There are no images to compare the models on.")
    largest, mean, overlaps = [], [], []
    for image in images:
        batch = np.asarray(image, np.float32)[None]
        wanted, found = probabilities_of(reference(batch), replace(outputs, logits=False)), candidate(batch)
        difference = np.abs(np.asarray(wanted, np.float64) - found)
        largest.append(difference.max((0, 1, 2)))
        mean.append(difference.mean())
        overlaps.append(_overlaps(wanted, found, outputs))
    # By image, by class, and of both: pixels in both masks, in one mask, in the other.
    counts = np.array(overlaps)
    dices = _dice(counts.sum(axis=1))
    by_class = ()
    if outputs.kind != "lesion":
        first = outputs.channels - len(outputs.foreground)
        by_class = tuple(
            ClassParity(one, float(np.max(largest, 0)[first + place]), float(score), int(count[1]))
            for place, (one, score, count) in enumerate(
                zip(outputs.foreground, _dice(counts.sum(axis=0)), counts.sum(axis=0), strict=True)
            )
        )
    # A NaN anywhere must not pass for a small difference.
    top = float(np.max(largest)) if np.isfinite(largest).all() else float("inf")
    worst = tuple((int(index), float(dices[index])) for index in np.argsort(dices, kind="stable")[:_WORST])
    report = ParityReport(
        name, len(images), top, float(np.mean(mean)), float(np.mean(dices)), float(np.min(dices)), limits, worst
    )
    return replace(report, classes=by_class)


def _overlaps(wanted: np.ndarray, found: np.ndarray, outputs: Outputs) -> list[tuple[int, int, int]]:
    masks = []
    for probabilities in (wanted, np.asarray(found)):
        one = probabilities[0, ..., 0] if outputs.kind == "lesion" else probabilities[0]
        masks.append([mask == 1 for mask in outputs.class_masks(outputs.decide(one)).values()])
    return [(int((one & other).sum()), int(one.sum()), int(other.sum())) for one, other in zip(*masks, strict=True)]


def _dice(counts: np.ndarray) -> np.ndarray:
    """Dice of pixels in both masks, in one, in the other, `(…, 3)`; 1 of two empty masks."""
    total = counts[..., 1] + counts[..., 2]
    return np.where(total == 0, 1.0, 2 * counts[..., 0] / np.maximum(total, 1))


def check_reference(
    reference: Predict, images: Sequence[np.ndarray], outputs: Outputs, samples: Sequence[Any] = ()
) -> None:
    """Refuse a model that gives no probabilities, or cannot be scored, before anything is written.

    Raises:
        ExportError: a model gives none for one of the first images.
        UsageError: the masks of `samples` are of other classes than the model's.
    """
    check_fits(outputs, samples)
    for image in images[:_FIRST]:
        probabilities_of(reference(np.asarray(image, np.float32)[None]), replace(outputs, logits=False))


def check_parity(
    reference: Predict,
    path: Path,
    images: Sequence[np.ndarray],
    name: str,
    limits: Limits,
    info: dict[str, Any],
    samples: Sequence[Any] = (),
    measure: bool = False,
    trust: bool = False,
    style: str | None = None,
) -> ParityReport:
    """Compare an exported file with its model; a file that differs is renamed to `NAME.rejected`.

    Args:
        reference: the Keras model as a function that gives probabilities.
        path: the exported file or folder.
        images: from `parity_images`.
        name: what they are, for the report.
        limits: what is allowed.
        info: content of the sidecar with the `classes` of the output.
        samples: with masks that both models are scored against.
        measure: also measure latency and memory.
        trust: accept what only `Predictor(trust=True)` would run.
        style: outline style of a file of several.

    Raises:
        ExportError: it differs by more, the model gives no probabilities, or `Predictor` would not run it.
    """
    from keras_rau.export.backends import open_backend

    outputs = Outputs.from_config(info["classes"])
    try:
        candidate = open_backend(path, threads=None, trust=trust, style=style).run
    except ModelFileError as error:
        raise ExportError(f"Predictor would not run the exported model, kept as {reject(path)}: {error}") from error
    try:
        report = compare(reference, candidate, images, name, limits, outputs)
    except OutputError as error:
        raise OutputError(f"{error}. The export is kept as {reject(path)}.") from error
    if not report.passed:
        kept = reject(path)
        # Rounded down: what is below the limit must not read as if it were at it.
        mean, worst = (floor(1e4 * value) / 1e4 for value in (report.dice_mean, report.dice_min))
        raise ExportError(
            f"The exported model differs from the Keras model by up to {report.max_abs:.2e}, with a Dice between the masks "
            f"of {mean:.4f} on average and {worst:.4f} at worst{_classes_in_words(report)}, on {report.n_images} "
            f"{report.images}; allowed is {limits}. It is kept as {kept}.{_ROUNDING_REMEDY if limits.dice_mean > 0 else ''}"
        )
    truth = against_truth(reference, candidate, samples, images[0].shape[:2], info) if samples else None
    return replace(report, truth=truth, cost=cost_of(path, measure, trust=True))


# Weights of 32 bits differ for other reasons than rounding.
_ROUNDING_REMEDY = (
    " A model that was trained for a few epochs only is undecided at many pixels, where rounding decides: train it longer, "
    "choose a finer precision, or state other limits."
)


def _classes_in_words(report: ParityReport) -> str:
    scores = [f"{one.name} {floor(1e4 * one.dice) / 1e4:.4f}" for one in report.classes]
    return f" ({', '.join(scores)})" if scores else ""
