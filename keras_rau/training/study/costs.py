"""What the chosen model of a cell costs as a TFLite file."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
from rich.console import Console

from keras_rau import export
from keras_rau.export.cost import cost_of
from keras_rau.export.multiply_adds import multiply_adds
from keras_rau.training.callbacks.history import read_history
from keras_rau.training.study.cells import Cell
from keras_rau.training.writing import write_text

_PRECISIONS = ("float32", "float16")


def cell_cost(cell: Cell, epoch: int, console: Console) -> dict[str, Any]:
    """Multiply-adds, training time, and size and latency of the exported model; read where it was written before.

    Args:
        cell: a finished training.
        epoch: of the checkpoint.
        console: where progress goes.

    Returns:
        `multiply_adds` for one image; `seconds_per_image` of a training step, its share of the whole fit with validation;
        `exports`: by precision `bytes`, `latency` by number of threads, `processor` and operators outside XNNPACK.
    """
    path = cell.path / f"cost_epoch_{epoch:03}.json"
    if not path.exists():
        console.print(f"{cell.name}: measuring the exported model", highlight=False)
        write_text(path, json.dumps(_measured(cell, epoch), indent=1) + "\n")
    return json.loads(path.read_text())


def _measured(cell: Cell, epoch: int) -> dict[str, Any]:
    size = cell.config.data.image_size
    model = keras.saving.load_model(cell.checkpoint(epoch), compile=False)
    training = json.loads(cell.run.metrics.read_text())["training"]
    seen = training["images"]["train"] * len(read_history(cell.run.history))
    exports = {}
    with tempfile.TemporaryDirectory() as folder:
        for precision in _PRECISIONS:
            file = Path(folder) / f"{precision}.tflite"
            export.tflite(model, file, precision, size, limits=export.Limits())
            exports[precision] = asdict(cost_of(file))
    found = {
        "multiply_adds": multiply_adds(model, size),
        "seconds_per_image": training["seconds_in_fit_of_last_start"] / seen,
        "exports": exports,
    }
    keras.utils.clear_session()
    return found
