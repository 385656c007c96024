"""Files from strangers."""

import pickle
import zipfile
from pathlib import Path

from docs.situations.situation import REFUSED, situation

from keras_rau import export
from keras_rau.training import load_config

_SUBJECT = "Files from strangers"


@situation(_SUBJECT, "open a SavedModel that copies files while it predicts", REFUSED)
def _(folder: Path) -> object:
    import tensorflow as tf

    class Copies(tf.Module):
        """Writes a file."""

        @tf.function(input_signature=[tf.TensorSpec((None, 32, 32, 3), tf.float32, name="image")])
        def __call__(self, image: tf.Tensor) -> dict[str, tf.Tensor]:
            """Write, and give a mask."""
            tf.io.write_file(str(folder / "copied"), "x")
            return {"mask": image[..., :1] / 255}

    module = Copies()
    tf.saved_model.save(module, str(folder / "served"), signatures={"serving_default": module.__call__})
    return export.Predictor(folder / "served")


@situation(_SUBJECT, "open a pickle that is called `.keras`", REFUSED)
def _(folder: Path) -> object:
    (folder / "m.keras").write_bytes(pickle.dumps({"a": 1}))
    return export.Predictor(folder / "m.keras")


@situation(_SUBJECT, "open a `.keras` file that unpacks to gigabytes", REFUSED)
def _(folder: Path) -> object:
    with zipfile.ZipFile(folder / "m.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * 300_000_000)
        archive.writestr("metadata.json", b"{}")
        archive.writestr("model.weights.h5", b"")
    return export.Predictor(folder / "m.keras")


@situation(_SUBJECT, "open a `.tflite` file of random bytes", REFUSED)
def _(folder: Path) -> object:
    (folder / "m.tflite").write_bytes(bytes(range(256)) * 8)
    return export.Predictor(folder / "m.tflite")


@situation(_SUBJECT, "load a YAML file whose aliases multiply", REFUSED)
def _(folder: Path) -> object:
    laughs = "".join(f"  - &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9))
    (folder / "c.yaml").write_text("epochs:\n  - &a0 [l,l,l,l,l,l,l,l,l,l]\n" + laughs)
    return load_config(folder / "c.yaml")


@situation(_SUBJECT, "write a key of a configuration twice", REFUSED)
def _(folder: Path) -> object:
    (folder / "c.yaml").write_text("epochs: 3\nbatch_size: 4\nepochs: 5\n")
    return load_config(folder / "c.yaml")
