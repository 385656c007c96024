"""Masks of several classes."""

from pathlib import Path

import numpy as np
from docs.situations.situation import REFUSED, RIGHT, situation
from PIL import Image

from keras_rau import datasets
from keras_rau.training import load_config, train

_SUBJECT = "Masks of several classes"
_NAMES = {0: "background", 1: "nevus", 2: "melanoma"}


def _folder(folder: Path, first: int = 0, suffix: str = "png") -> Path:
    """Return a folder of three photos with label masks that count from `first`."""
    for kind in ("images", "masks"):
        (folder / kind).mkdir()
    labels = (np.arange(64 * 64).reshape(64, 64) // 1400).astype("uint8") + first
    random = np.random.default_rng(0)
    for name in "abcdef":
        Image.fromarray(random.integers(0, 256, (64, 64, 3)).astype("uint8")).save(folder / "images" / f"{name}.png")
        Image.fromarray(labels).save(folder / "masks" / f"{name}.{suffix}")
    return folder


@situation(_SUBJECT, "load label images with a stated mapping", RIGHT)
def _(folder: Path) -> object:
    samples = datasets.load("folder", _folder(folder), classes=_NAMES)
    _, truth = datasets.read_sample(samples[0])
    return f"class numbers {np.unique(truth).tolist()} of {', '.join(samples[0].classes.names)}"


@situation(_SUBJECT, "have label images that count from 1", REFUSED)
def _(folder: Path) -> object:
    return datasets.check(datasets.load("folder", _folder(folder, first=1), classes=_NAMES))


@situation(_SUBJECT, "load label images as lesion masks", REFUSED)
def _(folder: Path) -> object:
    return datasets.check(datasets.load("folder", _folder(folder)))


@situation(_SUBJECT, "train `model.classes=3` on lesion masks", REFUSED)
def _(folder: Path) -> object:
    datasets.load("phantom", folder / "data", n=10, size=48)
    return train(load_config(overrides={"data.data_dir": str(folder / "data"), "model.classes": 3}), folder / "run")


@situation(_SUBJECT, "resize class numbers as if they were a lesion mask", REFUSED)
def _(_: Path) -> object:
    return datasets.fit_mask(np.arange(9, dtype="uint8").reshape(3, 3) % 3, (2, 2))
