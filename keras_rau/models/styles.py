"""Outline styles in training, and a chosen one folded into the last convolution."""

import hashlib
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_rau.outline_styles import StyleChoice

# Names of the layers that a choice of an outline style is made of.
LOGITS, STYLE_MAPS = "logits", "style_logits"


def own_style(maps: Any, style: Any, sample_weight: Any) -> tuple[Any, Any]:
    """Return the map of each image's own style, and the weights that leave out images of unknown style.

    Args:
        maps: `(B, H, W, K)`.
        style: style numbers `(B, H, W, 1)`, constant over each image, −1 for an unknown style; `None` when all are unknown.
        sample_weight: of the images or of the pixels, or `None`.

    Returns:
        Map `(B, H, W, 1)`; weights `(B,)` or of the shape of `sample_weight`. A number that is not the same all over the
        image, not whole, or no style makes the weight, and with it the loss, NaN.
    """
    style = -ops.ones_like(maps[..., :1]) if style is None else style
    style = ops.cast(style, "float32")
    number = style[:, 0, 0, 0]
    same = ops.all(ops.equal(style, style[:, :1, :1]), axis=(1, 2, 3))
    whole = ops.logical_and(
        ops.equal(number, ops.floor(number)), ops.logical_and(number >= -1, number < maps.shape[-1])
    )
    known = ops.where(ops.logical_and(same, whole), ops.cast(number >= 0, "float32"), float("nan"))
    chosen = ops.equal(ops.arange(maps.shape[-1], dtype="float32")[None], ops.maximum(number, 0.0)[:, None])
    own = ops.sum(maps * ops.cast(chosen, maps.dtype)[:, None, None], axis=-1, keepdims=True)
    if sample_weight is None:
        return own, known
    weight = ops.cast(ops.convert_to_tensor(sample_weight), "float32")
    return own, weight * ops.reshape(known, (-1,) + (1,) * (len(weight.shape) - 1))


def style_fault(style: np.ndarray, count: int) -> str | None:
    """Say what is wrong with the style numbers `(B, H, W, 1)` of a batch, for a model of `count` styles."""
    numbers = style[:, :1, :1]
    known = (numbers == np.floor(numbers)) & (numbers >= -1) & (numbers < count)
    if (style == numbers).all() and known.all():
        return None
    return (
        f"The last channel of the masks must hold the number of the image's outline style, the same in every pixel, from 0 to "
        f"{count - 1}, or -1 where it is unknown. One-hot masks are not supported. Received: {np.unique(style)[:6].tolist()}"
    )


def fold_style(model: Any, choice: StyleChoice) -> Any:
    """Return a model of one map whose last convolution holds the mixture of `choice`; see `SegmentationModel.with_style`."""
    config = {**model.get_config(), "outline_styles": None, "style_offsets": None}
    config.pop("trainable_parts", None)
    folded = type(model).from_config(config)
    maps = _style_layer(model)
    sources = {layer.name: layer for layer in (*model.layers, *model._side_heads)}
    for layer in (*folded.layers, *folded._side_heads):
        for target, source in zip(layer.weights, sources[layer.name].weights, strict=True):
            target.assign(source)
    if maps is not None:
        last = folded.get_layer(LOGITS)
        weights = ops.convert_to_tensor(choice.weights[1:], "float32")
        kernel = maps.rate * ops.matmul(ops.cast(maps.kernel, "float32"), weights[:, None])
        last.kernel.assign(last.kernel + ops.reshape(kernel, last.kernel.shape))
        last.bias.assign(last.bias + choice.offset + maps.rate * ops.sum(ops.cast(maps.bias, "float32") * weights))
    return folded


def all_maps(model: Any) -> keras.Model:
    """Return a model of the logits of all maps, `(B, h, w, K + 1)`, the default map first, before they are enlarged.

    It shares the layers of `model`, which must have outline styles.
    """
    last = model.get_layer(LOGITS)
    default = last.output
    found = keras.layers.Concatenate(axis=-1, dtype="float32", name="maps")(
        [default, _style_layer(model)([last.input, default])]
    )
    return keras.Model(model.inputs, found, name=model.name)


def style_key(model: Any) -> str | None:
    """Return what tells the maps of a model from those of others; `None` of a model without outline styles."""
    maps = _style_layer(model)
    if maps is None:
        return None
    digest = hashlib.sha256()
    for weight in (*model.get_layer(LOGITS).weights, *maps.weights):
        digest.update(np.ascontiguousarray(ops.convert_to_numpy(weight), np.float32).tobytes())
    return digest.hexdigest()[:16]


def _style_layer(model: Any) -> Any:
    if not getattr(model, "outline_styles", ()):
        return None
    return next(layer for layer in model._side_heads if layer.name == STYLE_MAPS)
