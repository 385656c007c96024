"""A clinic's own outline style, fitted on a few images and kept only where it helps in cross-validation."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_rau.datasets.samples import Sample
from keras_rau.errors import RauError, UsageError
from keras_rau.evaluation.style_images import StyleImage, default_masks, style_images
from keras_rau.outline_styles import StyleChoice

FEW = 10  # images below which chance decides too much
PENALTY = 0.05
MARGIN = 0.005
THRESHOLD = 0.5  # of a fitted style: the offset does what a threshold would do
_FOLDS = 10
_STEPS = 50


@dataclass(frozen=True)
class StyleFit:
    """A fitted style, and what cross-validation says of it.

    Attributes:
        choice: weights and offset, fitted on all images.
        names: styles of the model.
        key: what tells the model's maps from those of others.
        images: how many it was fitted on.
        before: mean Dice of the default map at the model's own threshold.
        after: mean Dice of images by the fits that did not see them; `None` of a single image.
        ci95: of the mean difference, by the normal approximation; rough, because the fits share images.
        margin: by how much the Dice must rise.
        penalty: of the fit.
    """

    choice: StyleChoice
    names: tuple[str, ...]
    key: str | None
    images: int
    before: float
    after: float | None
    ci95: tuple[float, float] | None
    margin: float
    penalty: float

    @property
    def gain(self) -> float | None:
        """By how much the cross-validated Dice rises."""
        return None if self.after is None else self.after - self.before

    @property
    def accepted(self) -> bool:
        """The Dice rises by more than the margin."""
        return self.gain is not None and self.gain > self.margin

    def __str__(self) -> str:
        if self.gain is None:
            return "one image cannot be cross-validated: outline 10 to 20"
        scores = f"Dice {self.before:.4f} by default, {self.after:.4f} in cross-validation on {self.images} images"
        if not self.accepted:
            return f"{scores}, a gain of {self.gain:+.4f} that does not exceed the margin of {self.margin:g}: keep the default"
        weights = zip(("default", *self.names), self.choice.weights, strict=True)
        return f"{', '.join(f'{name} {weight:+.2f}' for name, weight in weights)}, offset {self.choice.offset:+.2f}; {scores}"

    def write(self, path: str | Path) -> None:
        """Write the style file that `style=` and `--style` take.

        Raises:
            RauError: the style is not accepted, or the file cannot be written.
        """
        if not self.accepted:
            raise RauError(f"No style file is written: {self}.")
        about = {
            "key": self.key,
            "images": self.images,
            "dice_default": self.before,
            "dice_cross_validated": self.after,
            "ci95_of_gain": list(self.ci95),
            "margin": self.margin,
            "penalty": self.penalty,
        }
        self.choice.write(path, self.names, **about)


def fit_style(
    predictor: Any,
    samples: Sequence[Sample],
    *,
    penalty: float = PENALTY,
    margin: float = MARGIN,
    seed: int = 0,
    console: Any = None,
) -> StyleFit:
    """Fit weights of the maps and an offset to the outlines of 10 to 20 images, in seconds and without TensorFlow.

    The cross-entropy of the mixed logits is convex in these few numbers; a penalty holds them near the default, the more the
    fewer images there are. Masks are cut at 0.5. The fit is worth keeping (`accepted`) where the Dice of images that a fit has
    not seen exceeds that of the default map, at the model's own threshold, by more than the margin.

    Args:
        predictor: see `style_images`.
        samples: outlined images, as different as those to come.
        penalty: of the squared distance from the default, over the number of images.
        margin: by how much the mean Dice must rise.
        seed: of the folds.
        console: `rich.console.Console` for a progress bar.

    Returns:
        The fit.

    Raises:
        UsageError: the model has no outline styles, or `penalty` or `margin` is negative.
        DataError: no image has an outline, or some cannot be read.

    Warns:
        UserWarning: there are fewer than 10 images.

    Example:
        >>> fit = fit_style(Predictor("styles.tflite"), datasets.load("folder", "CLINIC"))
        >>> if fit.accepted: fit.write("style.json")
    """
    for name, value in (("penalty", penalty), ("margin", margin)):
        if not 0 <= value < float("inf"):
            raise UsageError(f"`{name}` must be a number of at least 0. Received: {name}={value}")
    images = style_images(predictor, samples, console)
    if len(images) < FEW:
        warnings.warn(
            f"{len(images)} outlined image(s) are few: a style fitted on fewer than {FEW} may be chance.", stacklevel=2
        )
    (member,) = predictor.members
    default = [dice(*one) for one in zip(default_masks(images, predictor.threshold), images, strict=True)]
    crossed = cross_validated(images, penalty, seed)
    after = ci95 = None
    if crossed is not None:
        gains = crossed - np.array(default)
        half = 1.96 * float(gains.std(ddof=1)) / len(gains) ** 0.5
        after, ci95 = float(crossed.mean()), (float(gains.mean()) - half, float(gains.mean()) + half)
    return StyleFit(
        fitted(images, penalty),
        member.styles,
        member.style_key,
        len(images),
        float(np.mean(default)),
        after,
        ci95,
        float(margin),
        float(penalty),
    )


def fitted(images: Sequence[StyleImage], penalty: float) -> StyleChoice:
    """Return the weights and offset of the smallest penalised cross-entropy, each image counting the same."""
    count = len(images)
    base = np.concatenate([image.logits[:, 0] for image in images]).astype(np.float64)
    truth = np.concatenate([image.truth for image in images])
    share = np.concatenate([np.full(len(image.truth), 1 / (count * len(image.truth))) for image in images])
    steps = np.concatenate([_directions(image) for image in images]).astype(np.float64)
    rate = penalty / count

    def loss(place: np.ndarray) -> float:
        mixed = base + steps @ place
        return float(share @ (np.logaddexp(0, mixed) - truth * mixed) + rate * place @ place)

    place = np.zeros(steps.shape[1])
    now = loss(place)
    for _ in range(_STEPS):
        probability = 0.5 * (1 + np.tanh(0.5 * (base + steps @ place)))
        slope = steps.T @ (share * (probability - truth)) + 2 * rate * place
        # The second term keeps the steps finite where maps are alike and nothing is penalised.
        curve = (steps * (share * probability * (1 - probability))[:, None]).T @ steps + (2 * rate + 1e-9) * np.eye(
            len(place)
        )
        move, length = np.linalg.solve(curve, slope), 1.0
        while (then := loss(place - length * move)) > now and length > 1e-6:
            length /= 2
        if now - then < 1e-10:
            break
        place, now = place - length * move, then
    weights = [float(number) for number in place[:-1]]
    return StyleChoice((1 - sum(weights), *weights), float(place[-1]))


def _directions(image: StyleImage) -> np.ndarray:
    """How far each style map is from the default map, and 1 for the offset, `(pixels, K + 1)`."""
    away = image.logits[:, 1:] - image.logits[:, :1]
    return np.concatenate([away, np.ones((len(away), 1), away.dtype)], axis=1)


def cross_validated(images: Sequence[StyleImage], penalty: float, seed: int = 0) -> np.ndarray | None:
    """Return the Dice of every image by a fit on the others, in ten parts; `None` of a single image."""
    count = len(images)
    if count < 2:
        return None
    parts = np.random.default_rng(seed).permutation(count) % min(count, _FOLDS)
    scores = np.zeros(count)
    for part in range(min(count, _FOLDS)):
        choice = fitted([image for image, of in zip(images, parts, strict=True) if of != part], penalty)
        for place in np.flatnonzero(parts == part):
            scores[place] = dice(style_mask(images[place], choice), images[place])
    return scores


def style_mask(image: StyleImage, choice: StyleChoice) -> np.ndarray:
    """Return the mask of a style, bool `(pixels,)`, cut at 0.5."""
    return image.logits @ np.array(choice.weights, np.float32) + np.float32(choice.offset) >= 0


def dice(mask: np.ndarray, image: StyleImage) -> float:
    """Dice of a mask and the outline; 1 of two empty ones."""
    total = int(mask.sum()) + int(image.truth.sum())
    return 1.0 if total == 0 else 2 * int((mask & image.truth).sum()) / total
