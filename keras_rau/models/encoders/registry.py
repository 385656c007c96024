"""Encoders by name."""

from typing import Any

from keras_rau.models.encoders.applications import APPLICATIONS, application_features
from keras_rau.models.encoders.efficientnet_lite import efficientnet_lite0
from keras_rau.suggestion import did_you_mean


def list_encoders() -> list[str]:
    """Names that `encoder=` of the models takes."""
    return ["efficientnet_lite0", *APPLICATIONS]


def check_encoder(name: str) -> None:
    """Refuse an unknown name.

    Raises:
        ValueError: the name is unknown; the nearest known one is given.
    """
    if name not in list_encoders():
        hint = did_you_mean(name, list_encoders())
        raise ValueError(f"Unknown encoder. {hint}Known: {', '.join(list_encoders())}. Received: encoder={name!r}")


def encoder_features(
    name: str, image: Any, weights: str | None = None, dtype: Any = None, levels: int = 5
) -> list[Any]:
    """Feature maps of an encoder, from fine to coarse.

    Args:
        name: one of `list_encoders()`.
        image: Keras tensor `(B, H, W, 3)`, pixel values in [0, 255].
        weights: of keras.applications, see there; those of EfficientNet-Lite0 are put in with `load_lite0` afterwards.
        dtype: policy of its layers.
        levels: how many feature maps, from the finest on.

    Returns:
        Keras tensors, each half as large as the one before.

    Example:
        >>> image = keras.Input((64, 64, 3))
        >>> [x.shape[1] for x in encoder_features("efficientnet_lite0", image)]
        [32, 16, 8, 4, 2]
    """
    check_encoder(name)
    if name == "efficientnet_lite0":
        return efficientnet_lite0(image, {"dtype": dtype} if dtype is not None else {})[:levels]
    return application_features(name, image, weights, dtype, levels)


def stride_of_first(name: str) -> int:
    """Stride of the finest feature map."""
    return 1 if name == "vgg16" else 2
