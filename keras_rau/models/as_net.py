"""AS-Net."""

from functools import partial
from typing import Any

import keras

from keras_rau.layers.learned_scale import LearnedScale
from keras_rau.models.encoders.applications import application_features
from keras_rau.models.net import Net
from keras_rau.models.system import Drawing, Frame, System

_VGG16 = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
_REDUCTION = 16


@keras.saving.register_keras_serializable(package="keras_rau")
class ASNet(System):
    """AS-Net: a decoder that attends to places beside one that attends to channels, and the sum of both.

    Source: Hu et al., "AS-Net: Attention Synergy Network for skin lesion segmentation", Expert Systems with
    Applications 2022; the authors' code is not public, widths are those of an unofficial Keras version, 0.4 %
    above the published 24.9 million.

        VGG-16 without its last pooling, strides 1 to 16
        two decoders, each: the map below, twice as large, behind the encoder's map f; then, at a quarter of f's
            channels, places:   A ⊙ (M₂ + M₄) + R, A three 3×3, R a 1×1, M_k = σ(1×1(R pooled by k and enlarged))
            channels: A ⊙ w + R, w from the mean of R through two fully connected layers
        synergy: α · places + β · channels ── 3×3, batch normalisation ── map

    25,001,381 trainable parameters at one class; with two moving statistics `count_params` gives 25,001,383. Published loss:
    cross-entropy with weighted lesion pixels, here `"weighted_bce"`.

    Deviations: α and β, 0.5 in the unofficial code, are learned, as the abstract's "adaptively" suggests: our
    interpretation. At another width than 1 the encoder is our own VGG-16 and scales pixels to [-1, 1], not as its
    ImageNet weights want them.

    Args:
        input_shape: `(H, W, C)`; H and W may be `None`.
        encoder_weights: of VGG-16, `"imagenet"` or the path of a weights file; `None` for fresh ones.
        **options: see `keras_rau.models.system.Frame`; there are no side outputs.

    Shape:
        Images `(B, H, W, C)` in [0, 255] to probabilities `(B, H, W, classes)`.

    Raises:
        ValueError: an argument has no valid value.
        TypeError: an argument is unknown.
        RauError: the encoder's weights cannot be found or read.

    Example:
        >>> ASNet(input_shape=(96, 128, 3), width=0.25).output.shape
        (None, 96, 128, 1)
    """

    deepest_stride = 16

    def __init__(
        self,
        input_shape: tuple[int | None, int | None, int] = (256, 256, 3),
        encoder_weights: str | None = None,
        **options: Any,
    ) -> None:
        if encoder_weights is not None and options.get("width", 1) != 1:
            raise ValueError(
                f"`encoder_weights` are those of VGG-16 at its own width. Received: width={options['width']!r}"
            )

        # A saved model brings its weights: it is built again without those of the encoder.
        super().__init__(
            partial(_draw, encoder_weights=encoder_weights),
            {"encoder_weights": None},
            {"input_shape": input_shape, **options},
        )


def _draw(net: Net, image: Any, frame: Frame, encoder_weights: str | None) -> Drawing:
    *skips, bottom = _vgg16(net, image, encoder_weights)
    places = channels = bottom
    for level, skip in reversed(list(enumerate(skips))):
        with net.scope(f"places_{2**level}"):
            places = _attend_to_places(net, net.concat([skip, net.resize(places, skip)]))
        with net.scope(f"channels_{2**level}"):
            channels = _attend_to_channels(net, net.concat([skip, net.resize(channels, skip)]))
    with net.scope("synergy"):
        both = [net.layer(LearnedScale, "weight", 0.5)(one) for one in (places, channels)]
        return Drawing(net.conv(net.add(both), frame.classes, bias=True, activation=None))


def _vgg16(net: Net, image: Any, weights: str | None) -> list[Any]:
    if net.width == 1:
        return application_features("vgg16", image, weights, net.dtype)
    x = net.layer(keras.layers.Rescaling, "scaling", 1 / 127.5, -1)(image)
    features = []
    for level, (depth, filters) in enumerate(_VGG16):
        with net.scope(f"encoder_{level}"):
            x = net.max_pool(x) if level else x
            for _ in range(depth):
                x = net.conv(x, net.channels(filters), bias=True, norm=None)
        features.append(x)
    return features


def _refined(net: Net, x: Any) -> tuple[Any, Any]:
    """Three 3×3 and one 1×1 convolution side by side."""
    filters = x.shape[-1] // 4
    y = x
    for _ in range(3):
        y = net.conv(y, filters, bias=True, norm=None)
    return y, net.conv(x, filters, 1, bias=True, norm=None)


def _attend_to_places(net: Net, x: Any) -> Any:
    refined, plain = _refined(net, x)
    weights = []
    for size in (2, 4):
        pooled = net.activate(net.resize(net.max_pool(plain, size, padding="same"), plain))
        weights.append(net.conv(pooled, plain.shape[-1], 1, bias=True, norm=None, activation="sigmoid"))
    return net.add([net.multiply([refined, net.add(weights)]), plain])


def _attend_to_channels(net: Net, x: Any) -> Any:
    refined, plain = _refined(net, x)
    filters = plain.shape[-1]
    mean = keras.ops.mean(plain, axis=(1, 2))
    hidden = net.dense(mean, max(filters // _REDUCTION, 1), bias=False, activation="relu")
    weights = net.dense(hidden, filters, bias=False, activation="sigmoid")
    return net.add([refined * keras.ops.reshape(weights, (-1, 1, 1, filters)), plain])
