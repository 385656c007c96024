"""What the values, the colours or the files of class masks mean."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_rau.datasets.geometry import Size, fit_labels, fit_mask
from keras_rau.outputs import Outputs

# Class number of pixels that belong to no class and count nothing, such as the unsure border of a lesion.
IGNORED = 255


@dataclass(frozen=True)
class ClassMasks:
    """The one description of class masks, which readers, pipelines, trainings and evaluations ask.

    `parse_classes` makes it of what users write.

    Attributes:
        form: `"values"` of label images, `"colours"` of coloured images, or `"files"`, one of 0 and 1 for each class.
        names: one for each channel of a model that is trained on them; of exclusive classes the first is the background.
        overlapping: a pixel may belong to several classes.
        keys: values, colours or patterns of file names, each with the channels that it stands for; of exclusive classes one
            channel, or `IGNORED`.
        absent: an image without the file of a class has no pixel of it.
    """

    form: str
    names: tuple[str, ...]
    overlapping: bool
    keys: tuple[tuple[int | str, tuple[int, ...]], ...]
    absent: bool = False

    @property
    def outputs(self) -> Outputs:
        """The classes of a model that is trained on these masks.

        Two exclusive classes are one lesion class: of the background there is nothing to be learned that the other class does
        not tell.
        """
        if not self.overlapping and len(self.names) == 2:
            return Outputs(self.names[1:])
        return Outputs(self.names, overlapping=self.overlapping)

    @property
    def fitting(self) -> tuple[Outputs, ...]:
        """All descriptions of models that these masks can train and score: two exclusive classes may also be a softmax."""
        both = not self.overlapping and len(self.names) == 2
        return (self.outputs, Outputs(self.names)) if both else (self.outputs,)

    @property
    def channels(self) -> int:
        """Channels of the mask of a pipeline: K of overlapping classes, one of class numbers otherwise."""
        return len(self.names) if self.overlapping else 1

    @property
    def has_ignored(self) -> bool:
        """True where a value marks pixels that are left out of training and scores."""
        return any(channels == (IGNORED,) for _, channels in self.keys)

    def fit(self, truth: np.ndarray, size: Size, resize: str = "letterbox") -> np.ndarray:
        """Bring a truth to the model's size as `fit_image` does; a pixel is of the class that most of its area has.

        Args:
            truth: what `read_sample` gives.
            size: height and width of the result.
            resize: see `fit_image`.
        """
        if truth.ndim == 3:
            return np.stack([fit_mask(one, size, resize) for one in np.moveaxis(truth, -1, 0)], axis=-1)
        return fit_labels(truth, size, resize) if not self.overlapping else fit_mask(truth, size, resize)

    def foreground(self, truth: np.ndarray) -> np.ndarray:
        """Return where there is any class but the background, uint8 `(H, W)` of 0 and 1."""
        if truth.ndim == 3:
            return truth.max(axis=-1)
        return ((truth > 0) & (truth != IGNORED)).astype(np.uint8)

    def shares(self, truth: np.ndarray) -> dict[str, float]:
        """Return the share of the image that each class covers, the background among exclusive ones."""
        if self.overlapping:
            planes = truth.reshape(*truth.shape[:2], -1)
            return {name: float(planes[..., channel].mean()) for channel, name in enumerate(self.names)}
        counts = np.bincount(truth.ravel(), minlength=len(self.names))
        return {name: float(counts[number] / truth.size) for number, name in enumerate(self.names)}

    def to_config(self) -> dict[Any, Any]:
        """Return what configuration files hold; `parse_classes` reads it back."""
        if self.form == "files":
            files = {self.names[channels[0]]: pattern for pattern, channels in self.keys}
            return {"files": files, "overlapping": self.overlapping, "absent": self.absent}
        return {key: self._meaning(channels) for key, channels in self.keys}

    def _meaning(self, channels: tuple[int, ...]) -> Any:
        if self.overlapping:
            return [self.names[channel] for channel in channels]
        return None if channels == (IGNORED,) else self.names[channels[0]]


def target_kind(classes: ClassMasks | None) -> str:
    """Return the form of masks in words, for messages."""
    if classes is None:
        return "masks of one lesion class"
    kind = "overlapping" if classes.overlapping else "exclusive"
    return f"masks of {len(classes.names)} {kind} classes ({', '.join(classes.names)})"
