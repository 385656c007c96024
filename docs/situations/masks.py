"""Masks that mean something else than 0 and 1."""

from pathlib import Path

import keras
import numpy as np
from docs.situations.situation import REFUSED, RIGHT, situation

from keras_rau import losses, metrics, models

_SUBJECT = "Masks in `fit`, losses and metrics"
_ROWS, _COLUMNS = np.mgrid[:16, :16]
DISC = ((_ROWS - 8) ** 2 + (_COLUMNS - 8) ** 2 < 20).astype("float32")[None, ..., None]
SURE = DISC * 0.98 + 0.01


def small(**arguments: object) -> keras.Model:
    """Return a small compiled model."""
    model = models.UNet(input_shape=(16, 16, 3), width=2, depth=2, **arguments)
    model.compile("adam", losses.CompoundLoss(), metrics=[metrics.DiceScore()])
    return model


def _fit(mask: np.ndarray, **arguments: object) -> object:
    return small(**arguments).fit(np.zeros((1, 16, 16, 3)), mask, verbose=0).history["loss"]


@situation(_SUBJECT, "pass one-hot masks of two channels to a loss of one channel", REFUSED)
def _(_: Path) -> object:
    return losses.DiceLoss()(np.concatenate([1 - DISC, DISC], -1), SURE)


@situation(_SUBJECT, "score one-hot masks of two channels with a one-channel metric", REFUSED)
def _(_: Path) -> object:
    return metrics.DiceScore()(np.concatenate([1 - DISC, DISC], -1), SURE)


@situation(_SUBJECT, "train with masks of 0 and 255", REFUSED)
def _(_: Path) -> object:
    return _fit(DISC * 255)


@situation(_SUBJECT, "evaluate with masks of 0 and 255", REFUSED)
def _(_: Path) -> object:
    return small().evaluate(np.zeros((1, 16, 16, 3)), DISC * 255, verbose=0)


@situation(_SUBJECT, "train three classes with the numbers 1, 2, 3", REFUSED)
def _(_: Path) -> object:
    return _fit(1 + np.arange(256).reshape(1, 16, 16, 1) % 3, classes=3)


@situation(_SUBJECT, "mark unsure pixels by 255 without `ignore_value`", REFUSED)
def _(_: Path) -> object:
    return losses.BinaryCrossentropy()(np.where(_ROWS < 3, 255, DISC[0, ..., 0])[None], SURE)


@situation(_SUBJECT, "mark unsure pixels by 255 and say `ignore_value=255`", RIGHT)
def _(_: Path) -> object:
    value = losses.BinaryCrossentropy(ignore_value=255)(np.where(_ROWS < 3, 255, DISC[0, ..., 0])[None], SURE)
    return f"loss {float(value):.3f}, of the other pixels"


@situation(_SUBJECT, "have a NaN in a mask", REFUSED)
def _(_: Path) -> object:
    return _fit(np.where(_ROWS[None, ..., None] == 3, np.nan, DISC))


@situation(_SUBJECT, "have predictions that are NaN", RIGHT)
def _(_: Path) -> object:
    values = [float(losses.get(name)(DISC, np.full_like(SURE, np.nan))) for name in ("bce", "dice", "focal_tversky")]
    return f"losses {values}: callbacks that watch for NaN see it"


@situation(_SUBJECT, "compile with `jit_compile=True` and masks of 0 and 255", RIGHT)
def _(_: Path) -> object:
    model = models.UNet(input_shape=(16, 16, 3), width=2, depth=2)
    model.compile("adam", losses.DiceLoss(), jit_compile=True)
    images = np.zeros((1, 16, 16, 3), "float32")
    # The check of the first batch is left out on purpose: the compiled step itself must not give a plausible number.
    return f"loss {float(keras.ops.convert_to_numpy(_compiled(model)(images, DISC * 255)))}: never a plausible number"


def _compiled(model: keras.Model) -> object:
    import tensorflow as tf

    return tf.function(lambda x, y: losses.DiceLoss()(y, model(x, training=True)), jit_compile=True)


@situation(_SUBJECT, "give a model of logits a loss for probabilities", REFUSED)
def _(_: Path) -> object:
    return small(output_activation=None)


@situation(_SUBJECT, "train in float64 (`keras.config.set_floatx`)", RIGHT)
def _(_: Path) -> object:
    keras.config.set_floatx("float64")
    try:
        return f"Dice {float(metrics.DiceScore()(DISC, SURE)):.1f} as in float32"
    finally:
        keras.config.set_floatx("float32")


@situation(_SUBJECT, "watch `val_dice` with `EarlyStopping` and no mode", RIGHT)
def _(_: Path) -> object:
    stopping = keras.callbacks.EarlyStopping("val_dice", patience=1)
    images = np.zeros((1, 16, 16, 3))
    small().fit(images, DISC, validation_data=(images, DISC), callbacks=[stopping], verbose=0)
    return f"higher is better: compares by {stopping.monitor_op.__name__}"
