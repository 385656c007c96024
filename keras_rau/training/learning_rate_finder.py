"""The learning rate range test: which rates does a training bear?"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_rau.errors import RauError
from keras_rau.training.building.optimizer import inner_optimizer
from keras_rau.training.range_test import RangeTest

# Fewer points than this say nothing about a slope.
_FEWEST = 8
# Weight of what was before in the average that tells when the loss has diverged.
_MEMORY = 0.9


def find_learning_rate(
    model: keras.Model,
    data: Any,
    lowest: float = 1e-6,
    highest: float = 1.0,
    steps: int = 100,
    smoothing: float = 0.05,
    divergence: float = 4.0,
) -> RangeTest:
    """Train for a few steps while the learning rate rises exponentially, and see what becomes of the loss.

    The rate at which the smoothed loss falls most steeply is a good largest rate of a schedule (after Smith, "Cyclical
    learning rates", WACV 2017, §3.3). The test ends early when the loss has diverged or is not a number. Afterwards weights,
    optimiser, metrics and the states of random layers are what they were before.

    Args:
        model: a compiled model.
        data: batches, as `fit` takes them as its first argument; repeated as often as needed. A pipeline of this library
            counts its epochs: make one for the test alone.
        lowest: learning rate of the first step.
        highest: that of the last step.
        steps: how many steps, at least 20.
        smoothing: width of the Gaussian that smooths the losses, as a share of the steps.
        divergence: how many times the first loss the running average may rise above its lowest value, above 0.

    Returns:
        Rates, losses, smoothed losses, and the suggestion.

    Raises:
        ValueError: an argument has no valid value, or the model is not compiled.
        RauError: the loss is not a number, or diverges, from the first steps on.

    Example:
        >>> found = find_learning_rate(model, train)
        >>> found.suggestion
        0.0021
        >>> found.plot("learning_rate.png")
    """
    from scipy.ndimage import gaussian_filter1d

    if not (0 < lowest < highest and math.isfinite(highest)):
        raise ValueError(f"`lowest` must be positive and below `highest`. Received: {lowest=}, {highest=}")
    if steps < 20 or not 0 < smoothing <= 1 or divergence <= 0:
        raise ValueError(
            "`steps` must be at least 20, `smoothing` above 0 and at most 1, `divergence` above 0. "
            f"Received: {steps=}, {smoothing=}, {divergence=}"
        )
    if not getattr(model, "compiled", False):
        raise ValueError("The model must be compiled: the test trains it.")
    rates = np.geomspace(lowest, highest, steps)
    with _restored(model), _rising(model, rates) as settable:
        test = _Test(rates, settable, divergence)
        # As many epochs as it takes: the callback ends them.
        model.fit(data, epochs=steps, callbacks=[test], shuffle=False, verbose=0)
    losses = np.array(test.losses)
    if len(losses) < _FEWEST:
        raise RauError(
            f"The loss is not a number, or diverges, within {_FEWEST} steps from a learning rate of {lowest:g}: begin lower, "
            "or look for what is wrong with data or loss."
        )
    smoothed = gaussian_filter1d(losses, smoothing * steps, mode="nearest")
    return RangeTest(rates[: len(losses)], losses, smoothed)


class _Test(keras.callbacks.Callback):
    """Note the loss of each step alone, and stop when it is of no more use."""

    def __init__(self, rates: np.ndarray, settable: bool, divergence: float) -> None:
        super().__init__()
        self.rates = rates
        self.settable = settable
        self.divergence = divergence
        self.losses: list[float] = []
        self.average = self.lowest = math.nan

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Raise the rate."""
        self.model.reset_metrics()
        if self.settable:
            self.model.optimizer.learning_rate = self.rates[len(self.losses)]

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Note the loss."""
        loss = float((logs or {})["loss"])
        if not math.isfinite(loss):
            self.model.stop_training = True
            return
        self.losses.append(loss)
        self.average = loss if len(self.losses) == 1 else _MEMORY * self.average + (1 - _MEMORY) * loss
        self.lowest = min(self.lowest, self.average) if len(self.losses) > 1 else self.average
        # A difference, for a loss may be negative.
        diverged = self.average - self.lowest > self.divergence * abs(self.losses[0])
        self.model.stop_training = diverged or len(self.losses) == len(self.rates)


class _Geometric(keras.optimizers.schedules.LearningRateSchedule):
    """The rates of the test, from the step that the optimiser stands at."""

    def __init__(self, rates: np.ndarray, start: int) -> None:
        super().__init__()
        self.begin, self.end = np.log(rates[[0, -1]])
        self.steps = len(rates) - 1
        self.start = start

    def __call__(self, step: Any) -> Any:
        share = (ops.cast(step, "float32") - self.start) / self.steps
        return ops.exp(self.begin + share * (self.end - self.begin))

    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError("The schedule of a range test is not saved.")


@contextmanager
def _rising(model: keras.Model, rates: np.ndarray) -> Iterator[bool]:
    """Give the optimiser the rates of the test; whether they are to be set step by step."""
    optimizer = inner_optimizer(model.optimizer)
    before = optimizer._learning_rate
    if isinstance(before, keras.Variable):
        yield True
        return
    # A schedule becomes part of the compiled step.
    optimizer.learning_rate = _Geometric(rates, int(ops.convert_to_numpy(optimizer.iterations)))
    model.train_function = None
    try:
        yield False
    finally:
        optimizer.learning_rate = before
        model.train_function = None


@contextmanager
def _restored(model: keras.Model) -> Iterator[None]:
    """Put back every variable that a training changes."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    variables = {id(each): each for each in (*model.variables, *model.optimizer.variables, *model.metrics_variables)}
    before = [(each, np.array(ops.convert_to_numpy(each))) for each in variables.values()]
    try:
        yield
    finally:
        for variable, value in before:
            variable.assign(value)
        model.stop_training = False
