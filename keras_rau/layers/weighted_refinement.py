"""What reverse attention and boundary attention have in common: weigh the features, then refine them."""

from typing import Any

import keras
from keras import ops

from keras_rau.keras_internals import forget
from keras_rau.layers.arguments import (
    channel_axis,
    feature_and_gating_shapes,
    one_of,
    positive_int,
    standardize_data_format,
    with_channels,
)
from keras_rau.layers.blocks import NORMALIZATIONS, ConvBlock
from keras_rau.layers.upsample import Upsample


def lesion_probability(logits: Any, data_format: str) -> Any:
    """Probability of "not background": σ of one channel, 1 − softmax of channel 0 of several."""
    axis = channel_axis(data_format)
    if logits.shape[axis] == 1:
        return ops.sigmoid(logits)
    background = ops.softmax(logits, axis=axis)
    return 1.0 - (background[:, :1] if axis == 1 else background[..., :1])


class WeightedRefinement(keras.layers.Layer):
    """Features weighted by a map made from a coarse prediction, then refined by convolutions.

    Subclasses say how the map is made (`attention_map`).
    """

    def __init__(
        self,
        filters: int,
        depth: int = 2,
        kernel_size: int = 3,
        normalization: str | None = "batch",
        activation: str | None = "relu",
        separable: bool = False,
        classes: int = 1,
        gating_is_logits: bool | None = None,
        return_logits: bool = False,
        residual: bool = True,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = positive_int("filters", filters)
        self.depth = positive_int("depth", depth)
        self.kernel_size = positive_int("kernel_size", kernel_size)
        self.normalization = one_of("normalization", normalization, NORMALIZATIONS)
        self.activation = keras.activations.get(activation)
        self.separable = separable
        self.classes = positive_int("classes", classes)
        self.gating_is_logits = gating_is_logits
        self.return_logits = return_logits
        self.residual = residual
        self.data_format = standardize_data_format(data_format)
        shared = {"data_format": self.data_format, "dtype": self.dtype_policy}
        self.coarse: keras.layers.Layer | None = keras.layers.Conv2D(classes, 1, **shared)
        self.enlarge = Upsample(**shared)
        self.project = keras.layers.Conv2D(filters, 1, **shared)
        self.refine = ConvBlock(
            filters,
            depth,
            kernel_size,
            normalization=normalization,
            activation=self.activation,
            separable=separable,
            **shared,
        )
        self.predict_logits = keras.layers.Conv2D(classes, 1, **shared) if return_logits else None

    def attention_map(self, probability: Any) -> Any:
        """Weight in [0, 1] of every pixel, from the coarse lesion probability `(B, H, W, 1)`."""
        raise NotImplementedError

    def build(self, input_shape: Any) -> None:
        """Build the convolutions for `[features, gating]`."""
        features, gating = feature_and_gating_shapes(self, input_shape, self.data_format)
        channels = gating[channel_axis(self.data_format)]
        self.takes_logits = channels == self.classes if self.gating_is_logits is None else self.gating_is_logits
        if self.takes_logits and channels != self.classes:
            raise ValueError(
                f"Layer {self.name!r} was told that its gating is a coarse logit map of {self.classes} "
                f"channel(s). Received: gating shape {gating}"
            )
        if not self.takes_logits:
            self.coarse.build(gating)
        elif self.coarse is not None:
            # A layer that is never built would stop Keras's `quantize`.
            forget(self, self.coarse)
            self.coarse = None
        self.enlarge.build([with_channels(gating, self.classes, self.data_format), features])
        self.project.build(features)
        refined = with_channels(features, self.filters, self.data_format)
        self.refine.build(refined)
        if self.predict_logits is not None:
            self.predict_logits.build(refined)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Weigh and refine; returns features, or `[features, logits]` with `return_logits`."""
        features, gating = inputs
        coarse = self.enlarge([gating if self.coarse is None else self.coarse(gating), features])
        weight = self.attention_map(lesion_probability(coarse, self.data_format))
        refined = self.refine(self.project(features * weight), training=training)
        if self.predict_logits is None:
            return refined
        logits = self.predict_logits(refined)
        return [refined, logits + coarse if self.residual else logits]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Shape of the features, or of `[features, logits]`."""
        features, _ = feature_and_gating_shapes(self, input_shape, self.data_format)
        refined = with_channels(features, self.filters, self.data_format)
        if not self.return_logits:
            return refined
        return [refined, with_channels(features, self.classes, self.data_format)]

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "depth": self.depth,
            "kernel_size": self.kernel_size,
            "normalization": self.normalization,
            "activation": keras.activations.serialize(self.activation),
            "separable": self.separable,
            "classes": self.classes,
            "gating_is_logits": self.gating_is_logits,
            "return_logits": self.return_logits,
            "residual": self.residual,
            "data_format": self.data_format,
        }
