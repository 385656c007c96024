"""From an image of any size to its mask, whatever kind of file the model is in."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np

from keras_rau.datasets.reading.depth import check_bit_depth
from keras_rau.errors import UsageError
from keras_rau.export.member import Member
from keras_rau.export.outputs import Classes
from keras_rau.export.refinement import Refinement
from keras_rau.outputs import check_threshold

_TOGETHER = 8  # images of a generator that are in memory at once


class Predictor:
    """Predict masks with `.keras` files, SavedModel folders or `.tflite` files, one or several together.

    Images are brought to the model's size and preprocessed as in training, and maps back to the image's own size.
    Probabilities lie in [0, 1], whether the model gives them or logits. For `.tflite` neither TensorFlow nor Keras is
    imported. Safe to use from several threads.

    Args:
        path: the model; or several, such as the folds of a cross-validation, of any kinds and sizes, whose probabilities
            are averaged.
        threshold: a pixel belongs to a class where its probability is at least this, above 0 and below 1; what the file
            beside the model says, or 0.5. Exclusive classes have none: the most probable one counts.
        image_size: height and width to use with a model of any size; those of the training when known, else 256.
        threads: threads of a `.tflite` model; up to four when `None`.
        augment: average over mirrored (`"flips"`) or also turned images (`"dihedral"`), see `Refinement`.
        largest: keep the largest connected part of each mask alone.
        fill_holes: fill what the lesion encloses.
        classes: names of the output's channels, or the whole `keras_rau.outputs.Outputs`, of a model of several classes from
            elsewhere, which does not tell them.
        logits: the model gives logits; of a model from elsewhere, which does not tell it.
        trust: run a SavedModel or `.tflite` file whatever it does; both are programs, and others than exports of this
            package do are refused otherwise.
        bit_depth: how many bits image files of 16 bits use, see `datasets.read_image`; what the file beside the model says
            of those it was trained on, if `None`.
        style: outline style of a model that has several: a name, `"default"`, a style file of `keras-rau fit-style`, one
            weight for the default map and one for each style, or a `keras_rau.outline_styles.StyleChoice`. Any other than the
            default is cut at 0.5 unless `threshold` says otherwise. A `.keras` file or the TFLite file of all maps.

    Attributes:
        outputs: the classes, see `keras_rau.outputs.Outputs`.

    Raises:
        ExportError: a model is missing, damaged, hostile, changed, of another kind or form, built for another size, or does
            not tell what its channels are.
        UsageError: there is no such style, the threshold is none, `augment` does not fit the model, or several models have
            different classes.

    Example:
        >>> mask = Predictor("out/model.tflite").predict("photo.jpg")
        >>> mask = Predictor(["runs/fold1.keras", "runs/fold2.keras"]).predict("photo.jpg")
    """

    def __init__(
        self,
        path: Path | str | Sequence[Path | str],
        threshold: float | None = None,
        *,
        image_size: int | tuple[int, int] | None = None,
        threads: int | None = None,
        augment: Literal["flips", "dihedral"] | None = None,
        largest: bool = False,
        fill_holes: bool = False,
        classes: Classes = None,
        logits: bool | None = None,
        trust: bool = False,
        bit_depth: int | None = None,
        style: Any = None,
    ) -> None:
        check_bit_depth(bit_depth)
        self.refinement = Refinement(augment, largest, fill_holes)
        if threshold is not None:
            check_threshold(threshold)
        paths = [path] if isinstance(path, (str, Path)) else list(path)
        if not paths:
            raise UsageError("A predictor needs a model. Received: an empty list of paths")
        self.members = [Member(one, image_size, threads, classes, logits, style, trust=trust) for one in paths]
        self.outputs = self._agreed_outputs()
        self.threshold = self._agreed_threshold(threshold)
        self.bit_depth = self._agreed_depth() if bit_depth is None else bit_depth
        for member in self.members:
            self.refinement.check_size(member.size)

    def _agreed_outputs(self) -> Any:
        first = self.members[0]
        for other in self.members[1:]:
            same = (other.outputs.names, other.outputs.overlapping) == (first.outputs.names, first.outputs.overlapping)
            if not same:
                raise UsageError(
                    f"Models that are averaged must have the same classes. {first.path} has {_words(first)}, {other.path} has "
                    f"{_words(other)}."
                )
        return first.outputs

    def _agreed_threshold(self, threshold: float | None) -> float:
        if threshold is not None:
            if self.outputs.kind == "exclusive":
                raise UsageError(
                    "Of exclusive classes the most probable one counts: there is no threshold. Received: "
                    f"threshold={threshold}"
                )
            return threshold
        stated = {float(member.info.get("threshold", 0.5)) for member in self.members}
        if len(stated) > 1 and self.outputs.kind != "exclusive":
            raise UsageError(
                f"The files beside the models name different thresholds, {sorted(stated)}: say `threshold` for all of them."
            )
        return stated.pop()

    def _agreed_depth(self) -> int | None:
        stated = {member.info.get("bit_depth") for member in self.members}
        if len(stated) > 1:
            raise UsageError(
                f"The models were trained on images of different depths, {sorted(map(str, stated))}: say `bit_depth`."
            )
        depth = stated.pop()
        check_bit_depth(depth)
        return depth

    @property
    def path(self) -> Path:
        """The model file; of several, the first."""
        return self.members[0].path

    @property
    def backend(self) -> Any:
        """The loaded model; of several, the first."""
        return self.members[0].backend

    @property
    def info(self) -> dict[str, Any]:
        """Content of the sidecar; of several models, that of the first."""
        return self.members[0].info

    @property
    def size(self) -> tuple[int, int]:
        """Height and width the model sees; of several, the first."""
        return self.members[0].size

    @property
    def resize(self) -> str:
        """`letterbox` or `squash`: the way in which images are brought to that size; of several models, the first."""
        return self.members[0].resize

    @property
    def preprocess(self) -> tuple[Any, ...]:
        """Preprocessing steps; of several models, those of the first."""
        return self.members[0].preprocess

    def predict(self, image: Any) -> Any:
        """Mask of an image, or masks of several.

        Args:
            image: an image file; or a uint8 array `(H, W, 3)` RGB, `(H, W, 4)` with alpha, which is ignored, or `(H, W)`
                grey; or several of these: a list, a generator, or an array `(B, H, W, 3)`.

        Returns:
            uint8 `(H, W)` of 0 and 1 for one lesion class; `(H, W)` of class numbers 0..K-1 for exclusive classes;
            `(H, W, K)` of 0 and 1 for overlapping classes. A list of these for several images.

        Raises:
            DataError: a file is missing or no image.
            OutputError: what the model gives for an image is not a probability.
            TypeError: it is not such an array.

        Example:
            >>> Predictor("model.tflite").predict(["a.jpg", "b.jpg"])[1].shape
            (767, 1022)
        """
        found = self.predict_proba(image)
        return [self.to_mask(one) for one in found] if isinstance(found, list) else self.to_mask(found)

    def to_mask(self, probabilities: np.ndarray) -> np.ndarray:
        """Mask, as `predict` gives it, of probabilities `(H, W)` or `(H, W, K)`, each class cleaned as asked for."""
        return self.refinement.clean_classes(self.outputs.decide(probabilities, self.threshold), self.outputs)

    def predict_proba(self, image: Any) -> Any:
        """Probabilities of an image or of several, arguments as of `predict`.

        Returns:
            float32 in [0, 1], `(H, W)` of one lesion class, else `(H, W, K)`. A list of these for several images.
        """
        if not _is_several(image):
            return self.predict_batch([image])[0]
        return [one for some in _by(_TOGETHER, image) for one in self.predict_batch(some)]

    def predict_batch(self, images: Sequence[Any]) -> list[np.ndarray]:
        """Probabilities of several images of any sizes in one go, as `predict_proba` gives them for each."""
        images = [_as_rgb(image, self.bit_depth) for image in images]
        if not images:
            return []
        found = [member.maps(images, self.refinement) for member in self.members]
        if len(found) == 1:
            return found[0]
        return [np.mean(maps, axis=0) for maps in zip(*found, strict=True)]


def _words(member: Member) -> str:
    return f"{', '.join(member.outputs.names)} ({member.outputs.kind})"


def _is_several(image: Any) -> bool:
    if isinstance(image, (str, Path, bytes)):
        return False
    shape = getattr(image, "shape", None)
    return len(shape) == 4 if shape is not None else isinstance(image, Iterable)


def _by(count: int, images: Iterable[Any]) -> Iterator[list[Any]]:
    images = iter(images)
    while some := list(islice(images, count)):
        yield some


def _as_rgb(image: Any, bit_depth: int | None) -> np.ndarray:
    if isinstance(image, (str, Path)):
        # Needs Pillow, which those who bring arrays may lack.
        from keras_rau.datasets.reading.decoding import read_image
        from keras_rau.datasets.reading.depth import warn_of_guess

        return read_image(image, bit_depth=bit_depth, note=warn_of_guess)
    image = np.asarray(image)
    known = image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (1, 3, 4))
    if image.dtype != np.uint8 or not known or 0 in image.shape:
        raise TypeError(
            "An image is a file, or a uint8 array (height, width, 3), (height, width, 4) or (height, width). "
            f"Received: {image.dtype} of shape {image.shape}"
        )
    if image.ndim == 2 or image.shape[2] == 1:
        return np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2)
    return image[..., :3]
