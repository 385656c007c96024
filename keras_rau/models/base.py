"""The base of all segmentation models: one output at inference, deep supervision in training."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
from keras import ops

from keras_rau.keras_internals import run_in_training, standardized_input
from keras_rau.layers.upsample import resize
from keras_rau.models.class_weight import pixel_weights
from keras_rau.models.kept_model import KeptModel
from keras_rau.models.layer_settings import LayerSettings
from keras_rau.models.options import check_side_weights
from keras_rau.models.styles import fold_style, own_style, style_key
from keras_rau.models.teacher import Teacher
from keras_rau.outline_styles import choose_style
from keras_rau.outputs import Outputs


@dataclass(frozen=True)
class Graph:
    """What an architecture hands to `SegmentationModel`.

    `sides` are maps that only training sees, by name; `heads` the layers that make them and that the main output
    does not pass through, so that a functional model would not find their weights; `unused` ones lead nowhere. `styles` are
    maps `(B, H, W, K)` of outline styles.
    """

    image: Any
    mask: Any
    sides: dict[str, Any] = field(default_factory=dict)
    heads: Sequence[keras.layers.Layer] = ()
    unused: Sequence[keras.layers.Layer] = ()
    styles: Any = None


class SegmentationModel(KeptModel):
    """A functional model from pixels to a mask, whose side outputs are trained by plain `fit(image, mask)`.

    At inference there is one output. With deep supervision `model(x, training=True)` returns a dict of the main map
    (`"mask"`) and the side maps; the loss given to `compile` is applied to each of them at its own scale, the mask
    being reduced to it by nearest-neighbour sampling, so that it keeps its values:

        total = loss(mask) + Σ side_weights[k] · loss(side k)

    Metrics see the main map only, in training and in validation.

    With outline styles every image trains the main (default) map, and an image of known style that style's map, too:

        total = … + style_weight · loss(map of the image's style), images of unknown style counting 0

    The style comes as the last channel of the target: `(B, H, W, 2)`, mask and style number, constant over each image, from
    0 for the first of `outline_styles`, −1 for an unknown one (`datasets.pipeline(…, styles=…)` makes it); with a loss that
    reads distances `(B, H, W, 3)`. A target without this channel trains the default map. `with_style` gives the model of
    one style.

    Args:
        graph: the tensors of the architecture.
        arguments: the constructor's arguments, for `get_config`.
        side_weights: weight of each side output's loss, or one number for all.
        **kwargs: `name` and `trainable` of `keras.Model`, and `trainable_parts` of a configuration, see
            `keras_rau.models.trainable_parts`.
    """

    def __init__(
        self, graph: Graph, arguments: dict[str, Any], side_weights: float | Sequence[float], **kwargs: Any
    ) -> None:
        trainable, parts = kwargs.pop("trainable", True), kwargs.pop("trainable_parts", {})
        super().__init__(inputs=graph.image, outputs=graph.mask, **kwargs)
        self._arguments = arguments
        self._side_heads = list(graph.heads)
        self._unused = list(graph.unused)
        self._side_weights = _side_weights(side_weights, list(graph.sides))
        # A Function, not a Model: it shares the layers, and a model inside the model would be saved twice.
        self._teacher: Teacher | None = None
        maps = {**graph.sides, **({} if graph.styles is None else {"styles": graph.styles})}
        self._supervised = keras.Function(graph.image, {"mask": graph.mask, **maps}) if maps else None
        self.style_weight = 1.0
        self._set_trainable(trainable, parts)
        self._settings = LayerSettings(self)

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Return the mask; in training with side maps or outline styles a dict of them and the mask."""
        # Keras warns of a dict or list for a model of one input.
        if isinstance(inputs, dict) and inputs.keys() == {self.input.name}:
            inputs = inputs[self.input.name]
        if isinstance(inputs, (list, tuple)) and len(inputs) == 1:
            inputs = inputs[0]
        if training and self._supervised is not None:
            return run_in_training(self._supervised, standardized_input(self, inputs))
        return super().call(inputs, training=training, mask=mask)

    @property
    def output_description(self) -> Outputs:
        """Classes of the output's channels, and whether they are logits."""
        arguments = self._arguments
        return Outputs.of(
            arguments.get("classes", 1), arguments.get("class_names"), arguments.get("output_activation", "auto")
        )

    @property
    def outline_styles(self) -> tuple[str, ...]:
        """Names of the outline styles that have a map of their own."""
        return tuple(self._arguments.get("outline_styles") or ())

    def with_style(self, style: Any = None) -> "SegmentationModel":
        """Return a model of one outline style: the choice is folded into the last convolution.

        Args:
            style: see `keras_rau.outline_styles.choose_style`: a name, K + 1 weights that sum to 1, a file; `None` for the
                default map.

        Returns:
            A model of the same class without outline styles, with weights of its own.

        Raises:
            UsageError: this model has no such style.
            DataError: the file is none of this model's styles.

        Example:
            >>> model.with_style("tight").predict(images)
        """
        return fold_style(self, choose_style(style, self.outline_styles, key=style_key(self)))

    def distill(self, teacher: keras.Model | None, weight: float = 0.5) -> None:
        """Learn from another model's maps besides the masks, from the next `compile` and `fit` on.

        The target of the loss becomes `(1 − weight) · mask + weight · teacher(image)`, for the main and the side maps;
        metrics and validation keep the masks. The teacher sees the same, augmented images, is not trained, and is not
        saved with this model.

        Source: Hinton et al., "Distilling the Knowledge in a Neural Network", 2015, with the temperature 1.

        Args:
            teacher: maps images of this model's size to lesion probabilities `(B, H, W, 1)`; `None` ends it.
            weight: share of the teacher in the target, above 0 and at most 1.

        Raises:
            ValueError: the weight is out of range, or either model has several classes.

        Example:
            >>> student = from_preset("rau_net_nano", weights=None, input_shape=(192, 192, 3))
            >>> student.distill(from_preset("rau_net_lite"))
        """
        if teacher is not None and self.output.shape[-1] != 1:
            raise ValueError(f"Only a model of one class can be distilled. Received: {self.output.shape[-1]} classes")
        self._teacher = None if teacher is None else Teacher(teacher, weight)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Loss of the main map plus the weighted losses of the side maps."""
        y, style = self.split_target(y)
        hard = y
        if training and self.class_weight is not None:
            sample_weight = pixel_weights(y, sample_weight, self.class_weight, self.output.shape[-1])
        if training and self._teacher is not None:
            y = self._teacher.soften(x, y)
        if not isinstance(y_pred, dict):
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        total = super().compute_loss(x, y, y_pred["mask"], sample_weight, training)
        loss = self._single_loss()
        if "styles" in y_pred:
            own, weights = own_style(y_pred["styles"], style, sample_weight)
            total = total + self.style_weight * ops.cast(loss(hard, own, sample_weight=weights), total.dtype)
        for name, weight in self._side_weights.items():
            side = y_pred[name]
            weights = sample_weight
            if weights is not None and len(weights.shape) > 2:
                weights = _reduce_to(weights, side)
            values = loss(_reduce_to(y, side), side, sample_weight=weights)
            total = total + weight * ops.cast(values, total.dtype)
        return total

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Metrics of the main map."""
        main = y_pred["mask"] if isinstance(y_pred, dict) else y_pred
        return super().compute_metrics(x, self.split_target(y)[0], main, sample_weight)

    def split_target(self, y: Any) -> tuple[Any, Any]:
        """Return a target without its channel of style numbers, and that channel `(B, H, W, 1)` or `None`."""
        if not self.outline_styles or y is None or isinstance(y, dict) or len(y.shape) != 4:
            return y, None
        reads_distance = any(getattr(one, "reads_distance", False) for one in keras.tree.flatten(self.loss))
        channels = 2 if reads_distance else 1
        return (y[..., :channels], y[..., channels:]) if y.shape[-1] == channels + 1 else (y, None)

    def _single_loss(self) -> keras.losses.Loss:
        if self.loss is None or isinstance(self.loss, (list, tuple, dict)):
            raise ValueError(
                f"Model {self.name!r} has deep supervision and is compiled with one loss, which it applies to every "
                f"output itself. Received: loss={self.loss!r}"
            )
        loss = keras.losses.get(self.loss)
        if isinstance(loss, keras.losses.Loss):
            return loss
        return FunctionLoss(loss)


class FunctionLoss(keras.losses.Loss):
    """A loss given to `compile` as a function, averaged over pixels and images as Keras does."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Values per pixel or image."""
        return self.function(y_true, y_pred)


def _reduce_to(values: Any, like: Any) -> Any:
    """Sample `(B, H, W[, C])` at the size of `like`."""
    values = ops.cast(values, "float32")
    if len(values.shape) == 3:
        values = ops.expand_dims(values, -1)
    return resize(values, tuple(like.shape)[1:3], like, 1, interpolation="nearest", data_format="channels_last")


def _side_weights(weights: float | Sequence[float], names: list[str]) -> dict[str, float]:
    check_side_weights(weights)
    each = [float(w) for w in weights] if isinstance(weights, (list, tuple)) else [float(weights)] * len(names)
    if len(each) != len(names):
        raise ValueError(
            f"`side_weights` must be one number, or one for each of the {len(names)} side outputs. "
            f"Received: side_weights={weights!r}"
        )
    return dict(zip(names, each, strict=True))
