"""One model file of a predictor: how it is fed, and what its output means."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_rau.datasets.geometry import Size, as_size, fit_image, resize_map, restore
from keras_rau.datasets.preprocessing import preprocess
from keras_rau.errors import ExportError, UsageError
from keras_rau.export.backends import open_backend
from keras_rau.export.outputs import Classes, outputs_of
from keras_rau.export.probabilities import probabilities_of
from keras_rau.export.refinement import Refinement
from keras_rau.export.sidecar import read_sidecar, sidecar_steps


class Member:
    """A loaded model and what its sidecar says of it.

    Args:
        path: the model.
        image_size: height and width to use with a model of any size.
        threads: of a `.tflite` model.
        classes: see `outputs_of`.
        logits: see `outputs_of`.
        style: outline style; the threshold beside the model, which was chosen for the default map, does not count for another.
        **opening: of `open_backend`.

    Raises:
        ExportError: the model is missing, damaged, of another kind, or built for another size.
    """

    def __init__(
        self,
        path: Path | str,
        image_size: int | tuple[int, int] | None,
        threads: int | None,
        classes: Classes,
        logits: bool | None,
        style: Any = None,
        **opening: Any,
    ) -> None:
        self.path = Path(path)
        self.backend = open_backend(self.path, threads, style=style, **opening)
        self.info = read_sidecar(self.path)
        choice = getattr(self.backend, "choice", None)
        self.style = None if choice is None or choice.is_default else choice
        if self.style is not None:
            self.info.pop("threshold", None)
        self.styles = tuple(getattr(self.backend, "styles", ()))
        self.resize = self.info.get("resize", "letterbox")
        self.preprocess = sidecar_steps(self.path)
        model = getattr(self.backend, "model", None)
        self.outputs = outputs_of(
            self.info if model is None else model,
            self.info,
            classes=classes,
            logits=logits,
            channels=self.backend.channels,
            name=str(self.path),
        )
        wanted = None if image_size is None else as_size(image_size)
        own = self.backend.size
        if own is not None and wanted not in (None, own):
            raise ExportError(
                f"{self.path} is built for images of {own[0]}×{own[1]} pixels. Received: image_size={image_size}"
            )
        self.size = own or wanted or tuple(self.info.get("image_size", (256, 256)))

    def maps(self, images: Sequence[np.ndarray], refinement: Refinement) -> list[np.ndarray]:
        """Return probabilities, `(H, W)` of one lesion class, else `(H, W, K)`, at the sizes of RGB images.

        Raises:
            OutputError: what the model gives for an image is not a probability.
        """
        batch = np.stack([self._feed(image) for image in images]).astype(np.float32)
        maps = refinement.average(self._run, batch)
        if self.outputs.kind == "lesion":
            maps = maps[..., 0]
        return [restore(found, image.shape[:2], self.resize) for found, image in zip(maps, images, strict=True)]

    @property
    def style_key(self) -> str | None:
        """What tells the maps of this model from those of others; `None` where nothing says it."""
        return getattr(self.backend, "style_key", None)

    def style_logits(self, images: Sequence[np.ndarray], sizes: Sequence[Size]) -> list[np.ndarray]:
        """Return the logits of the default map and of each style, `(h, w, K + 1)`, for RGB images.

        Args:
            images: the images.
            sizes: height and width of each result, of the aspect ratio of its image.

        Raises:
            UsageError: the model has no outline styles, or one was chosen.
        """
        if not self.styles:
            raise UsageError(
                f"{self.path} has no outline styles besides the default: it was trained without them, or exported for one."
            )
        batch = np.stack([self._feed(image) for image in images]).astype(np.float32)
        return [
            restore(resize_map(maps, self.size), size, self.resize)
            for maps, size in zip(self.backend.maps(batch), sizes, strict=True)
        ]

    def _run(self, batch: np.ndarray) -> np.ndarray:
        return probabilities_of(self.backend.run(batch), self.outputs, str(self.path))

    def _feed(self, image: np.ndarray) -> np.ndarray:
        return preprocess(fit_image(image, self.size, self.resize), self.preprocess)
