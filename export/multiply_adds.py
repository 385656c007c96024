"""How many multiplications and additions a model takes for one image."""

import math
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from keras_rau.errors import ExportError


def multiply_adds(model: keras.Model, image_size: tuple[int, int]) -> int:
    """Multiply-adds of the convolutions and matrix products of a model for one image.

    Activations, normalisation, resizing and sums are left out, as they are in most published counts; a count of
    floating-point operations ("FLOPs") is twice as high.

    Args:
        model: Keras model of one image input.
        image_size: height and width.

    Raises:
        ExportError: the backend is not TensorFlow.

    Example:
        >>> multiply_adds(models.UNet(input_shape=(None, None, 3)), (256, 256)) / 1e9
        65.347...
    """
    if keras.backend.backend() != "tensorflow":
        raise ExportError("Multiply-adds are counted in a graph of TensorFlow: start with KERAS_BACKEND=tensorflow.")
    images = tf.TensorSpec((1, *image_size, model.input_shape[-1]))
    graph = tf.function(lambda x: model(x, training=False), autograph=False).get_concrete_function(images).graph
    return sum(
        _COUNTED[operation.type](operation) for operation in graph.get_operations() if operation.type in _COUNTED
    )


def _size(tensor: Any) -> int:
    return math.prod(tensor.shape.as_list())


def _result(operation: Any) -> int:
    # A dilated convolution works on a map in pieces, which are padded; what is put together again counts.
    (output,) = operation.outputs
    together = [one.outputs[0] for one in output.consumers() if one.type == "BatchToSpaceND"]
    return _size(together[0] if together else output)


def _convolution(operation: Any) -> int:
    height, width, channels, _ = operation.inputs[1].shape.as_list()
    return _result(operation) * height * width * channels


def _depthwise(operation: Any) -> int:
    height, width, *_ = operation.inputs[1].shape.as_list()
    return _result(operation) * height * width


def _transposed(operation: Any) -> int:
    height, width, filters, _ = operation.inputs[1].shape.as_list()
    return _size(operation.inputs[2]) * height * width * filters


def _product(operation: Any) -> int:
    name = "adj_x" if operation.type == "BatchMatMulV2" else "transpose_a"
    shape = operation.inputs[0].shape.as_list()
    return _size(operation.outputs[0]) * (shape[-2] if operation.get_attr(name) else shape[-1])


_COUNTED: dict[str, Callable[[Any], int]] = {
    "Conv2D": _convolution,
    "DepthwiseConv2dNative": _depthwise,
    "Conv2DBackpropInput": _transposed,
    "MatMul": _product,
    "BatchMatMulV2": _product,
}
