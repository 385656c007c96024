"""The additive attention gate of Attention U-Net."""

from typing import Any

import keras
from keras import ops

from keras_rau.layers.arguments import (
    channel_axis,
    feature_and_gating_shapes,
    one_of,
    positive_int,
    standardize_data_format,
    with_channels,
)
from keras_rau.layers.blocks import normalization_layer
from keras_rau.layers.upsample import Upsample


@keras.saving.register_keras_serializable(package="keras_rau")
class AttentionGate(keras.layers.Layer):
    """Weigh skip features by their additive attention with the decoder's gating features.

    With `x` the features and `g` the gating, `α = σ(ψ(relu(θ(x) + φ(g))))`.

    `form="common"`, the two-dimensional gate everybody uses: θ, φ, ψ are 1×1 convolutions with batch normalisation
    on the grid of `x` (`g` is enlarged to it); the result is `α ⊙ x`.

    `form="original"`, Oktay et al.: θ is a convolution without bias whose kernel and stride are both 2, φ a 1×1
    convolution resized to the coarse grid of θ, ψ 1×1; α is enlarged to the grid of `x`; the result passes a 1×1
    convolution and batch normalisation. No normalisation inside the gate. Sizes that 2 does not divide are padded.

    Source: Oktay et al., "Attention U-Net: Learning Where to Look for the Pancreas", MIDL 2018, and its
    official code.

    Args:
        filters: channels of θ and φ inside the gate; usually half of those of the features.
        form: `"common"` or `"original"`.
        normalization: `"batch"`, `"group"`, `"instance"` or `None`, inside the common form, at the end of the original.
        data_format: `"channels_last"` or `"channels_first"`; Keras's default when `None`.

    Call arguments:
        inputs: list `[features (B, H, W, C), gating (B, h, w, G)]`, gating of equal or smaller size.

    Returns:
        Weighted features `(B, H, W, C)`.

    Raises:
        ValueError: an argument has no valid value, or the inputs are not two 4-D tensors with known channels.

    Example:
        >>> skip, decoded = keras.Input((64, 64, 32)), keras.Input((64, 64, 32))
        >>> AttentionGate(16)([skip, decoded]).shape
        (None, 64, 64, 32)
    """

    def __init__(
        self,
        filters: int,
        form: str = "common",
        normalization: str | None = "batch",
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = positive_int("filters", filters)
        self.form = one_of("form", form, ("common", "original"))
        self.normalization = one_of("normalization", normalization, ("batch", "group", "instance", None))
        self.data_format = standardize_data_format(data_format)
        shared = {"data_format": self.data_format, "dtype": self.dtype_policy}
        strided = {"strides": 2, "use_bias": False, "padding": "same"} if form == "original" else {}
        self.theta = keras.layers.Conv2D(filters, 2 if strided else 1, **strided, **shared)
        self.phi = keras.layers.Conv2D(filters, 1, **shared)
        self.psi = keras.layers.Conv2D(1, 1, **shared)
        self.resize = Upsample(**shared)
        self.norms: dict[str, keras.layers.Layer] = {}

    def build(self, input_shape: Any) -> None:
        """Build the gate for `[features, gating]`."""
        features, gating = feature_and_gating_shapes(self, input_shape, self.data_format)
        channels = features[channel_axis(self.data_format)]
        self.theta.build(features)
        self.phi.build(gating)
        inner = with_channels(features, self.filters, self.data_format)
        self.psi.build(inner)
        self.resize.build([gating, features])
        widths = {"theta": self.filters, "phi": self.filters, "psi": 1}
        if self.form == "original":
            self.output_projection = keras.layers.Conv2D(
                channels, 1, data_format=self.data_format, dtype=self.dtype_policy
            )
            self.output_projection.build(features)
            widths = {"output": channels}
        for name, width in widths.items():
            norm = normalization_layer(self.normalization, width, self.data_format)
            if norm is not None:
                norm.dtype_policy = self.dtype_policy
                norm.build(with_channels(features, width, self.data_format))
                self.norms[name] = norm

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the gated features."""
        features, gating = inputs

        def normed(name: str, values: Any) -> Any:
            return self.norms[name](values, training=training) if name in self.norms else values

        if self.form == "common":
            gating = self.resize([gating, features])
            mixed = normed("theta", self.theta(features)) + normed("phi", self.phi(gating))
            return features * ops.sigmoid(normed("psi", self.psi(ops.relu(mixed))))
        theta = self.theta(features)
        mixed = ops.relu(theta + self.resize([self.phi(gating), theta]))
        alpha = self.resize([ops.sigmoid(self.psi(mixed)), features])
        return normed("output", self.output_projection(features * alpha))

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Shape of the gated features, that of the features."""
        return feature_and_gating_shapes(self, input_shape, self.data_format)[0]

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "form": self.form,
            "normalization": self.normalization,
            "data_format": self.data_format,
        }
