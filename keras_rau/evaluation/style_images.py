"""What a style is fitted on: the logits of every map, and the outlines of people, of small images."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_rau.datasets.classes.reading import read_sample
from keras_rau.datasets.classes.samples import check_fits
from keras_rau.datasets.files import listed
from keras_rau.datasets.geometry import fit_mask
from keras_rau.datasets.samples import Sample
from keras_rau.errors import DataError, RauError, UsageError
from keras_rau.outputs import Outputs

_SIDE = 160  # pixels of the longer side: outlines differ by more than such a pixel, and all fits in memory


@dataclass(frozen=True)
class StyleImage:
    """One outlined image.

    Attributes:
        id: of the sample.
        logits: of the default map and of each style, float32 `(pixels, K + 1)`.
        truth: the outline, bool `(pixels,)`.
    """

    id: str
    logits: np.ndarray
    truth: np.ndarray


def style_images(predictor: Any, samples: Sequence[Sample], console: Any = None) -> list[StyleImage]:
    """Return the maps and outlines of samples, at most 160 pixels long.

    Args:
        predictor: a `keras_rau.export.Predictor` of one model with outline styles: a `.keras` file, or the TFLite file of all
            maps, which needs neither Keras nor TensorFlow.
        samples: outlined images; those without a mask are left out.
        console: `rich.console.Console` for a progress bar.

    Raises:
        UsageError: the predictor has several models, or one without outline styles, or with one chosen.
        DataError: no image has an outline, or some cannot be read; all are named.

    Example:
        >>> style_images(Predictor("styles.tflite"), samples)[0].logits.shape
        (19200, 4)
    """
    from rich.progress import track

    if len(predictor.members) != 1:
        raise UsageError(f"A style belongs to one model. Received: {len(predictor.members)} models")
    (member,) = predictor.members
    if not member.styles or member.style is not None:
        raise UsageError(
            f"{member.path} has no outline styles to mix: it was trained without them, or one was chosen already."
        )
    outlined = [sample for sample in samples if sample.mask is not None]
    if not outlined:
        raise DataError(
            f"None of {len(samples)} image(s) has an outline: a style is fitted on 10 to 20 outlined images."
        )
    check_fits(predictor.outputs, outlined)
    found, problems = [], []
    for sample in track(outlined, "looking", console=console, transient=True, disable=console is None):
        try:
            image, truth = read_sample(sample)
            size = _small(truth.shape[:2])
            logits = member.style_logits([image], [size])[0]
        except (RauError, MemoryError) as error:
            problems.append(str(error) or f"{sample.image}: out of memory")
            continue
        if not np.isfinite(logits).all():
            problems.append(f"{sample.image}: the model gives NaN or infinite logits")
            continue
        mask = fit_mask(truth, size, "squash").astype(bool)
        found.append(StyleImage(sample.id, logits.reshape(-1, logits.shape[-1]), mask.ravel()))
    if problems:
        raise DataError(listed(f"{len(problems)} of {len(outlined)} images cannot be used", problems))
    return found


def _small(size: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, _SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def default_masks(images: Sequence[StyleImage], threshold: float) -> list[np.ndarray]:
    """Return what the default map gives at the model's own threshold, bool `(pixels,)` each."""
    outputs = Outputs(logits=True)
    return [outputs.probabilities(image.logits[:, 0]) >= threshold for image in images]
