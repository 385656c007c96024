"""The Lovász losses."""

from typing import Any

import keras
from keras import ops

from keras_rau.losses.base import SegmentationLoss
from keras_rau.losses.maps import SMALLEST, Maps


def _jaccard_steps(truth: Any, weights: Any) -> Any:
    """How much each further error raises the Jaccard loss, errors sorted from large to small, `(B, N)`."""
    hits, false = ops.cumsum(weights * truth, axis=1), ops.cumsum(weights * (1 - truth), axis=1)
    lesion = hits[:, -1:]
    union = lesion + false
    loss = 1 - (lesion - hits) / ops.maximum(union, SMALLEST)
    loss = ops.where(union > 0, loss, 0.0)
    return ops.concatenate([loss[:, :1], loss[:, 1:] - loss[:, :-1]], axis=1)


@keras.saving.register_keras_serializable(package="keras_rau")
class LovaszLoss(SegmentationLoss):
    """The piecewise linear extension of the Jaccard loss.

    Pixels are sorted by their error e, from large to small; with J(i) the Jaccard loss of the mask in which the first i pixels
    are wrong, `L = Σᵢ eᵢ (J(i) − J(i − 1))`. One channel is the Lovász hinge: `e = max(0, 1 − z (2 g − 1))` of the logit z.
    Several channels are the Lovász softmax: `e = |g − p|`, averaged over the classes that an image has. Source: Berman et
    al., "The Lovász-Softmax loss", CVPR 2018. There and here one value per image; segmentation_models_pytorch sorts the
    whole batch by default.

    Labels are taken as hard (0.5 and more is lesion). Without `from_logits` the logit of a single channel is taken from the
    probability, its logarithms not below log 1e-7. Sorting makes it slower than the other losses.

    Args:
        **kwargs: of `SegmentationLoss`, see `BinaryCrossentropy`.

    Shape:
        `y_true`, `y_pred`: `(B, H, W)` or `(B, H, W, K)`; see `SegmentationLoss`.

    Raises:
        ValueError: shapes do not fit.

    Example:
        >>> float(LovaszLoss(from_logits=True)([[[1.0, 0.0]]], [[[2.0, 1.0]]]))
        1.0
    """

    def __init__(self, name: str = "lovasz", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def per_image(self, maps: Maps) -> Any:
        """The formula above."""
        truth = ops.cast(maps.truth >= 0.5, "float32")
        weights = ops.ones_like(truth[..., :1]) if maps.weights is None else maps.weights
        over_batch = len(maps.axes) == 3

        def flat(values: Any) -> Any:
            return ops.reshape(values, (1, -1) if over_batch else (ops.shape(values)[0], -1))

        if maps.classes == 1:
            if maps.activation is None:
                log_p, log_q = maps.log_probabilities()
                logits = log_p - log_q
            else:
                logits = maps.prediction
            errors = 1 - logits * (2 * truth - 1)
            return _lovasz(flat(errors), flat(truth), flat(weights))[:, None]
        errors = ops.abs(truth - maps.probability())
        each = [_lovasz(flat(errors[..., k]), flat(truth[..., k]), flat(weights[..., 0])) for k in range(maps.classes)]
        present = ops.cast(maps.total(truth) > 0, "float32")
        # The mean over classes, which follows, shall be one over those that are present.
        share = present * maps.classes / ops.maximum(ops.sum(present, axis=-1, keepdims=True), 1.0)
        return ops.stack(each, axis=-1) * share


def _lovasz(errors: Any, truth: Any, weights: Any) -> Any:
    order = ops.argsort(-ops.stop_gradient(errors), axis=1)
    errors, truth, weights = (ops.take_along_axis(values, order, axis=1) for values in (errors, truth, weights))
    return ops.sum(ops.relu(errors) * ops.stop_gradient(_jaccard_steps(truth, weights)), axis=1)
