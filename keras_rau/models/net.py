"""A kit in which the published systems are drawn: named layers, one dtype policy, one factor for all widths."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from keras_rau.layers.stretched_pixels import StretchedPixels
from keras_rau.layers.upsample import Upsample
from keras_rau.models.conventions import KERAS, Conventions
from keras_rau.models.encoders.pixel_scaling import PixelScaling

_IMAGENET_CLASSES = 1000


class Net:
    """Draws layers of a functional model, channels last, and names them after the current scope.

    Args:
        width: factor of every channel count that goes through `channels`.
        dtype: policy of every layer.
        conventions: what the calls do that frameworks do differently.

    Attributes:
        unused: layers that lead nowhere, drawn inside `dead_end`.
    """

    def __init__(self, width: float = 1.0, dtype: Any = None, conventions: Conventions = KERAS) -> None:
        self.width, self.dtype, self.conventions = width, dtype, conventions
        self.unused: list[keras.layers.Layer] = []
        self._scopes: list[str] = []
        self._counts: Counter[str] = Counter()
        self._is_dead_end = False

    @contextmanager
    def dead_end(self) -> Iterator[None]:
        """What is drawn inside leads nowhere, and is kept for its weights alone."""
        before, self._is_dead_end = self._is_dead_end, True
        yield
        self._is_dead_end = before

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Prefix of the names of what is drawn inside."""
        self._scopes.append(name)
        yield
        self._scopes.pop()

    @property
    def call(self) -> str:
        """Name of the current scope, by which the conventions know its calls."""
        return "_".join(self._scopes)

    @property
    def aligns_corners(self) -> bool:
        """Whether bilinear resizing aligns corners in the current scope."""
        return self.conventions.aligns(self.call)

    def channels(self, count: int, multiple: int = 8) -> int:
        """`count` at width 1, else `count` times the width rounded to a positive multiple of `multiple`."""
        if self.width == 1:
            return count
        return max(1, round(count * self.width / multiple)) * multiple

    def layer(self, kind: type[keras.layers.Layer], kind_name: str, *arguments: Any, **named: Any) -> Any:
        """A layer of the model's policy, named after the scope and `kind_name`."""
        base = "_".join([*self._scopes, kind_name])
        self._counts[base] += 1
        number = self._counts[base]
        name = base if number == 1 else f"{base}_{number}"
        layer = kind(*arguments, name=name, **{"dtype": self.dtype, **named})
        if self._is_dead_end:
            self.unused.append(layer)
        return layer

    def conv(
        self,
        x: Any,
        filters: int,
        kernel: int | tuple[int, int] = 3,
        *,
        stride: int = 1,
        dilation: int = 1,
        bias: bool = False,
        norm: str | None = "batch",
        activation: str | None = "relu",
        **rest: Any,
    ) -> Any:
        """Convolution, normalisation, activation; `rest` goes to the convolution."""
        x, padding = self._padded(x, kernel, stride)
        x = self.layer(
            keras.layers.Conv2D,
            "conv",
            filters,
            kernel,
            strides=stride,
            padding=padding,
            dilation_rate=dilation,
            use_bias=bias,
            kernel_initializer="he_normal",
            data_format="channels_last",
            **rest,
        )(x)
        return self.activate(self.normalize(x, norm), activation)

    def depthwise(
        self, x: Any, kernel: int | tuple[int, int] = 3, *, stride: int = 1, dilation: int = 1, bias: bool = True
    ) -> Any:
        """One convolution per channel."""
        return self.layer(
            keras.layers.DepthwiseConv2D,
            "depthwise",
            kernel,
            strides=stride,
            padding="same",
            dilation_rate=dilation,
            use_bias=bias,
            depthwise_initializer="he_normal",
            data_format="channels_last",
        )(x)

    def normalize(self, x: Any, kind: str | None = "batch") -> Any:
        """Normalise; `"batch"`, `"group4"` (four groups), `"layer"` (over the channels of a pixel), or `None`."""
        if kind is None:
            return x
        if kind == "layer":
            return self.layer(keras.layers.LayerNormalization, "norm", axis=-1, epsilon=1e-6)(x)
        if kind == "group4":
            return self.layer(keras.layers.GroupNormalization, "norm", 4, axis=-1, epsilon=1e-5)(x)
        epsilon = self.conventions.epsilon(self.call)
        return self.layer(keras.layers.BatchNormalization, "norm", momentum=0.9, epsilon=epsilon)(x)

    def activate(self, x: Any, activation: str | None = "relu") -> Any:
        """Apply an activation by its Keras name, or `"prelu"` with one slope a channel."""
        if activation is None:
            return x
        if activation == "prelu":
            slope = keras.initializers.Constant(0.25)
            return self.layer(keras.layers.PReLU, "prelu", slope, shared_axes=[1, 2])(x)
        return self.layer(keras.layers.Activation, activation, activation)(x)

    def dense(self, x: Any, units: int, *, bias: bool = True, activation: str | None = None) -> Any:
        """Fully connected over the last axis."""
        return self.layer(keras.layers.Dense, "dense", units, use_bias=bias, activation=activation)(x)

    def imagenet_head(self, features: Any) -> None:
        """Draw an encoder's classification head, which published counts include though nothing passes through it."""
        with self.dead_end(), self.scope("encoder_classes"):
            self.dense(features, _IMAGENET_CLASSES)

    def max_pool(self, x: Any, size: int = 2, stride: int | None = None, padding: str = "valid") -> Any:
        """Maximum of `size` × `size` pixels; of pixels that are not negative where windows overlap."""
        stride = stride or size
        if padding == "same" and size > stride:
            # Zeros outside the image: no more than the least of what was rectified before.
            x, padding = self._padded(x, size, stride)
        elif self.conventions.floor:
            padding = "valid"
        return self.layer(keras.layers.MaxPooling2D, "pool", size, stride, padding, data_format="channels_last")(x)

    def average_pool(self, x: Any, size: int = 2, stride: int | None = None, padding: str = "valid") -> Any:
        """Mean of `size` × `size` pixels; `"same"` leaves pixels outside the image out."""
        return self.layer(
            keras.layers.AveragePooling2D, "pool", size, stride or size, padding, data_format="channels_last"
        )(x)

    def resize(self, x: Any, like: Any, interpolation: str = "bilinear") -> Any:
        """Bring to the height and width of `like`."""
        aligned = interpolation == "bilinear" and self.aligns_corners
        how = {"interpolation": interpolation, "data_format": "channels_last", "align_corners": aligned}
        return self.layer(Upsample, "resize", **how)([x, like])

    def transposed(self, x: Any, filters: int, like: Any) -> Any:
        """2×2 transposed convolution, then the exact size of `like`."""
        x = self.layer(keras.layers.Conv2DTranspose, "up", filters, 2, strides=2, data_format="channels_last")(x)
        return self.resize(x, like)

    def scaled_pixels(self, image: Any, usual: str) -> Any:
        """Scale an image in [0, 255] as the conventions say, or as is `usual`, see `Conventions.pixels`."""
        way = self.conventions.pixels or usual
        if way == "plain":
            return image
        if way == "imagenet":
            return self.layer(PixelScaling, "scaling", "torch")(image)
        if way == "stretched":
            return self.layer(StretchedPixels, "scaling")(image)
        scale, offset = (1 / 127.5, -1) if way == "signed" else (1 / 255, 0)
        return self.layer(keras.layers.Rescaling, "scaling", scale, offset)(image)

    def _padded(self, x: Any, kernel: int | tuple[int, int], stride: int) -> tuple[Any, str]:
        """Return what a strided layer is applied to, and its padding."""
        if stride == 1 or kernel == 1 or not self.conventions.pads_both_sides(self.call):
            return x, "same"
        return self.layer(keras.layers.ZeroPadding2D, "pad", kernel // 2, data_format="channels_last")(x), "valid"

    def concat(self, tensors: list[Any]) -> Any:
        """Put channels behind each other."""
        return self.layer(keras.layers.Concatenate, "concat", axis=-1)(tensors)

    def add(self, tensors: list[Any]) -> Any:
        """Sum."""
        return self.layer(keras.layers.Add, "add")(tensors)

    def multiply(self, tensors: list[Any]) -> Any:
        """Product; a map of one channel weighs all channels."""
        return self.layer(keras.layers.Multiply, "multiply")(tensors)
