"""Models whose output is something else than the probability of one lesion class."""

import json
from pathlib import Path

import keras
import numpy as np
from docs.situations.situation import REFUSED, RIGHT, situation

from keras_rau import export, models
from keras_rau.outputs import Outputs

_SUBJECT = "Outputs, classes and predictions"
_PHOTO = np.full((40, 48, 3), 200, "uint8")


def _constant(logit: float | list[float], **arguments: object) -> keras.Model:
    """Return a small model that gives the same everywhere."""
    classes = len(logit) if isinstance(logit, list) else 1
    model = models.UNet(input_shape=(32, 32, 3), width=2, depth=2, classes=classes, **arguments)
    last = model.get_layer("logits")
    last.kernel.assign(np.zeros(last.kernel.shape))
    last.bias.assign(np.reshape(logit, (classes,)))
    return model


def _saved(model: keras.Model, folder: Path) -> Path:
    model.save(folder / "model.keras")
    return folder / "model.keras"


@situation(_SUBJECT, "predict with a model of logits (`output_activation=None`)", RIGHT)
def _(folder: Path) -> object:
    predictor = export.Predictor(_saved(_constant(0.3, output_activation=None), folder))
    share = predictor.predict(_PHOTO).mean()
    return f"probability {predictor.predict_proba(_PHOTO).mean():.2f} of logit 0.3; the mask covers {share:.0%}"


@situation(_SUBJECT, "predict with a foreign model of logits that does not say so", REFUSED)
def _(folder: Path) -> object:
    image = keras.Input((32, 32, 3), name="image")
    model = keras.Model(image, keras.layers.Conv2D(1, 1, bias_initializer=keras.initializers.Constant(-4.0))(image))
    return export.Predictor(_saved(model, folder)).predict(_PHOTO)


@situation(_SUBJECT, "predict with weights that are NaN", REFUSED)
def _(folder: Path) -> object:
    return export.Predictor(_saved(_constant(float("nan")), folder)).predict(_PHOTO)


@situation(_SUBJECT, "predict three exclusive classes", RIGHT)
def _(folder: Path) -> object:
    names = ("background", "nevus", "melanoma")
    mask = export.Predictor(_saved(_constant([0.0, 0.0, 3.0], class_names=names), folder)).predict(_PHOTO)
    return f"a map of class numbers {mask.shape}, here {np.unique(mask).tolist()}: {names[int(mask.max())]}"


@situation(_SUBJECT, "predict overlapping classes", RIGHT)
def _(folder: Path) -> object:
    model = _constant([3.0, -3.0, 3.0], output_activation="sigmoid", class_names=("globules", "streaks", "network"))
    predictor = export.Predictor(_saved(model, folder))
    masks = predictor.outputs.class_masks(predictor.predict(_PHOTO))
    return "a mask for each: " + ", ".join(f"{name} {mask.mean():.0%}" for name, mask in masks.items())


@situation(_SUBJECT, "open a foreign model of three channels that does not tell its classes", REFUSED)
def _(folder: Path) -> object:
    image = keras.Input((32, 32, 3), name="image")
    return export.Predictor(_saved(keras.Model(image, keras.layers.Conv2D(3, 1)(image)), folder))


@situation(_SUBJECT, "tell its classes", RIGHT)
def _(folder: Path) -> object:
    image = keras.Input((32, 32, 3), name="image")
    path = _saved(keras.Model(image, keras.layers.Conv2D(3, 1)(image)), folder)
    classes = Outputs(("background", "nevus", "melanoma"), logits=True)
    return f"{export.Predictor(path, classes=classes).predict(_PHOTO).shape} of {', '.join(classes.names)}"


@situation(_SUBJECT, "set the threshold to 0 or 1", REFUSED)
def _(folder: Path) -> object:
    return export.Predictor(_saved(_constant(0.0), folder), threshold=1)


@situation(_SUBJECT, "serve a model of three classes from a SavedModel", RIGHT)
def _(folder: Path) -> object:
    import cv2
    import tensorflow as tf

    export.saved_model(_constant([0.0, 3.0, 0.0]), folder / "served")
    content = cv2.imencode(".png", _PHOTO)[1].tobytes()
    answer = tf.saved_model.load(str(folder / "served")).signatures["serving_bytes"](image_bytes=tf.constant([content]))
    mask = cv2.imdecode(np.frombuffer(answer["mask_bytes"].numpy()[0], np.uint8), cv2.IMREAD_UNCHANGED)
    return f"`mask_bytes` is a grey PNG of class numbers, {mask.shape}, here {np.unique(mask).tolist()}"


@situation(_SUBJECT, "open a `.tflite` file that was changed after its export", REFUSED)
def _(folder: Path) -> object:
    path = folder / "model.tflite"
    export.tflite(_constant(0.0), path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    return export.Predictor(path)


@situation(_SUBJECT, "average the models of several folds", RIGHT)
def _(folder: Path) -> object:
    paths = []
    for number, logit in enumerate((-1.0, 3.0)):
        (folder / str(number)).mkdir()
        paths.append(_saved(_constant(logit), folder / str(number)))
    return f"probability {export.Predictor(paths).predict_proba(_PHOTO).mean():.3f}, the mean of 0.269 and 0.953"


@situation(_SUBJECT, "edit the sidecar so that it names another number of classes", REFUSED)
def _(folder: Path) -> object:
    path = folder / "model.tflite"
    export.tflite(_constant(0.0), path)
    sidecar = folder / "model.tflite.json"
    info = {**json.loads(sidecar.read_text()), "classes": {"names": ["background", "a", "b"]}}
    sidecar.write_text(json.dumps(info))
    return export.Predictor(path)
