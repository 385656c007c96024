"""The operations of a TFLite file as TensorFlow computes them."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_rau.export.quantisation.graph import Operator

Values = list[tf.Tensor]
_PADDINGS = ("SAME", "VALID")
_ACTIVATIONS = {
    "NONE": lambda x: x,
    "RELU": tf.nn.relu,
    "RELU6": tf.nn.relu6,
    "RELU_N1_TO_1": lambda x: tf.clip_by_value(x, -1.0, 1.0),
    "TANH": tf.tanh,
}


def is_known(operator: Operator) -> bool:
    """Whether `compute` knows the operation."""
    return operator.kind in _OPERATIONS and operator.activation in _ACTIVATIONS


def compute(operator: Operator, taken: Values) -> tf.Tensor:
    """Result of an operation before the activation that is fused into it."""
    return _OPERATIONS[operator.kind](operator, taken)


def activate(operator: Operator, values: tf.Tensor) -> tf.Tensor:
    """The activation that is fused into an operation."""
    return _ACTIVATIONS[operator.activation](values)


def _strides(options: Any) -> list[int]:
    return [1, options.strideH, options.strideW, 1]


def _dilations(options: Any) -> list[int]:
    return [options.dilationHFactor, options.dilationWFactor]


def _conv_2d(operator: Operator, taken: Values) -> tf.Tensor:
    values, filters, *bias = taken
    options = operator.options
    filters = tf.transpose(filters, (1, 2, 3, 0))
    found = tf.nn.conv2d(values, filters, _strides(options), _PADDINGS[options.padding], dilations=_dilations(options))
    return found + bias[0] if bias else found


def _depthwise_conv_2d(operator: Operator, taken: Values) -> tf.Tensor:
    values, filters, *bias = taken
    options = operator.options
    filters = tf.reshape(filters, (*filters.shape[1:3], values.shape[-1], -1))
    found = tf.nn.depthwise_conv2d(
        values, filters, _strides(options), _PADDINGS[options.padding], dilations=_dilations(options)
    )
    return found + bias[0] if bias else found


def _transpose_conv(operator: Operator, taken: Values) -> tf.Tensor:
    size, filters, values, *bias = taken
    shape = tf.concat([tf.shape(values)[:1], size[1:]], 0)
    filters = tf.transpose(filters, (1, 2, 0, 3))
    options = operator.options
    found = tf.nn.conv2d_transpose(values, filters, shape, _strides(options), _PADDINGS[options.padding])
    return found + bias[0] if bias else found


def _pool(kind: str) -> Callable[[Operator, Values], tf.Tensor]:
    def run(operator: Operator, taken: Values) -> tf.Tensor:
        options = operator.options
        window, strides = [options.filterHeight, options.filterWidth], [options.strideH, options.strideW]
        return tf.nn.pool(taken[0], window, kind, strides, _PADDINGS[options.padding])

    return run


def _resize(resize: Callable[..., tf.Tensor]) -> Callable[[Operator, Values], tf.Tensor]:
    def run(operator: Operator, taken: Values) -> tf.Tensor:
        images, size = taken
        options = operator.options
        return resize(
            images=images, size=size, align_corners=options.alignCorners, half_pixel_centers=options.halfPixelCenters
        )

    return run


def _mean(operator: Operator, taken: Values) -> tf.Tensor:
    return tf.reduce_mean(taken[0], taken[1], keepdims=operator.options.keepDims)


_OPERATIONS: dict[str, Callable[[Operator, Values], tf.Tensor]] = {
    "ABS": lambda operator, taken: tf.abs(taken[0]),
    "ADD": lambda operator, taken: taken[0] + taken[1],
    "AVERAGE_POOL_2D": _pool("AVG"),
    "CONCATENATION": lambda operator, taken: tf.concat(taken, operator.options.axis),
    "CONV_2D": _conv_2d,
    "DEPTHWISE_CONV_2D": _depthwise_conv_2d,
    "LOGISTIC": lambda operator, taken: tf.sigmoid(taken[0]),
    "MAX_POOL_2D": _pool("MAX"),
    "MEAN": _mean,
    "MUL": lambda operator, taken: taken[0] * taken[1],
    "NEG": lambda operator, taken: -taken[0],
    "PAD": lambda operator, taken: tf.pad(taken[0], taken[1]),
    "RELU": lambda operator, taken: tf.nn.relu(taken[0]),
    "RELU6": lambda operator, taken: tf.nn.relu6(taken[0]),
    "RESIZE_BILINEAR": _resize(tf.raw_ops.ResizeBilinear),
    "RESIZE_NEAREST_NEIGHBOR": _resize(tf.raw_ops.ResizeNearestNeighbor),
    "SUB": lambda operator, taken: taken[0] - taken[1],
    "TANH": lambda operator, taken: tf.tanh(taken[0]),
    "TRANSPOSE_CONV": _transpose_conv,
}
