"""Whether two run directories hold the same training."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np


def contents(path: Path) -> dict[str, np.ndarray]:
    """Every array of a `.keras` file: weights, optimiser, and our state."""
    found: dict[str, np.ndarray] = {}

    def add(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item[()]

    with zipfile.ZipFile(path) as archive:
        with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
            file.visititems(add)
        with np.load(io.BytesIO(archive.read("keras_rau_state.npz"))) as arrays:
            found.update({f"state/{name}": arrays[name] for name in arrays})
    return found


def metrics(run: Path) -> dict[str, Any]:
    """metrics.json without the times it took and the place it lies in."""
    content = json.loads((run / "metrics.json").read_text())
    for scores in (content, content["validation"], content["training"]):
        for name in ("model", "seconds", "seconds_in_fit_of_last_start"):
            scores.pop(name, None)
    return content


def check_equal(one: Path, other: Path) -> None:
    """History, scores and all kept checkpoints are the same, bit for bit."""
    for name in ("history.csv", "scores.csv", "config.yaml", "files.csv", "split/train.txt"):
        assert (one / name).read_text() == (other / name).read_text(), name
    assert metrics(one) == metrics(other)
    # What was saved before the last epoch's end depends on the interruptions.
    names, others = (
        {path.name for path in (run / "checkpoints").glob("*.keras")} - {"previous.keras"} for run in (one, other)
    )
    assert names == others
    for name in names:
        found, wanted = (contents(run / "checkpoints" / name) for run in (one, other))
        assert found.keys() == wanted.keys()
        assert len(found) > 20
        for key, value in found.items():
            np.testing.assert_array_equal(value, wanted[key], err_msg=f"{name} {key}")
    left = list(one.rglob("*.part*"))
    assert left == []
