"""The optimiser of an experiment."""

import keras

from keras_rau.training.config import OptimizerSection


def build_optimizer(section: OptimizerSection, steps: int, epochs: int) -> keras.optimizers.Optimizer:
    """AdamW whose learning rate warms up and then falls as a cosine to zero at the end of training.

    The rate is a function of the step, which is saved with the optimiser, so that a resumed training goes on where it
    stopped.

    Args:
        section: settings.
        steps: steps per epoch.
        epochs: epochs of the whole training.
    """
    rate: float | keras.optimizers.schedules.LearningRateSchedule = section.learning_rate
    if section.schedule == "cosine":
        warmup = min(round(section.warmup_epochs * steps), steps * epochs // 2)
        rate = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0 if warmup else section.learning_rate,
            decay_steps=max(steps * epochs - warmup, 1),
            warmup_target=section.learning_rate if warmup else None,
            warmup_steps=warmup,
        )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=section.weight_decay, global_clipnorm=section.clip_norm)
    # Scales and biases of normalisation and convolution are not decayed.
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
