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


def give_back_state(model: Any, state: tuple[Any, ...]) -> None:
    """Put the variables of a step back into a model that JAX trains or evaluates, before an error ends that.

    JAX's trainer empties a model's variables while it runs, and leaves them empty when it does not come to its end.

    Args:
        model: a `keras.Model`.
        state: what a step takes and returns: trainable, other, optimizer's (in training) and metrics' variables.
    """
    names = ["trainable_variables", "non_trainable_variables", "optimizer_variables", "metrics_variables"]
    if len(state) < len(names):
        names.remove("optimizer_variables")
    model._jax_state = dict(zip(names, state, strict=True))
    model._jax_state_synced = False
    model.jax_state_sync()
