"""What is fuzzed: by name what content to draw, and what reads it."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.fuzzing.mutations import damaged, odd_json, odd_table

_YAML = b"""\
epochs: 3
model: {name: rau_net_nano, width: 4}
loss: [dice, bce]
data: &d {dataset: phantom, image_size: [64, 64], augment: true}
optimizer: {name: adam, learning_rate: 1.0e-3}
schedule: ~
other: *d
"""
_SIDECAR = {
    "image_size": [64, 64],
    "resize": "letterbox",
    "threshold": 0.5,
    "preprocess": [{"name": "hair", "threshold": 16}, "vignette"],
    "classes": {"names": ["lesion"], "overlapping": False, "logits": False},
    "labels": ["background", "lesion"],
    "dataset": "isic2018",
    "split": {"train": ["a", "b"], "val": ["c"], "test": []},
    "also_train": {"ph2": ["IMD001"]},
    "sha256": "0" * 64,
}


@dataclass(frozen=True)
class Target:
    """One reader.

    Attributes:
        draw: makes the strategy of contents; called in the process that fuzzes.
        read: reads a content, for which it may write files into a folder.
    """

    draw: Callable[[], st.SearchStrategy[bytes]]
    read: Callable[[bytes, Path], Any]


def _images() -> st.SearchStrategy[bytes]:
    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (24, 20, 3), np.uint8)
    found = []
    for kind, options in (("PNG", {}), ("JPEG", {}), ("BMP", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"})):
        for mode in ("RGB", "L"):
            file = io.BytesIO()
            Image.fromarray(pixels).convert(mode).save(file, kind, **options)
            found.append(file.getvalue())
    for kind, mode in (("GIF", "P"), ("WEBP", "RGB"), ("PNG", "I;16"), ("PNG", "1"), ("JPEG", "CMYK")):
        file = io.BytesIO()
        image = Image.fromarray(pixels[..., 0].astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(pixels)
        (image if mode == "I;16" else image.convert(mode)).save(file, kind)
        found.append(file.getvalue())
    return damaged(found)


def _read_image(content: bytes, folder: Path) -> None:
    from keras_rau.datasets import read_image

    path = folder / "x.png"
    path.write_bytes(content)
    image = read_image(path)
    assert image.dtype == np.uint8
    assert image.ndim == 3


def _read_mask(content: bytes, folder: Path) -> None:
    from keras_rau.datasets import read_mask

    path = folder / "x.png"
    path.write_bytes(content)
    assert set(np.unique(read_mask(path))) <= {0, 1}


def _read_sidecar(content: bytes, folder: Path) -> None:
    from keras_rau.export.outputs import outputs_of
    from keras_rau.export.sidecar import read_sidecar, sidecar_steps

    (folder / "m.tflite.json").write_bytes(content)
    info = read_sidecar(folder / "m.tflite")
    sidecar_steps(folder / "m.tflite")
    outputs_of(info, info, channels=1, name="m.tflite")


def _tflite() -> st.SearchStrategy[bytes]:
    from keras_rau import pretrained

    return damaged([pretrained.tflite_file("rau_net_nano").read_bytes()])


def _read_tflite(content: bytes, folder: Path) -> None:
    from keras_rau.export.programs.form import check_form
    from keras_rau.export.programs.tflite_file import check_tflite

    path = folder / "m.tflite"
    path.write_bytes(content)
    check_form(check_tflite(path)[0], path)


def _read_embedded(content: bytes, folder: Path) -> None:
    from keras_rau.export.sidecar import read_sidecar

    (folder / "n.tflite").write_bytes(content)
    read_sidecar(folder / "n.tflite")


def _embedded() -> st.SearchStrategy[bytes]:
    import zipfile

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.json", json.dumps(_SIDECAR))
    return damaged([b"\0\0\0\0TFL3" + file.getvalue()])


def _archives() -> st.SearchStrategy[bytes]:
    import tempfile

    from tests.deploy.hostile.keras_archives import functional, layer, ours, write

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        samples = [
            write(folder / "a.keras", functional(layer("Conv2D", filters=1, kernel_size=3))).read_bytes(),
            write(folder / "b.keras", ours()).read_bytes(),
        ]
    return damaged(samples)


def _read_archive(content: bytes, folder: Path) -> None:
    from keras_rau.trust import check_keras_file

    path = folder / "m.keras"
    path.write_bytes(content)
    check_keras_file(path)


def _configurations() -> st.SearchStrategy[bytes]:
    from tests.deploy.hostile.keras_archives import functional, layer, ours

    return odd_json(functional(layer("Conv2D", filters=1, kernel_size=3))) | odd_json(ours(dtype="float32"))


def _read_configuration(content: bytes, folder: Path) -> None:
    from keras_rau.trust import load_keras_file
    from tests.deploy.hostile.keras_archives import write

    load_keras_file(write(folder / "m.keras", content))


def _weights() -> st.SearchStrategy[bytes]:
    from tests.deploy.hostile.keras_archives import plain_weights

    return damaged([plain_weights()])


def _read_weights(content: bytes, folder: Path) -> None:
    from keras_rau.trust import check_weights

    (folder / "m.weights.h5").write_bytes(content)
    check_weights(folder / "m.weights.h5")


def _checkpoints() -> st.SearchStrategy[bytes]:
    import pickle

    from tests.deploy.hostile.checkpoints import _head, _tensor

    return damaged([_head() + _tensor((2, 2), (2, 1)) + pickle.dumps(["0"], 2) + b"\x10" + b"\0" * 71])


def _read_checkpoint(content: bytes, folder: Path) -> None:
    from keras_rau.models.published.torch_state import read_state_dict

    (folder / "m.pth").write_bytes(content)
    read_state_dict(folder / "m.pth")


def _saved_models() -> st.SearchStrategy[bytes]:
    from tensorflow.core.protobuf import saved_model_pb2

    proto = saved_model_pb2.SavedModel()
    graph = proto.meta_graphs.add()
    graph.object_graph_def.nodes.add().user_object.identifier = "_generic_user_object"
    function = graph.graph_def.library.function.add()
    function.signature.name = "serve"
    node = function.node_def.add(name="a", op="Const")
    node.attr["value"].tensor.tensor_shape.dim.add(size=3)
    graph.object_graph_def.concrete_functions["serve"].bound_inputs.append(0)
    return damaged([proto.SerializeToString()])


def _read_saved_model(content: bytes, folder: Path) -> None:
    from keras_rau.export.programs.saved_model import check_saved_model

    (folder / "saved").mkdir(exist_ok=True)
    (folder / "saved" / "saved_model.pb").write_bytes(content)
    check_saved_model(folder / "saved")


def _read_yaml(content: bytes, folder: Path) -> None:
    from keras_rau.training.config import load_config

    (folder / "c.yaml").write_bytes(content)
    load_config(folder / "c.yaml")


def _read_split(content: bytes, folder: Path) -> None:
    from keras_rau.datasets.splitting.split_files import read_split

    for name in ("train", "val", "test"):
        (folder / f"{name}.txt").write_bytes(content if name == "train" else name.encode())
    read_split(folder)


def _read_metadata(content: bytes, folder: Path) -> None:
    from keras_rau.datasets.findings import Listing
    from keras_rau.datasets.sources.tables import read_table

    (folder / "t.csv").write_bytes(content)
    read_table(folder / "t.csv", ["image_id"], Listing(), first=True)


def _read_scores(content: bytes, folder: Path) -> None:
    from keras_rau.evaluation.score_files import read_csv

    (folder / "s.csv").write_bytes(content)
    read_csv(folder / "s.csv")


def _read_regions(content: bytes, folder: Path) -> None:
    from keras_rau.evaluation import read_regions

    (folder / "r.csv").write_bytes(content)
    read_regions(folder / "r.csv")


def _read_history(content: bytes, folder: Path) -> None:
    from keras_rau.training.runs.history import read_history

    (folder / "h.csv").write_bytes(content)
    read_history(folder / "h.csv")


def _read_pairs(content: bytes, folder: Path) -> None:
    from keras_rau.datasets.splitting.groups import known_pairs

    (folder / "p.csv").write_bytes(content)
    known_pairs([], folder / "p.csv")


TARGETS = {
    "images": Target(_images, _read_image),
    "masks": Target(_images, _read_mask),
    "sidecars": Target(lambda: odd_json(_SIDECAR) | damaged([json.dumps(_SIDECAR).encode()]), _read_sidecar),
    "sidecars inside": Target(_embedded, _read_embedded),
    "tflite": Target(_tflite, _read_tflite),
    "keras archives": Target(_archives, _read_archive),
    "keras configurations": Target(_configurations, _read_configuration),
    "weights": Target(_weights, _read_weights),
    "checkpoints": Target(_checkpoints, _read_checkpoint),
    "saved models": Target(_saved_models, _read_saved_model),
    "yaml": Target(lambda: damaged([_YAML]), _read_yaml),
    "split lists": Target(lambda: odd_table(["id"]) | damaged([b"a\nb\nc.jpg\n"]), _read_split),
    "metadata": Target(lambda: odd_table(["image_id", "sex"]), _read_metadata),
    "scores": Target(lambda: odd_table(["id", "dice"]), _read_scores),
    "regions": Target(lambda: odd_table(["image", "mask", "area", "error"]), _read_regions),
    "histories": Target(lambda: odd_table(["epoch", "loss"]), _read_history),
    "pairs": Target(lambda: odd_table(["id", "other"]), _read_pairs),
}
