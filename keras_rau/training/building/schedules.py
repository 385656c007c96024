"""Learning rates that warm up and then fall."""

from typing import Any

import keras
from keras import ops

_Schedule = keras.optimizers.schedules.LearningRateSchedule


def learning_rate_schedule(
    learning_rate: float,
    kind: str = "cosine",
    *,
    steps: int,
    warmup_steps: int = 0,
    power: float = 0.9,
    end_fraction: float = 0.0,
) -> float | _Schedule:
    """A warm-up from 0 to `learning_rate`, then a fall to `end_fraction` of it at the last step.

    Args:
        learning_rate: the largest rate.
        kind: `"cosine"`, `"polynomial"` or `"constant"`, which stays.
        steps: steps of the whole training, those of the warm-up among them.
        warmup_steps: steps of linear warm-up, at most half of `steps`.
        power: of the polynomial; 1 is a straight line.
        end_fraction: from 0 to 1.

    Returns:
        A Keras schedule; the rate itself where it never changes, so that callbacks may set it.

    Raises:
        ValueError: the kind is unknown.

    Example:
        >>> rate = learning_rate_schedule(1e-3, "polynomial", steps=1000, warmup_steps=50)
        >>> model.compile(keras.optimizers.AdamW(rate), loss="binary_crossentropy")
    """
    warmup = min(warmup_steps, steps // 2)
    falling = max(steps - warmup, 1)
    if kind == "cosine":
        return keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0 if warmup else learning_rate,
            decay_steps=falling,
            alpha=end_fraction,
            warmup_target=learning_rate if warmup else None,
            warmup_steps=warmup,
        )
    if kind == "polynomial":
        fall = keras.optimizers.schedules.PolynomialDecay(
            learning_rate, falling, end_learning_rate=end_fraction * learning_rate, power=power
        )
        return WarmUp(fall, warmup) if warmup else fall
    if kind == "constant":
        return WarmUp(learning_rate, warmup) if warmup else learning_rate
    raise ValueError(f"`kind` must be cosine, polynomial or constant. Received: kind={kind!r}")


@keras.saving.register_keras_serializable(package="keras_rau")
class WarmUp(_Schedule):
    """A straight line from 0 to where another schedule begins, and then that schedule.

    Args:
        after: schedule, whose own steps begin after the warm-up, or a constant rate.
        steps: steps of the warm-up, at least 1.

    Raises:
        ValueError: there are no steps.

    Example:
        >>> float(WarmUp(1e-3, steps=10)(5))
        0.0005
    """

    def __init__(self, after: float | _Schedule, steps: int) -> None:
        super().__init__()
        if steps < 1:
            raise ValueError(f"`steps` must be at least 1. Received: steps={steps}")
        self.after = after
        self.steps = steps

    def __call__(self, step: Any) -> Any:
        """The rate at a step."""
        step = ops.cast(step, "float32")
        later = self.after(ops.maximum(step - self.steps, 0.0)) if callable(self.after) else self.after
        return ops.cast(later, "float32") * ops.minimum(step / self.steps, 1.0)

    def get_config(self) -> dict[str, Any]:
        """Configuration for serialisation."""
        return {"after": keras.saving.serialize_keras_object(self.after), "steps": self.steps}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "WarmUp":
        """Build the schedule again."""
        return cls(keras.saving.deserialize_keras_object(config["after"]), config["steps"])
