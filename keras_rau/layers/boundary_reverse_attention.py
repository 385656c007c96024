"""BA-RA: boundary and reverse attention side by side in a skip connection."""

from typing import Any

import keras
from keras import ops

from keras_rau.layers.arguments import (
    channel_axis,
    feature_and_gating_shapes,
    positive_int,
    standardize_data_format,
    with_channels,
)
from keras_rau.layers.boundary_attention import BoundaryAttention
from keras_rau.layers.reverse_attention import ReverseAttention
from keras_rau.layers.upsample import Upsample


@keras.saving.register_keras_serializable(package="keras_rau")
class BoundaryReverseAttention(keras.layers.Layer):
    """Skip features refined by boundary attention (BA) and reverse attention (RA), our interpretation of BA-RA.

    A 1×1 convolution of the gating features gives a coarse logit `s`. With the skip features `x`

        r = RA(x, s)        y = x + W [r, b]        (W: 1×1 convolution)
        b = BA(x, s)

    The result replaces `x` in the concatenation of a U-Net's decoder. `s` can be returned and trained (deep
    supervision), which is what makes the attention maps meaningful.

    Source: the paper (Toptaş, Symmetry 2025, 17(11), 2002) puts a "BA-RA module" into the skip connections of a U-Net
    and cites PraNet; the layers inside are our interpretation.

    Args:
        filters: channels of the result.
        boundary_depth: refinement convolutions of the boundary branch; 0 leaves the branch out.
        reverse_depth: refinement convolutions of the reverse branch; 0 leaves the branch out.
        boundary_form: `"uncertainty"` or `"edge"`, see `BoundaryAttention`.
        normalization: `"batch"`, `"group"`, `"instance"` or `None`.
        activation: name of a Keras activation, or `None`.
        separable: depthwise separable refinement convolutions.
        classes: channels of the coarse logit; 1, or K with channel 0 the background.
        return_logits: also return the coarse logit at the size of the features.
        data_format: `"channels_last"` or `"channels_first"`; Keras's default when `None`.

    Call arguments:
        inputs: list `[features (B, H, W, C), gating (B, h, w, G)]`; gating of any size is resized to the features'.

    Returns:
        Features `(B, H, W, filters)`, or the list `[features, logits (B, H, W, classes)]`.

    Raises:
        ValueError: an argument has no valid value, or the inputs are not two 4-D tensors with known channels.

    Example:
        >>> skip, decoded = keras.Input((None, None, 32)), keras.Input((None, None, 64))
        >>> features, side = BoundaryReverseAttention(32, return_logits=True)([skip, decoded])
        >>> features.shape, side.shape
        ((None, None, None, 32), (None, None, None, 1))
    """

    def __init__(
        self,
        filters: int,
        boundary_depth: int = 2,
        reverse_depth: int = 3,
        boundary_form: str = "uncertainty",
        normalization: str | None = "batch",
        activation: str | None = "relu",
        separable: bool = False,
        classes: int = 1,
        return_logits: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = positive_int("filters", filters)
        self.boundary_depth = boundary_depth
        self.reverse_depth = reverse_depth
        self.boundary_form = boundary_form
        self.normalization = normalization
        self.activation = keras.activations.get(activation)
        self.separable = separable
        self.classes = positive_int("classes", classes)
        self.return_logits = return_logits
        self.data_format = standardize_data_format(data_format)
        shared = {"data_format": self.data_format, "dtype": self.dtype_policy}
        branch = {
            "normalization": normalization,
            "activation": self.activation,
            "separable": separable,
            "classes": classes,
            "gating_is_logits": True,
            **shared,
        }
        self.coarse = keras.layers.Conv2D(classes, 1, **shared)
        self.enlarge = Upsample(**shared)
        if not (boundary_depth or reverse_depth):
            raise ValueError(
                "One of `boundary_depth` and `reverse_depth` must be positive. "
                f"Received: boundary_depth={boundary_depth}, reverse_depth={reverse_depth}"
            )
        self.boundary = (
            BoundaryAttention(filters, boundary_form, depth=boundary_depth, **branch) if boundary_depth else None
        )
        self.reverse = ReverseAttention(filters, depth=reverse_depth, **branch) if reverse_depth else None
        self.fuse = keras.layers.Conv2D(filters, 1, **shared)
        self.shortcut: keras.layers.Layer | None = None

    def build(self, input_shape: Any) -> None:
        """Build both branches; a 1×1 shortcut too when `filters` differs from the features' channels."""
        features, gating = feature_and_gating_shapes(self, input_shape, self.data_format)
        axis = channel_axis(self.data_format)
        self.coarse.build(gating)
        self.enlarge.build([with_channels(gating, self.classes, self.data_format), features])
        logits = with_channels(features, self.classes, self.data_format)
        for branch in self._branches():
            branch.build([features, logits])
        self.fuse.build(with_channels(features, len(self._branches()) * self.filters, self.data_format))
        if features[axis] != self.filters:
            self.shortcut = keras.layers.Conv2D(
                self.filters,
                1,
                data_format=self.data_format,
                dtype=self.dtype_policy,
                name="shortcut",
            )
            self.shortcut.build(features)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Refine the skip features; returns them, or `[features, logits]` with `return_logits`."""
        features, gating = inputs
        logits = self.enlarge([self.coarse(gating), features])
        branches = [branch([features, logits], training=training) for branch in self._branches()]
        fused = self.fuse(ops.concatenate(branches, axis=channel_axis(self.data_format)))
        refined = fused + (features if self.shortcut is None else self.shortcut(features))
        return [refined, logits] if self.return_logits else refined

    def _branches(self) -> list[keras.layers.Layer]:
        return [branch for branch in (self.reverse, self.boundary) if branch is not None]

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
            "boundary_depth": self.boundary_depth,
            "reverse_depth": self.reverse_depth,
            "boundary_form": self.boundary_form,
            "normalization": self.normalization,
            "activation": keras.activations.serialize(self.activation),
            "separable": self.separable,
            "classes": self.classes,
            "return_logits": self.return_logits,
            "data_format": self.data_format,
        }
