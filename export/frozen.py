"""A Keras model as one graph with its weights as constants, which a converter reads in a third of the time."""

from pathlib import Path

import keras
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2


def write_frozen(model: keras.Model, path: Path, shape: tuple[int, ...]) -> None:
    """Write a SavedModel without variables whose `serving_default` maps `image` of `shape` to `mask`."""
    spec = tf.TensorSpec(shape, tf.float32, name="image")
    traced = tf.function(lambda image: model(image, training=False)).get_concrete_function(spec)
    frozen = convert_variables_to_constants_v2(traced)
    module = tf.Module()
    module.serve = tf.function(lambda image: {"mask": frozen(image)[0]}, input_signature=[spec])
    # Gradients of an activation such as `silu` capture constants that cannot be saved, and nobody needs them here.
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    tf.saved_model.save(module, str(path), signatures={"serving_default": module.serve}, options=options)
