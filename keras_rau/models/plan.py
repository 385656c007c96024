"""The U-shaped graph that UNet, AttentionUNet and RAUNet share; they differ in their skip connections."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from keras_rau.layers.arguments import boolean, one_of, positive_int
from keras_rau.layers.blocks import NORMALIZATIONS, ConvBlock
from keras_rau.layers.style_maps import StyleMaps
from keras_rau.layers.upsample import Upsample
from keras_rau.models.base import Graph
from keras_rau.models.encoders.registry import check_encoder, encoder_features, stride_of_first
from keras_rau.models.options import check_input_shape, check_output_activation
from keras_rau.models.styles import LOGITS, STYLE_MAPS
from keras_rau.outline_styles import check_style_names
from keras_rau.outputs import Outputs

# (skip, decoder map below, the same after upsampling, channels, level) -> (skip, side logits or None)
SkipConnection = Callable[[Any, Any, Any, int, int], tuple[Any, Any | None]]


@dataclass(frozen=True)
class Plan:
    """Everything about a U-shape but its skip connections; see `UNet` for the meaning of the fields."""

    input_shape: tuple[int | None, int | None, int] = (256, 256, 3)
    classes: int = 1
    width: int = 64
    depth: int = 4
    normalization: str | None = "batch"
    activation: str = "relu"
    upsampling: str = "conv"
    separable: bool = False
    output_activation: str | None = "auto"
    deep_supervision: bool = False
    encoder: str | None = None
    encoder_weights: str | None = None
    dtype: Any = None
    class_names: Sequence[str] | None = None
    outline_styles: Sequence[str] | None = None
    style_offsets: Sequence[float] | None = None
    conventions: str = "keras"

    def __post_init__(self) -> None:
        for name in ("classes", "width", "depth"):
            positive_int(name, getattr(self, name))
        for name in ("separable", "deep_supervision"):
            boolean(name, getattr(self, name))
        check_output_activation(self.output_activation, self.classes)
        Outputs.of(self.classes, self.class_names)
        styles = check_style_names(self.outline_styles)
        if styles and self.classes != 1:
            raise ValueError(f"`outline_styles` need a model of one lesion class. Received: classes={self.classes}")
        if self.style_offsets is not None and len(self.style_offsets) != len(styles):
            raise ValueError(
                f"`style_offsets` must be one number for each of the {len(styles)} outline styles. "
                f"Received: style_offsets={self.style_offsets}"
            )
        one_of("normalization", self.normalization, NORMALIZATIONS)
        one_of("upsampling", self.upsampling, ("conv", "transpose", "bilinear"))
        if self.encoder is not None:
            check_encoder(self.encoder)
            if self.depth > 4:
                raise ValueError(f"`depth` must be at most 4 with an encoder. Received: depth={self.depth}")
        elif self.encoder_weights is not None:
            raise ValueError(f"`encoder_weights` need an `encoder`. Received: encoder_weights={self.encoder_weights!r}")
        if self.conventions == "published" and not self._is_published:
            raise ValueError(
                "conventions='published' is a U-Net of its own encoder with batch normalisation, upsampling='conv' and plain "
                f"convolutions. Received: encoder={self.encoder!r}, normalization={self.normalization!r}, "
                f"upsampling={self.upsampling!r}, separable={self.separable}"
            )
        check_input_shape(self.input_shape, self.stride * 2**self.depth)

    @property
    def _is_published(self) -> bool:
        settings = (self.encoder, self.normalization, self.upsampling, self.separable, self.activation)
        return settings == (None, "batch", "conv", False, "relu")

    @property
    def stride(self) -> int:
        """Stride of the finest skip connection."""
        return 1 if self.encoder is None else stride_of_first(self.encoder)

    @property
    def shared(self) -> dict[str, Any]:
        """Arguments of every convolution."""
        # Said aloud, because the models are channels_last whatever Keras's default is.
        return {"data_format": "channels_last", "dtype": self.dtype}

    def block(self, filters: int, depth: int = 2, name: str | None = None) -> ConvBlock:
        """A block of 3×3 convolutions."""
        return ConvBlock(
            filters,
            depth,
            normalization=self.normalization,
            activation=self.activation,
            separable=self.separable,
            name=name,
            **self.shared,
        )

    def build(self, connect: SkipConnection) -> Graph:
        """Build the graph with `connect` in every skip connection."""
        image = keras.Input(self.input_shape, name="image")
        *skips, x = self._encode(image)
        sides: dict[str, Any] = {}
        heads: list[keras.layers.Layer] = []
        for level in reversed(range(self.depth)):
            filters = self.width * 2**level
            up = self._enlarge(x, skips[level], filters, level)
            skip, logits = connect(skips[level], x, up, filters, level)
            x = keras.layers.Concatenate(axis=-1, dtype=self.dtype, name=f"concatenate_{level}")([skip, up])
            x = self.block(filters, name=f"decoder_{level}")(x)
            if not self.deep_supervision:
                continue
            name = f"side_{self.stride * 2**level}"
            if logits is None and level > 0:
                heads.append(keras.layers.Conv2D(self.classes, 1, name=f"{name}_logits", **self.shared))
                logits = heads[-1](x)
            if logits is not None:
                heads.append(self._activate(name))
                sides[name] = heads[-1](logits)
        logits = keras.layers.Conv2D(self.classes, 1, name=LOGITS, **self.shared)(x)
        styles = self._styles(x, logits, image, heads) if self.outline_styles else None
        if self.stride > 1:
            logits = Upsample(name="enlarge", **self.shared)([logits, image])
        return Graph(image, self._activate("mask")(logits), sides, heads, styles=styles)

    def _styles(self, x: Any, logits: Any, image: Any, heads: list[keras.layers.Layer]) -> Any:
        """Maps of the outline styles `(B, H, W, K)`, which only training sees."""
        maps = StyleMaps(len(self.outline_styles), self.style_offsets, name=STYLE_MAPS, dtype=self.dtype)
        heads += [maps, self._activate("style_masks")]
        found = maps([x, logits])
        if self.stride > 1:
            found = Upsample(name="enlarge_styles", **self.shared)([found, image])
        return heads[-1](found)

    def _encode(self, image: Any) -> list[Any]:
        """Feature maps from fine to coarse; the last is the bottleneck."""
        if self.encoder is not None:
            return encoder_features(self.encoder, image, self.encoder_weights, self.dtype, self.depth + 1)
        # To [−1, 1] in the published code.
        scale, offset = (1 / 127.5, -1) if self.conventions == "published" else (1 / 255, 0)
        x = keras.layers.Rescaling(scale, offset, name="rescaling", dtype=self.dtype)(image)
        features = []
        for level in range(self.depth):
            x = self.block(self.width * 2**level, name=f"encoder_{level}")(x)
            features.append(x)
            x = keras.layers.MaxPooling2D(2, data_format="channels_last", dtype=self.dtype, name=f"pool_{level}")(x)
        return [*features, self.block(self.width * 2**self.depth, name="bottleneck")(x)]

    def _enlarge(self, x: Any, skip: Any, filters: int, level: int) -> Any:
        name = f"upsample_{level}"
        if self.upsampling == "bilinear":
            return Upsample(name=name, **self.shared)([x, skip])
        if self.upsampling == "conv":
            up = Upsample(interpolation="nearest", name=name, **self.shared)([x, skip])
            return self.block(filters, 1, name=f"{name}_conv")(up)
        up = keras.layers.Conv2DTranspose(filters, 2, strides=2, name=name, **self.shared)(x)
        # In every graph, also where it has nothing to do: the order of the weights must not depend on the size.
        return Upsample(name=f"{name}_fit", **self.shared)([up, skip])

    def _activate(self, name: str) -> keras.layers.Layer:
        automatic = "sigmoid" if self.classes == 1 else "softmax"
        activation = automatic if self.output_activation == "auto" else self.output_activation
        return keras.layers.Activation(activation, dtype="float32", name=name)
