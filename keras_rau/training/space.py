"""The room that the checkpoints of a training take."""

import math

import keras

from keras_rau.training.config import Config


def checkpoint_bytes(model: keras.Model, config: Config) -> int:
    """Bytes of all checkpoints of a training at its end, and of those being written beside them.

    Example:
        >>> checkpoint_bytes(model, config) // 10**6
        142
    """
    weights = sum(math.prod(variable.shape) for variable in model.weights)
    trained = sum(math.prod(variable.shape) for variable in model.trainable_weights)
    optimizer = config.optimizer
    # Two moments of Adam, and what the optimiser keeps besides.
    slots = 2 + (optimizer.accumulate > 1) + (optimizer.ema is not None)
    # best, last and previous, and the next best and last while they are written.
    files = 5 + len(config.checkpoints.keep_epochs)
    return 4 * (weights + slots * trained) * files
