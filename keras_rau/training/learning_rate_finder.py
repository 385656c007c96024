"""The learning rate range test, of any compiled model and of an experiment."""

import csv
import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_rau import datasets
from keras_rau.errors import RauError
from keras_rau.evaluation.figures import new_figure
from keras_rau.files import check_free, make_folder, write_text
from keras_rau.training.building.model import checked_loss, fresh_model, reads_distance
from keras_rau.training.building.optimizer import inner_optimizer
from keras_rau.training.config import Config
from keras_rau.training.data.pipelines import steps_per_epoch
from keras_rau.training.data.split import load_split
from keras_rau.training.reproducibility import prepare_tensorflow

# Fewer points than this say nothing about a slope.
_FEWEST = 8
# Weight of what was before in the average that tells when the loss has diverged.
_MEMORY = 0.9


@dataclass(frozen=True)
class RangeTest:
    """Losses at rising learning rates.

    Attributes:
        rates: learning rate of every step, `(N,)`.
        losses: loss of that step alone, `(N,)`.
        smoothed: the same without most of the noise, `(N,)`.
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray

    @property
    def suggestion(self) -> float | None:
        """The rate at which the loss falls most steeply per decade; `None` when it falls nowhere."""
        # What comes back after the lowest point is no progress.
        end = int(np.argmin(self.smoothed)) + 1
        if end < 2:
            return None
        slopes = np.gradient(self.smoothed[:end], np.log10(self.rates[:end]))
        steepest = int(np.argmin(slopes))
        return float(self.rates[steepest]) if slopes[steepest] < 0 else None

    def write(self, path: Path | str) -> None:
        """Write a CSV file with the columns `learning_rate`, `loss`, `smoothed`.

        Raises:
            RauError: it cannot be written.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["learning_rate", "loss", "smoothed"])
        writer.writerows(np.stack([self.rates, self.losses, self.smoothed], axis=1).tolist())
        write_text(Path(path), text.getvalue())

    def plot(self, path: Path | str) -> None:
        """Plot the loss over the rate, the suggestion marked.

        Raises:
            RauError: matplotlib is not installed.
        """
        figure = new_figure("The plot needs", (7, 4))
        axes = figure.subplots()
        axes.plot(self.rates, self.losses, ".", color="#b0b7bd", label="one step")
        axes.plot(self.rates, self.smoothed, color="#1f6f8b", label="smoothed")
        if self.suggestion is not None:
            axes.axvline(self.suggestion, color="#d1495b", linewidth=1, label=f"suggestion: {self.suggestion:.1e}")
        # What happens after the loss has come back to where it began would hide the fall.
        low, high = self.smoothed.min(), max(self.smoothed[0], np.median(self.losses))
        room = 0.25 * max(high - low, 1e-6)
        axes.set(xscale="log", xlabel="learning rate", ylabel="loss", ylim=(low - room, high + 2 * room))
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
        figure.savefig(path, dpi=130)


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


def search_rate(config: Config, output: Path, **options: Any) -> RangeTest:
    """Find a learning rate on the training images of a configuration; nothing of the model is kept.

    Args:
        config: the experiment.
        output: new or empty folder for `learning_rate.csv` and `learning_rate.png`.
        **options: of `find_learning_rate`.

    Returns:
        Rates, losses, and the suggestion.

    Raises:
        RauError: configuration, data or folder cannot be used, or the loss is no number from the beginning.

    Example:
        >>> search_rate(load_config(["nano", "isic2018"], {"data.data_dir": "ISIC2018"}), Path("rate")).suggestion
        0.0034
    """
    check_free(output)
    prepare_tensorflow(config.seed)
    loss = checked_loss(config)
    split = load_split(config)
    model = fresh_model(config, loss, steps_per_epoch(config, split))
    train_data = datasets.pipeline(
        split.training,
        image_size=config.data.image_size,
        batch_size=config.batch_size,
        augment=config.data.augment,
        shuffle_seed=config.seed if config.seed is not None else 0,
        resize=config.data.resize,
        preprocess=config.data.preprocess,
        target="distance" if reads_distance(model.loss) else "mask",
    )
    found = find_learning_rate(model, train_data, **options)
    make_folder(output)
    found.write(output / "learning_rate.csv")
    found.plot(output / "learning_rate.png")
    return found


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
