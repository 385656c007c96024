"""Does the exported model predict what the Keras model predicts?"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from math import floor
from pathlib import Path
from typing import Any

import numpy as np

from keras_rau.errors import ExportError, ModelFileError
from keras_rau.export.cost import Cost, cost_of
from keras_rau.export.truth import Truth, against_truth, dice
from keras_rau.export.writing import reject


@dataclass(frozen=True)
class Limits:
    """How far an exported model may be from the Keras model.

    Attributes:
        max_abs: largest absolute difference of any pixel's probability.
        dice_mean: smallest mean Dice between the masks.
        dice_min: smallest Dice between any two masks.
    """

    max_abs: float = 1.0
    dice_mean: float = 0.0
    dice_min: float = 0.0

    def __str__(self) -> str:
        parts = [f"a difference of at most {self.max_abs:.0e}"] if self.max_abs < 1 else []
        parts += [f"a mean Dice of at least {self.dice_mean:g}"] if self.dice_mean > 0 else []
        parts += [f"a smallest Dice of at least {self.dice_min:g}"] if self.dice_min > 0 else []
        return " and ".join(parts) or "anything"


@dataclass(frozen=True)
class ParityReport:
    """Comparison of an exported model with the Keras model it came from.

    Attributes:
        images: what they were compared on.
        n_images: how many.
        max_abs: largest absolute difference of any pixel's probability.
        mean_abs: mean absolute difference.
        dice_mean: Dice between the masks at 0.5, mean over images.
        dice_min: its smallest value.
        limits: what is allowed.
        worst: number and Dice of the images whose masks differ most, the worst first.
        truth: scores of both models against masks of people, `None` when none were named.
        cost: size, operators, latency and memory of the file, `None` when not measured.
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

    @property
    def passed(self) -> bool:
        """Whether the differences are allowed."""
        limits = self.limits
        alike = self.dice_mean >= limits.dice_mean and self.dice_min >= limits.dice_min
        return self.max_abs <= limits.max_abs and alike

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "passed": self.passed}


Predict = Callable[[np.ndarray], np.ndarray]
_WORST = 6


def compare(
    reference: Predict, candidate: Predict, images: Sequence[np.ndarray], name: str, limits: Limits
) -> ParityReport:
    """Compare two models, image by image.

    Args:
        reference: maps float32 `(1, H, W, 3)` to `(1, H, W, 1)`.
        candidate: the same.
        images: uint8 or float `(H, W, 3)` at the models' size.
        name: what the images are, for the report.
        limits: what is allowed.

    Raises:
        ExportError: there are no images.
    """
    if not len(images):
        raise ExportError("There are no images to compare the models on.")
    largest, mean, dices = [], [], []
    for image in images:
        batch = np.asarray(image, np.float32)[None]
        wanted, found = reference(batch), candidate(batch)
        difference = np.abs(np.asarray(wanted, np.float64) - found)
        largest.append(difference.max())
        mean.append(difference.mean())
        dices.append(dice(wanted >= 0.5, found >= 0.5))
    # A NaN anywhere must not pass for a small difference.
    top = float(np.max(largest)) if np.isfinite(largest).all() else float("inf")
    worst = tuple((int(index), float(dices[index])) for index in np.argsort(dices, kind="stable")[:_WORST])
    return ParityReport(
        name, len(images), top, float(np.mean(mean)), float(np.mean(dices)), float(np.min(dices)), limits, worst
    )


def check_parity(
    model: Any,
    path: Path,
    images: Sequence[np.ndarray],
    name: str,
    limits: Limits,
    info: dict[str, Any],
    samples: Sequence[Any] = (),
    measure: bool = False,
    trust: bool = False,
) -> ParityReport:
    """Compare an exported file with its model; a file that differs is renamed to `NAME.rejected`.

    Args:
        model: the Keras model.
        path: the exported file or folder.
        images: from `parity_images`.
        name: what they are, for the report.
        limits: what is allowed.
        info: content of the sidecar.
        samples: with masks that both models are scored against.
        measure: also measure latency and memory.
        trust: accept what only `Predictor(trust=True)` would run.

    Raises:
        ExportError: it differs by more, or `Predictor` would not run it.
    """
    from keras_rau.export.backends import as_function, open_backend

    try:
        candidate = open_backend(path, threads=None, trust=trust).run
    except ModelFileError as error:
        raise ExportError(f"Predictor would not run the exported model, kept as {reject(path)}: {error}") from error

    reference = as_function(model)
    report = compare(reference, candidate, images, name, limits)
    if not report.passed:
        kept = reject(path)
        # Rounded down: what is below the limit must not read as if it were at it.
        mean, worst = (floor(1e4 * value) / 1e4 for value in (report.dice_mean, report.dice_min))
        raise ExportError(
            f"The exported model differs from the Keras model by up to {report.max_abs:.2e}, with a Dice between the masks "
            f"of {mean:.4f} on average and {worst:.4f} at worst, on {report.n_images} "
            f"{report.images}; allowed is {limits}. It is kept as {kept}."
        )
    truth = against_truth(reference, candidate, samples, images[0].shape[:2], info) if samples else None
    return replace(report, truth=truth, cost=cost_of(path, measure, trust=True))
