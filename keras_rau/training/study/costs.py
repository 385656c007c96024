"""What the models of a study cost to train and to run, each measured in turns with the reference."""

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import keras
import numpy as np
from rich.console import Console

from keras_rau import export
from keras_rau.export.cost import Cost, cost_of
from keras_rau.export.multiply_adds import multiply_adds
from keras_rau.training.building import checked_loss, fresh_model, reads_distance
from keras_rau.training.config import Config
from keras_rau.training.study.cells import Cell
from keras_rau.training.writing import write_text

# Other work on a machine comes and goes: what is compared runs alternately, and the middle ratio counts.
_TURNS = 3
_WARM_UP, _STEPS = 2, 3

Checkpoint = tuple[Cell, int]


def cell_cost(own: Checkpoint, reference: Checkpoint, console: Console) -> dict[str, Any]:
    """Multiply-adds, time of a training step, size and latency of the exported model; read where it was written before.

    Args:
        own: a finished training, and the epoch of its checkpoint.
        reference: those of the model that it is compared with.
        console: where progress goes.

    Returns:
        `multiply_adds` for one image; `training`: `milliseconds` for one image in a step of the study's batch size, and
        its `ratio` to the reference; `latency` by number of threads: the same for the float32 file; `bytes` by
        precision; `processor`.

    Raises:
        RauError: it was not measured against this reference yet, and a checkpoint is missing.
    """
    cell, epoch = own
    path = cell.path / f"cost_epoch_{epoch:03}.json"
    against = f"{reference[0].name}, epoch {reference[1]}"
    # By reference, so that reports with others do not take each other's figures away.
    known = json.loads(path.read_text()) if path.exists() else {}
    if against not in known:
        console.print(f"{cell.name}: measuring what it costs, in turns with {against}", highlight=False)
        known[against] = _measured(own, reference)
        write_text(path, json.dumps(known, indent=1) + "\n")
    return known[against]


def _measured(own: Checkpoint, reference: Checkpoint) -> dict[str, Any]:
    size = own[0].config.data.image_size
    model = _model(own)
    with tempfile.TemporaryDirectory() as folder:
        file, half = (Path(folder) / f"own_{precision}.tflite" for precision in ("float32", "float16"))
        _export(model, file, "float32", size)
        _export(model, half, "float16", size)
        other = None if own == reference else Path(folder) / "reference.tflite"
        if other is not None:
            _export(_model(reference), other, "float32", size)
        files = _turns(lambda: cost_of(file), other and (lambda: cost_of(other)))
        sizes = {"float32": file.stat().st_size, "float16": half.stat().st_size}
    count = multiply_adds(model, size)
    other_step = None if own == reference else _training_step(reference[0].config)
    steps = _turns(_training_step(own[0].config), other_step)
    keras.utils.clear_session()
    latency = {
        str(threads): compared([(_latency(one, threads), _latency(another, threads)) for one, another in files])
        for threads in (1, 2)
    }
    return {
        "multiply_adds": count,
        "training": compared(steps),
        "latency": latency,
        "bytes": sizes,
        "processor": files[0][0].processor,
    }


def _turns(own: Callable[[], Any], reference: Callable[[], Any] | None) -> list[tuple[Any, Any]]:
    # The reference is not raced with itself.
    return [(found := own(), found if reference is None else reference()) for _ in range(_TURNS)]


def compared(turns: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Middle time, and middle ratio to the time beside it.

    Args:
        turns: pairs of milliseconds, measured one after the other.

    Example:
        >>> compared([(2.0, 4.0), (2.2, 4.0), (6.0, 12.0)])
        {'milliseconds': 2.2, 'ratio': 0.5}
    """
    return {"milliseconds": median(one for one, _ in turns), "ratio": median(one / other for one, other in turns)}


def _model(checkpoint: Checkpoint) -> keras.Model:
    cell, epoch = checkpoint
    return keras.saving.load_model(cell.checkpoint(epoch), compile=False)


def _export(model: keras.Model, path: Path, precision: str, size: tuple[int, int]) -> None:
    export.tflite(model, path, precision, size, limits=export.Limits())


def _latency(cost: Cost, threads: int) -> float:
    return next(one.median_ms for one in cost.latency if one.threads == threads)


def _training_step(config: Config) -> Callable[[], float]:
    """Measures milliseconds for one image in a training step on random images, the middle of some."""
    loss = checked_loss(config)
    model = fresh_model(config, loss, steps=100)
    random = np.random.default_rng(0)
    shape = (config.batch_size, *config.data.image_size)
    images = random.uniform(0, 255, (*shape, 3)).astype(np.float32)
    masks = random.integers(0, 2, (*shape, 2 if reads_distance(loss) else 1)).astype(np.float32)

    def timed() -> float:
        start = time.perf_counter()
        model.train_on_batch(images, masks)
        return 1000 * (time.perf_counter() - start) / config.batch_size

    for _ in range(_WARM_UP):
        timed()
    return lambda: median(timed() for _ in range(_STEPS))
