"""What the metrics of the confusion counts share."""

from typing import Any

from keras import ops

from keras_rau.metrics.image_metric import ImageMetric
from keras_rau.metrics.inputs import Pixels, class_pixels


class SegmentationMetric(ImageMetric):
    """A ratio of the counts of true and false positives and negatives.

    Averaged per image, whatever the batch size and however short the last batch (`average="image"`), or of the counts
    summed over all pixels of all images (`average="pooled"`). Subclasses implement `score(tp, fp, fn, tn)`.

    With several channels in `y_pred` a pixel belongs to the class of the largest, every class is scored against the rest,
    and the scores of the classes are averaged; a class that is neither in truth nor in prediction scores 1, as an empty mask
    does. With `overlapping` every channel is a mask of its own, cut at `threshold`, and all of them are averaged.

    Args:
        average: `"image"` or `"pooled"`.
        threshold: a pixel is lesion where its probability is at least this; without meaning for exclusive classes.
        from_logits: `y_pred` holds logits.
        ignore_value: pixels whose `y_true` has this value are not counted; may be NaN.
        target: `"mask"`, or `"distance"` where `y_true` may bring the distance map of a boundary loss as second channel.
        include_background: average over channel 0, the background, too; only for several classes.
        overlapping: the channels of `y_pred` are independent masks (sigmoids), none of them the background.
        class_id: score this channel alone, counted from 0, instead of the mean over the classes.
        num_classes: channels of `y_pred`; must be given for `average="pooled"` with several classes.
        name: name in logs.
        dtype: dtype of the result.

    Call arguments:
        y_true: `(B, H, W)` or `(B, H, W, 1)`, 0 or 1, or soft labels of which 0.5 and more is 1; with `target="distance"`
            also `(B, H, W, 2)`, whose second channel is not read. For K > 1 classes one-hot `(B, H, W, K)`, or class
            numbers from 0 to K − 1, `(B, H, W)` or `(B, H, W, 1)`; for overlapping classes `(B, H, W, K)`.
        y_pred: `(B, H, W)`, `(B, H, W, 1)` or `(B, H, W, K)`.
        sample_weight: a number, `(B,)` or `(B, 1)` to weigh images in the mean, `(B, H, W)` or `(B, H, W, 1)` to
            weigh pixels in the counts.

    Raises:
        ValueError: an argument has no valid value, or shapes do not fit.
    """

    def __init__(
        self,
        average: str = "image",
        threshold: float = 0.5,
        from_logits: bool = False,
        ignore_value: float | None = None,
        target: str = "mask",
        include_background: bool = False,
        overlapping: bool = False,
        num_classes: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        class_id: int | None = None,
    ) -> None:
        if not 0 < threshold < 1:
            raise ValueError(f"`threshold` must be between 0 and 1. Received: threshold={threshold}")
        if num_classes is not None and num_classes < 1:
            raise ValueError(f"`num_classes` must be at least 1. Received: num_classes={num_classes}")
        super().__init__((4, num_classes or 1), (), average, from_logits, ignore_value, target, name, dtype)
        self.threshold = threshold
        self.include_background = include_background
        self.overlapping = overlapping
        self.num_classes = num_classes
        if class_id is not None and (isinstance(class_id, bool) or not isinstance(class_id, int) or class_id < 0):
            raise ValueError(f"`class_id` must be the number of a channel, from 0. Received: class_id={class_id!r}")
        self.class_id = class_id

    def score(self, tp: Any, fp: Any, fn: Any, tn: Any) -> Any:
        """The metric, from counts of any equal shape."""
        raise NotImplementedError

    def score_classes(self, tp: Any, fp: Any, fn: Any, tn: Any) -> Any:
        """The metric of several classes `(B,)`, from counts `(B, K)`."""
        scores = self.score(tp, fp, fn, tn)
        return ops.mean(scores if self.include_background else scores[:, 1:], axis=-1)

    def pixels(self, y_true: Any, y_pred: Any, pixel_weight: Any = None, image_weight: Any = None) -> Pixels:
        """Pixels that are counted, of one class or several."""
        shape = ops.convert_to_tensor(y_pred).shape
        classes = shape[3] if len(shape) == 4 else 1
        self._check_classes(classes)
        if classes == 1:
            return super().pixels(y_true, y_pred, pixel_weight, image_weight)
        return class_pixels(self, y_true, y_pred, pixel_weight, image_weight)

    def statistics(self, pixels: Pixels) -> Any:
        """True and false positives, false and true negatives of every class, `(B, 4, K)`."""
        truth, found, weights = pixels.truth, pixels.prediction, pixels.weights[..., None]
        if len(truth.shape) == 2:
            truth, found = truth[..., None], ops.cast(found >= self.threshold, "float32")[..., None]
        both = ops.sum(weights * truth * found, axis=1)
        only_found = ops.sum(weights * found, axis=1) - both
        only_truth = ops.sum(weights * truth, axis=1) - both
        neither = ops.sum(weights, axis=1) - both - only_found - only_truth
        return ops.stack([both, only_found, only_truth, neither], axis=1)

    def value(self, statistics: Any) -> Any:
        """Score of every image."""
        counts = [statistics[:, index] for index in range(4)]
        if self.class_id is not None:
            return self.score(*(count[:, self.class_id] for count in counts))
        if statistics.shape[-1] == 1:
            return self.score(*(count[:, 0] for count in counts))
        if self.overlapping:
            return ops.mean(self.score(*counts), axis=-1)
        return self.score_classes(*counts)

    def _check_classes(self, classes: int) -> None:
        pooled_as_one = self.average == "pooled" and self.num_classes is None and classes > 1
        if pooled_as_one or self.num_classes not in (None, classes):
            raise ValueError(
                f"Metric {self.name!r} must be told the number of channels of `y_pred`, here {classes}. "
                f"Received: num_classes={self.num_classes}"
            )
        if self.class_id is not None and self.class_id >= classes:
            raise ValueError(
                f"Metric {self.name!r} is of the channel {self.class_id}, but `y_pred` has {classes}, counted from 0."
            )

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {
            **super().get_config(),
            "threshold": self.threshold,
            "include_background": self.include_background,
            "overlapping": self.overlapping,
            "num_classes": self.num_classes,
            "class_id": self.class_id,
        }
