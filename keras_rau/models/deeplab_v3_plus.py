"""DeepLabV3+."""

from functools import partial
from typing import Any

import keras

from keras_rau.models.encoders.imagenet import load_lite0
from keras_rau.models.encoders.registry import check_encoder, encoder_features, stride_of_first
from keras_rau.models.net import Net
from keras_rau.models.system import Drawing, Frame, System

_RATES = (3, 6, 9)


@keras.saving.register_keras_serializable(package="keras_rau")
class DeepLabV3Plus(System):
    """DeepLabV3+: dilated convolutions of several rates on an encoder's last map, refined once by a fine one.

    Source: Chen et al., "Encoder-Decoder with Atrous Separable Convolution for Semantic Image Segmentation", ECCV
    2018.

        encoder, last map ── 1×1, three dilated 3×3, the mean of the image, behind one another ── 1×1 to 256
        enlarged to the map of stride 4, of which a 1×1 keeps 48 channels ── two 3×3 ── map

    40,373,601 trainable parameters at one class on ResNet-50. Published loss: cross-entropy, `"bce"`.

    Deviations: encoders of keras.applications are not dilated, so that the last map has stride 32; the rates 3, 6 and
    9 there reach as far as 6, 12 and 18 at stride 16. Convolutions are plain, not separable.

    Args:
        input_shape: `(H, W, C)`; H and W may be `None`, and need not be multiples of 32.
        encoder: one of `keras_rau.models.list_encoders()`.
        encoder_weights: `"imagenet"`, the path of a weights file, or `None` for fresh ones.
        **options: see `keras_rau.models.system.Frame`; `width` scales what follows the encoder; there are no side
            outputs.

    Shape:
        Images `(B, H, W, C)` in [0, 255] to probabilities `(B, H, W, classes)`.

    Raises:
        ValueError: an argument has no valid value.
        TypeError: an argument is unknown.
        RauError: the encoder's weights cannot be found or read.

    Example:
        >>> DeepLabV3Plus(input_shape=(96, 128, 3), encoder="efficientnet_lite0", width=0.25).output.shape
        (None, 96, 128, 1)
    """

    def __init__(
        self,
        input_shape: tuple[int | None, int | None, int] = (256, 256, 3),
        encoder: str = "resnet50",
        encoder_weights: str | None = None,
        **options: Any,
    ) -> None:
        check_encoder(encoder)

        # A saved model brings its weights: it is built again without those of the encoder.
        own = {"encoder": encoder, "encoder_weights": None}
        super().__init__(
            partial(_draw, encoder=encoder, encoder_weights=encoder_weights),
            own,
            {"input_shape": input_shape, **options},
        )
        if encoder == "efficientnet_lite0" and encoder_weights is not None:
            load_lite0(self, None if encoder_weights == "imagenet" else encoder_weights)


def _draw(net: Net, image: Any, frame: Frame, encoder: str, encoder_weights: str | None) -> Drawing:
    features = encoder_features(encoder, image, encoder_weights, net.dtype)
    fine = features[1 if stride_of_first(encoder) == 2 else 2]
    filters = net.channels(256)
    with net.scope("pyramid"):
        x = _pyramid(net, features[-1], filters)
    with net.scope("decoder"):
        x = net.concat([net.resize(x, fine), net.conv(fine, net.channels(48), 1)])
        x = net.conv(net.conv(x, filters), filters)
        return Drawing(net.conv(x, frame.classes, 1, bias=True, norm=None, activation=None))


def _pyramid(net: Net, x: Any, filters: int) -> Any:
    found = [net.conv(x, filters, 1), *(net.conv(x, filters, dilation=rate) for rate in _RATES)]
    mean = net.conv(keras.ops.mean(x, axis=(1, 2), keepdims=True), filters, 1)
    found.append(net.resize(mean, x))
    return net.conv(net.concat(found), filters, 1)
