"""The optimiser of an experiment."""

import keras

from keras_rau.training.building.schedules import learning_rate_schedule
from keras_rau.training.config import OptimizerSection


def inner_optimizer(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """The optimiser itself, where half precision has wrapped it in one that scales the loss."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def build_optimizer(section: OptimizerSection, steps: int, epochs: int) -> keras.optimizers.Optimizer:
    """AdamW whose learning rate warms up and then falls until the end of training.

    The rate is a function of the step, which is saved with the optimiser, so that a resumed training goes on where it
    stopped.

    Args:
        section: settings.
        steps: steps per epoch.
        epochs: epochs of the whole training.
    """
    rate = learning_rate_schedule(
        section.learning_rate,
        section.schedule,
        # The schedule counts updates of the weights.
        steps=max(steps * epochs // section.accumulate, 1),
        warmup_steps=round(section.warmup_epochs * steps / section.accumulate),
        power=section.power,
        end_fraction=section.end_fraction,
    )
    optimizer = keras.optimizers.AdamW(
        rate,
        weight_decay=section.weight_decay,
        global_clipnorm=section.clip_norm,
        gradient_accumulation_steps=section.accumulate if section.accumulate > 1 else None,
        use_ema=section.ema is not None,
        # Keras moves the average in every step, though only each `accumulate`-th changes the weights.
        ema_momentum=(section.ema or 0.99) ** (1 / section.accumulate),
    )
    # Scales and biases of normalisation and convolution are not decayed.
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
