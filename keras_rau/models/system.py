"""The base of the published systems."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from numbers import Real
from typing import Any

import keras

from keras_rau.layers.arguments import boolean, positive_int
from keras_rau.models.base import Graph, SegmentationModel
from keras_rau.models.conventions import conventions_of
from keras_rau.models.net import Net
from keras_rau.models.options import (
    OF_KERAS,
    check_input_shape,
    check_options,
    check_output_activation,
    check_side_weights,
)
from keras_rau.outputs import Outputs


@dataclass(frozen=True)
class Frame:
    """What all systems can be built with.

    Args:
        input_shape: `(H, W, C)`; H and W may be `None`, and need not be multiples of 32.
        classes: channels of the mask: 1 for lesion against skin, or K with channel 0 the background.
        width: factor of all channel counts, 1 as published.
        output_activation: `"auto"` (sigmoid for one class, softmax for several), another Keras activation, or `None`
            for logits.
        deep_supervision: train the side outputs that the system was published with, see `SegmentationModel`.
        dtype: dtype or dtype policy of all layers; Keras's global policy when `None`. Outputs are float32.
        class_names: one name for each channel, for predictions, exports and reports; see `keras_rau.outputs.Outputs`.
        conventions: `"keras"`, or `"published"` to compute exactly what the published code computes, so that its
            checkpoints run; see `keras_rau.models.conventions`.
    """

    input_shape: tuple[int | None, int | None, int] = (256, 256, 3)
    classes: int = 1
    width: float = 1.0
    output_activation: str | None = "auto"
    deep_supervision: bool = False
    dtype: Any = None
    class_names: Sequence[str] | None = None
    conventions: str = "keras"

    def __post_init__(self) -> None:
        positive_int("classes", self.classes)
        boolean("deep_supervision", self.deep_supervision)
        check_output_activation(self.output_activation, self.classes)
        Outputs.of(self.classes, self.class_names)
        number = isinstance(self.width, Real) and not isinstance(self.width, bool)
        if not number or not 0 < self.width < math.inf:
            raise ValueError(f"`width` must be a positive factor, 1 as published. Received: width={self.width!r}")


@dataclass(frozen=True)
class Drawing:
    """What a system's `draw` returns.

    Attributes:
        logits: the map before its activation, of any size; it is brought to that of the image.
        sides: logits of the side outputs by name, in the order of `side_weights`.
    """

    logits: Any
    sides: dict[str, Any] = field(default_factory=dict)


class System(SegmentationModel):
    """A published system: `draw(net, image, frame)` makes its graph, the rest is the same for all.

    Side outputs are enlarged to the image, as in the publications, before the loss sees them.

    Args:
        draw: makes the graph out of a `Net`, an image `(B, H, W, C)` in [0, 255] and the frame.
        own: the subclass's own constructor arguments, for `get_config`.
        options: the fields of `Frame`, `side_weights`, and `name` and `trainable` of `keras.Model`.
        side_weights: published weights of the side outputs' losses.

    Attributes:
        deepest_stride: of its deepest level, the smallest size of an image.
    """

    deepest_stride = 32

    def __init__(
        self,
        draw: Callable[[Net, Any, Frame], Drawing],
        own: dict[str, Any],
        options: dict[str, Any],
        side_weights: float | Sequence[float] = 1.0,
    ) -> None:
        names = {one.name for one in fields(Frame)}
        check_options(type(self).__name__, options, names, own)
        given = {name: value for name, value in options.items() if name in names}
        policy = keras.dtype_policies.get(given.get("dtype") or keras.config.dtype_policy())
        frame = Frame(**{**given, "dtype": policy})
        conventions = conventions_of(type(self).__name__, frame.conventions)
        if frame.output_activation == "auto" and frame.classes > 1 and conventions.several != "softmax":
            frame = replace(frame, output_activation=conventions.several)
        check_input_shape(frame.input_shape, self.deepest_stride)
        weights = options.get("side_weights", side_weights)
        check_side_weights(weights)
        image = keras.Input(frame.input_shape, name="image")
        net = Net(frame.width, policy, conventions)
        drawing = draw(net, image, frame)
        if frame.deep_supervision and not drawing.sides:
            raise ValueError(
                f"{type(self).__name__} was published without side outputs. Received: deep_supervision=True"
            )
        mask = _finish(net, drawing.logits, image, frame, "mask")
        sides = {}
        if frame.deep_supervision:
            sides = {name: _finish(net, logits, image, frame, name) for name, logits in drawing.sides.items()}
        arguments = {one.name: getattr(frame, one.name) for one in fields(Frame)}
        weights = list(weights) if isinstance(weights, tuple) else weights
        arguments |= {"input_shape": tuple(frame.input_shape), "dtype": policy.name, "side_weights": weights, **own}
        rest = {name: options[name] for name in OF_KERAS if name in options}
        super().__init__(
            Graph(image, mask, sides, _only_aside(image, mask, sides), net.unused),
            arguments,
            weights if sides else 0.0,
            **rest,
        )
        # Keras decides by the model's own policy whether `compile` has to scale the loss (mixed_float16).
        self.dtype_policy = policy


def _finish(net: Net, logits: Any, image: Any, frame: Frame, name: str) -> Any:
    with net.scope(name):
        logits = net.resize(logits, image)
    automatic = "sigmoid" if frame.classes == 1 else "softmax"
    activation = automatic if frame.output_activation == "auto" else frame.output_activation
    return keras.layers.Activation(activation, dtype="float32", name=name)(logits)


def _only_aside(image: Any, mask: Any, sides: dict[str, Any]) -> list[keras.layers.Layer]:
    """Layers that only the side outputs pass through."""
    if not sides:
        return []
    main = {id(layer) for layer in keras.Function(image, mask).operations}
    everything = keras.Function(image, {"mask": mask, **sides}).operations
    return [one for one in everything if isinstance(one, keras.layers.Layer) and id(one) not in main]
