"""Encoders of keras.applications."""

from dataclasses import dataclass
from typing import Any

import keras

from keras_rau.errors import RauError
from keras_rau.models.encoders.pixel_scaling import PixelScaling
from keras_rau.trust.weights import check_weights


@dataclass(frozen=True)
class Application:
    """A network of keras.applications.

    Attributes:
        builder: its name there.
        ends: beginnings of layer names, one for each feature map from fine to coarse: the last layer that begins so.
        scaling: mode of `PixelScaling`; `None` where the network scales pixels itself.
    """

    builder: str
    ends: tuple[str, ...]
    scaling: str | None = None


_EFFICIENTNET = ("block1", "block2", "block3", "block5", "block7")
_RESNET = ("conv1_relu", "conv2", "conv3", "conv4", "conv5")

APPLICATIONS: dict[str, Application] = {
    "mobilenet_v2": Application(
        "MobileNetV2",
        ("expanded_conv_project_BN", "block_2_add", "block_5_add", "block_12_add", "block_16_project_BN"),
        "tf",
    ),
    "mobilenet_v3_large": Application(
        "MobileNetV3Large",
        (
            "expanded_conv_add",
            "expanded_conv_2_add",
            "expanded_conv_5_add",
            "expanded_conv_11_add",
            "expanded_conv_14_add",
        ),
    ),
    **{f"efficientnet_b{size}": Application(f"EfficientNetB{size}", _EFFICIENTNET) for size in range(5)},
    **{
        f"efficientnet_v2_b{size}": Application(
            f"EfficientNetV2B{size}", ("block1", "block2", "block3", "block5", "block6")
        )
        for size in range(4)
    },
    "resnet50": Application("ResNet50", _RESNET, "caffe"),
    "resnet101": Application("ResNet101", _RESNET, "caffe"),
    "densenet121": Application(
        "DenseNet121", ("conv1_relu", "pool2_conv", "pool3_conv", "pool4_conv", "relu"), "torch"
    ),
    "vgg16": Application(
        "VGG16", ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3"), "caffe"
    ),
}


def application_features(name: str, image: Any, weights: str | None, dtype: Any = None, levels: int = 5) -> list[Any]:
    """Feature maps of a network of keras.applications, from fine to coarse.

    Args:
        name: a key of `APPLICATIONS`.
        image: Keras tensor `(B, H, W, 3)`, pixel values in [0, 255].
        weights: `"imagenet"` (downloaded by Keras when it is not on the disk yet), the path of a `.weights.h5` or `.h5`
            file of the network without its head, or `None` for fresh weights.
        dtype: policy of its layers.
        levels: how many feature maps; what only the others need is left out.

    Returns:
        Keras tensors at strides 2, 4, 8, 16 and 32; at 1, 2, 4, 8 and 16 of VGG-16.

    Raises:
        RauError: the weights cannot be downloaded or read.
    """
    application = APPLICATIONS[name]
    x = image
    if application.scaling is not None:
        x = PixelScaling(application.scaling, name="encoder_scaling", dtype=dtype)(image)
    network = _network(application, weights, dtype)
    ends = [_last(network, end) for end in application.ends[:levels]]
    return keras.Model(network.input, [network.get_layer(end).output for end in ends], name=f"encoder_{name}")(x)


def _network(application: Application, weights: str | None, dtype: Any) -> keras.Model:
    if weights not in (None, "imagenet"):
        check_weights(weights)
    before = keras.config.dtype_policy()
    # The networks of keras.applications take no dtype.
    keras.config.set_dtype_policy(dtype or before)
    try:
        return getattr(keras.applications, application.builder)(
            include_top=False, weights=weights, input_shape=(None, None, 3)
        )
    except Exception as error:
        if weights is None:
            raise
        raise RauError(
            f"Cannot get the weights {weights!r} of {application.builder}: {str(error).splitlines()[0]} Give the path of its "
            "weights file without the head as encoder_weights, or None for fresh ones."
        ) from error
    finally:
        keras.config.set_dtype_policy(before)


def _last(network: keras.Model, beginning: str) -> str:
    names = [layer.name for layer in network.layers if layer.name.startswith(beginning)]
    return beginning if beginning in names else names[-1]
