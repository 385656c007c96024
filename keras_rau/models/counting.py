"""How parameters are counted wherever this project states a count."""

import math

import keras


def count_parameters(model: keras.Model) -> int:
    """Number of trainable parameters: no moving statistics, no optimiser state.

    `model.count_params()` of Keras adds two moving statistics per normalised channel, which published counts leave
    out.

    Example:
        >>> count_parameters(UNet())
        34527041
    """
    return sum(math.prod(variable.shape) for variable in model.trainable_variables)
