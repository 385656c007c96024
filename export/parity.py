"""Does the exported model predict what the Keras model predicts?"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_rau.datasets.files import existing_folder, image_files
from keras_rau.datasets.geometry import fit_image
from keras_rau.datasets.preprocessing import preprocess
from keras_rau.datasets.reading.decoding import read_image
from keras_rau.datasets.sources.phantom_drawing import draw_phantom
from keras_rau.errors import ExportError
from keras_rau.export.writing import reject

Images = Path | str | Sequence[Any] | None
PHANTOMS = 16


@dataclass(frozen=True)
class Limits:
    """How far an exported model may be from the Keras model.

    Attributes:
        max_abs: largest absolute difference of any pixel's probability.
        dice_mean: smallest mean Dice between the masks.
    """

    max_abs: float = 1.0
    dice_mean: float = 0.0

    def __str__(self) -> str:
        parts = [f"a difference of at most {self.max_abs:.0e}"] if self.max_abs < 1 else []
        parts += [f"a mean Dice of at least {self.dice_mean:g}"] if self.dice_mean > 0 else []
        return " and ".join(parts)


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
    """

    images: str
    n_images: int
    max_abs: float
    mean_abs: float
    dice_mean: float
    dice_min: float
    limits: Limits

    @property
    def passed(self) -> bool:
        """Whether the differences are allowed."""
        return self.max_abs <= self.limits.max_abs and self.dice_mean >= self.limits.dice_mean

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "passed": self.passed}

    def table(self) -> Any:
        """For a terminal, a `rich.table.Table`."""
        from rich.table import Table

        table = Table("compared on", "largest difference", "mean difference", "Dice of the masks", "smallest")
        table.add_row(
            f"{self.n_images} {self.images}",
            f"{self.max_abs:.1e}",
            f"{self.mean_abs:.1e}",
            f"{self.dice_mean:.5f}",
            f"{self.dice_min:.5f}",
        )
        return table


Predict = Callable[[np.ndarray], np.ndarray]


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
        a, b = wanted >= 0.5, found >= 0.5
        total = a.sum() + b.sum()
        dices.append(1.0 if total == 0 else 2 * (a & b).sum() / total)
    # A NaN anywhere must not pass for a small difference.
    worst = float(np.max(largest)) if np.isfinite(largest).all() else float("inf")
    return ParityReport(
        name, len(images), worst, float(np.mean(mean)), float(np.mean(dices)), float(np.min(dices)), limits
    )


def check_parity(model: Any, path: Path, images: Sequence[np.ndarray], name: str, limits: Limits) -> ParityReport:
    """Compare an exported file with its model; a file that differs is renamed to `NAME.rejected`.

    Args:
        model: the Keras model.
        path: the exported file or folder.
        images: from `parity_images`.
        name: what they are, for the report.
        limits: what is allowed.

    Raises:
        ExportError: it differs by more.
    """
    from keras_rau.export.backends import open_backend

    candidate = open_backend(path, threads=None)
    report = compare(lambda batch: np.asarray(model(batch, training=False)), candidate.run, images, name, limits)
    if not report.passed:
        kept = reject(path)
        raise ExportError(
            f"The exported model differs from the Keras model by up to {report.max_abs:.2e}, with a mean Dice of "
            f"{report.dice_mean:.4f} between the masks, on {report.n_images} {report.images}; allowed is {limits}. It is kept "
            f"as {kept}."
        )
    return report


def parity_images(verify: Images, size: tuple[int, int], info: dict[str, Any] | None) -> tuple[list[np.ndarray], str]:
    """Images to compare models on, and what they are: a folder, files, arrays, or phantoms.

    They are resized and preprocessed as `info`, the content of the sidecar, says.

    Raises:
        DataError: a folder or file is missing or no image.
        ExportError: the folder holds no images.
        UsageError: `info` names unknown preprocessing steps.
    """
    info = info or {}
    resize, steps = info.get("resize", "letterbox"), info.get("preprocess")

    def feed(image: np.ndarray) -> np.ndarray:
        fitted = fit_image(image, size, resize)
        return preprocess(fitted, steps) if steps else fitted

    if verify is None:
        drawn = [draw_phantom(0, index, max(32, *size))[0] for index in range(PHANTOMS)]
        return [feed(image) for image in drawn], "phantoms"
    if isinstance(verify, (str, Path)):
        folder = existing_folder(verify)
        files = image_files(folder)
        if not files:
            raise ExportError(f"There are no images in {folder} to compare the models on.")
        return [feed(read_image(file)) for file in files], f"images of {folder.name}"
    images = [read_image(item) if isinstance(item, (str, Path)) else np.asarray(item) for item in verify]
    return [feed(image) for image in images], "images"
