"""A learned number that a branch is multiplied by."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="keras_rau")
class LearnedScale(keras.layers.Layer):
    """`γ · x` with one trainable γ, which starts at zero: a branch that is added so changes nothing at first.

    Source: Zhang et al., "Self-Attention Generative Adversarial Networks", ICML 2019.

    Args:
        initial: value to start with.

    Shape:
        Any to the same.

    Example:
        >>> LearnedScale(0.5)(keras.ops.ones((1, 2))).shape
        (1, 2)
    """

    def __init__(self, initial: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.initial = float(initial)

    def build(self, input_shape: Any) -> None:
        """Make γ."""
        self.gamma = self.add_weight(name="gamma", shape=(), initializer=keras.initializers.Constant(self.initial))

    def call(self, inputs: Any) -> Any:
        """Multiply."""
        return self.gamma * inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {**super().get_config(), "initial": self.initial}
