"""The operations of a TFLite file as TensorFlow computes them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from keras_rau.export.quantisation.graph import Operator

# Constants are arrays of NumPy: they have no axis of images.
Values = list[tf.Tensor | np.ndarray]
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


def compute(operator: Operator, taken: Values) -> Values:
    """Results of an operation, for any number of images, before the activation that is fused into it."""
    found = _OPERATIONS[operator.kind](operator, taken)
    return found if isinstance(found, list) else [found]


def activate(operator: Operator, values: tf.Tensor) -> tf.Tensor:
    """The activation that is fused into an operation."""
    return _ACTIVATIONS[operator.activation](values)


def _elementwise(combine: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]) -> Callable[[Operator, Values], tf.Tensor]:
    def run(operator: Operator, taken: Values) -> tf.Tensor:
        del operator
        rank = max(len(values.shape) for values in taken)
        return combine(*(_of_rank(values, rank) for values in taken))

    return run


def _of_rank(values: tf.Tensor | np.ndarray, rank: int) -> tf.Tensor | np.ndarray:
    # Vectors of one image, (1, C), are broadcast over its map, (1, H, W, C): with more images the axes between are needed.
    if isinstance(values, np.ndarray):
        return values
    return tf.reshape(values, (values.shape[0], *[1] * (rank - len(values.shape)), *values.shape[1:]))


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


def _reduce(reduce: Callable[..., tf.Tensor]) -> Callable[[Operator, Values], tf.Tensor]:
    return lambda operator, taken: reduce(taken[0], taken[1], keepdims=operator.options.keepDims)


def _fully_connected(operator: Operator, taken: Values) -> tf.Tensor:
    values, weights, *bias = taken
    if not operator.options.keepNumDims:
        values = tf.reshape(values, (values.shape[0], weights.shape[-1]))
    found = tf.tensordot(values, weights, [[-1], [1]])
    return found + bias[0] if bias else found


def _concatenation(operator: Operator, taken: Values) -> tf.Tensor:
    count = next(len(values) for values in taken if not isinstance(values, np.ndarray))
    parts = [np.repeat(values, count, 0) if isinstance(values, np.ndarray) else values for values in taken]
    return tf.concat(parts, operator.options.axis)


def _batch_matmul(operator: Operator, taken: Values) -> tf.Tensor:
    options = operator.options
    return tf.matmul(taken[0], taken[1], transpose_a=options.adjX, transpose_b=options.adjY)


def _reshape(operator: Operator, taken: Values) -> tf.Tensor:
    return tf.reshape(taken[0], tf.concat([tf.shape(taken[0])[:1], taken[1][1:]], 0))


def _strided_slice(operator: Operator, taken: Values) -> tf.Tensor:
    options = operator.options
    # All images, whatever the file says of its one.
    return tf.strided_slice(
        *taken,
        begin_mask=options.beginMask | 1,
        end_mask=options.endMask | 1,
        ellipsis_mask=options.ellipsisMask,
        new_axis_mask=options.newAxisMask,
        shrink_axis_mask=options.shrinkAxisMask,
    )


def _split(operator: Operator, taken: Values) -> Values:
    axis, values = taken
    return tf.split(values, operator.options.numSplits, int(axis))


def _split_v(operator: Operator, taken: Values) -> Values:
    values, sizes, axis = taken
    return tf.split(values, sizes, int(axis))


def _prelu(operator: Operator, taken: Values) -> tf.Tensor:
    values, slopes = taken
    return tf.maximum(values, 0) + slopes * tf.minimum(values, 0)


_OPERATIONS: dict[str, Callable[[Operator, Values], tf.Tensor | Values]] = {
    "ABS": lambda operator, taken: tf.abs(taken[0]),
    "ADD": _elementwise(tf.add),
    "AVERAGE_POOL_2D": _pool("AVG"),
    "BATCH_MATMUL": _batch_matmul,
    "CONCATENATION": _concatenation,
    "CONV_2D": _conv_2d,
    "DEPTHWISE_CONV_2D": _depthwise_conv_2d,
    "DIV": _elementwise(tf.divide),
    "ELU": lambda operator, taken: tf.nn.elu(taken[0]),
    "EXP": lambda operator, taken: tf.exp(taken[0]),
    "FULLY_CONNECTED": _fully_connected,
    "GELU": lambda operator, taken: tf.nn.gelu(taken[0], operator.options.approximate),
    "HARD_SWISH": lambda operator, taken: taken[0] * tf.nn.relu6(taken[0] + 3) / 6,
    "LEAKY_RELU": lambda operator, taken: tf.nn.leaky_relu(taken[0], operator.options.alpha),
    "LOGISTIC": lambda operator, taken: tf.sigmoid(taken[0]),
    "MAXIMUM": _elementwise(tf.maximum),
    "MAX_POOL_2D": _pool("MAX"),
    "MEAN": _reduce(tf.reduce_mean),
    "MUL": _elementwise(tf.multiply),
    "NEG": lambda operator, taken: -taken[0],
    "PAD": lambda operator, taken: tf.pad(taken[0], taken[1]),
    "PRELU": _prelu,
    "REDUCE_MAX": _reduce(tf.reduce_max),
    "RELU": lambda operator, taken: tf.nn.relu(taken[0]),
    "RELU6": lambda operator, taken: tf.nn.relu6(taken[0]),
    "RESHAPE": _reshape,
    "RESIZE_BILINEAR": _resize(tf.raw_ops.ResizeBilinear),
    "RESIZE_NEAREST_NEIGHBOR": _resize(tf.raw_ops.ResizeNearestNeighbor),
    "RSQRT": lambda operator, taken: tf.math.rsqrt(taken[0]),
    "SOFTMAX": lambda operator, taken: tf.nn.softmax(operator.options.beta * taken[0]),
    "SPLIT": _split,
    "SPLIT_V": _split_v,
    "SQUARE": lambda operator, taken: tf.square(taken[0]),
    "SQUARED_DIFFERENCE": _elementwise(tf.math.squared_difference),
    "STRIDED_SLICE": _strided_slice,
    "SUB": _elementwise(tf.subtract),
    "SUM": _reduce(tf.reduce_sum),
    "TANH": lambda operator, taken: tf.tanh(taken[0]),
    "TILE": lambda operator, taken: tf.tile(taken[0], taken[1]),
    "TRANSPOSE": lambda operator, taken: tf.transpose(taken[0], taken[1]),
    "TRANSPOSE_CONV": _transpose_conv,
}
