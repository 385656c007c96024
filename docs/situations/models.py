"""What users do with models: save, clone, wrap, freeze, quantise."""

from pathlib import Path

import keras
import numpy as np
from docs.situations.situation import REFUSED, RIGHT, WARNED, situation

from keras_rau import losses, models

_SUBJECT = "Models in a user's own code"


def _small(**arguments: object) -> keras.Model:
    return models.RAUNet(input_shape=(16, 16, 3), width=2, depth=2, **arguments)


@situation(_SUBJECT, "freeze layers, save, load", RIGHT)
def _(folder: Path) -> object:
    model = _small()
    for layer in model.layers[: len(model.layers) // 2]:
        layer.trainable = False
    model.save(folder / "m.keras")
    loaded = keras.saving.load_model(folder / "m.keras")
    return f"{len(model.trainable_weights)} trainable weights before, {len(loaded.trainable_weights)} after"


@situation(_SUBJECT, "put a model with deep supervision into `keras.Sequential`", WARNED)
def _(_: Path) -> object:
    outer = keras.Sequential([keras.Input((16, 16, 3)), _small(deep_supervision=True)])
    outer.compile("sgd", losses.CompoundLoss())
    return "the side maps are trained"


@situation(_SUBJECT, "clone a model with deep supervision by `keras.models.clone_model`", REFUSED)
def _(_: Path) -> object:
    return type(keras.models.clone_model(_small(deep_supervision=True))).__name__


@situation(_SUBJECT, "clone it by `model.clone()`", RIGHT)
def _(_: Path) -> object:
    twin = _small(deep_supervision=True).clone()
    return f"a {type(twin).__name__} whose training gives {', '.join(twin(np.zeros((1, 16, 16, 3)), training=True))}"


@situation(_SUBJECT, "weigh classes by `fit(class_weight={0: 1, 1: 5})`", RIGHT)
def _(_: Path) -> object:
    values = []
    for weights in (None, {0: 1.0, 1: 5.0}):
        keras.utils.set_random_seed(0)
        model = _small()
        model.compile("sgd", losses.BinaryCrossentropy())
        mask = np.ones((1, 16, 16, 1))
        values.append(model.fit(np.zeros((1, 16, 16, 3)), mask, class_weight=weights, verbose=0).history["loss"][0])
    return f"every pixel is weighed by its class: loss {values[0]:.2f} and {values[1]:.2f}"


@situation(_SUBJECT, 'call `model.quantize("int8")`', REFUSED)
def _(_: Path) -> object:
    return _small().quantize("int8")


@situation(_SUBJECT, "load a saved model without `custom_objects`", RIGHT)
def _(folder: Path) -> object:
    _small().save(folder / "m.keras")
    return f"a {type(keras.saving.load_model(folder / 'm.keras')).__name__}"


@situation(_SUBJECT, "train on images of a size that the stride does not divide", RIGHT)
def _(_: Path) -> object:
    model = models.RAUNet(input_shape=(None, None, 3), width=2, depth=2)
    return f"masks of {model.predict(np.zeros((1, 19, 23, 3)), verbose=0).shape}"


@situation(_SUBJECT, "load a `.keras` file with a Lambda layer from a stranger", REFUSED)
def _(folder: Path) -> object:
    image = keras.Input((16, 16, 3), name="image")
    keras.Model(image, keras.layers.Lambda(lambda x: x[..., :1])(image)).save(folder / "m.keras")
    return models.load(folder / "m.keras")


@situation(_SUBJECT, "misspell an argument of a model", REFUSED)
def _(_: Path) -> object:
    return _small(deep_supervison=True)
