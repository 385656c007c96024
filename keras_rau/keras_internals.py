"""What we use of Keras beside its public interface, in one place."""

from typing import Any


def set_direction(metric: Any, higher_is_better: bool) -> None:
    """Say which values of a metric are the better ones.

    `EarlyStopping`, `ModelCheckpoint` and `ReduceLROnPlateau` read it with `mode="auto"`; metrics cannot say it in public.

    Args:
        metric: a `keras.metrics.Metric`.
        higher_is_better: larger values are better.
    """
    metric._direction = "up" if higher_is_better else "down"
