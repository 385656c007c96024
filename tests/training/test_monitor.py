"""Which of two epochs is the better, and when there has been no better one for long."""

import math

import keras
import numpy as np
import pytest

from keras_rau.errors import RauError
from keras_rau.training import EarlyStopping, HistoryFile, Monitor
from keras_rau.training.callbacks.early_stopping import waited
from keras_rau.training.runs.history import read_history


def test_direction():
    for name in ("val_loss", "loss", "ece", "val_ece"):
        assert Monitor(name).better(0.1, than=0.2)
    for name in ("val_dice", "precision", "specificity"):
        assert Monitor(name).better(0.2, than=0.1)
    assert Monitor("val_dice", "min").best([{"val_dice": 0.2}, {"val_dice": 0.1}]) == 0.1
    assert Monitor("val_loss").best([{"val_loss": math.nan}, {"val_loss": 0.3}]) == 0.3
    assert Monitor("val_loss").best([]) == math.inf
    with pytest.raises(RauError, match=r"does not log. Logged: loss"):
        Monitor("val_dice").value({"loss": 1})


@pytest.mark.parametrize(
    ("values", "count"),
    [([], 0), ([0.5], 0), ([0.5, 0.5], 1), ([0.5, 0.4, 0.6], 0), ([0.5, 0.4, math.nan], 2), ([math.nan], 1)],
)
def test_epochs_since_the_best(values, count):
    assert waited([{"val_dice": value} for value in values], Monitor("val_dice")) == count


class _Scripted(keras.callbacks.Callback):
    """Gives every epoch a chosen value."""

    def __init__(self, values):
        super().__init__()
        self.values = values

    def on_epoch_end(self, epoch, logs=None):
        logs["val_dice"] = self.values[epoch]


def _train(path, values, first_epoch=0, epochs=20):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    earlier = [row for row in read_history(path) if row["epoch"] < first_epoch]
    stopping = EarlyStopping(Monitor("val_dice"), 3, earlier)
    if not stopping.finished:
        callbacks = [_Scripted(values), stopping, HistoryFile(path, first_epoch)]
        data = np.zeros((1, 1))
        model.fit(data, data, epochs=epochs, initial_epoch=first_epoch, callbacks=callbacks, verbose=0)
    return [int(row["epoch"]) for row in read_history(path)], stopping


_VALUES = [0.1, 0.3, 0.2, 0.31, 0.3, 0.1, 0.31, 0.4]


@pytest.mark.parametrize("killed_after", range(1, 8))
def test_a_resumed_training_stops_where_the_other_stops(killed_after, tmp_path):
    path = tmp_path / "history.csv"
    _train(path, _VALUES, epochs=killed_after)
    epochs, stopping = _train(path, _VALUES, first_epoch=min(killed_after, 7))
    assert epochs == list(range(7))
    assert stopping.finished
    flags = [row.get("stopped_early") for row in read_history(path)]
    assert flags == [None] * 6 + [1.0]


def test_patience_is_positive():
    with pytest.raises(ValueError, match="at least 1"):
        EarlyStopping(Monitor("val_dice"), 0)
