"""Costs of training and running the models of a study, measured in turns with the reference, and their tables."""

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any

import keras
import numpy as np
from rich.console import Console

from keras_rau import export
from keras_rau.errors import DataError
from keras_rau.export.cost import Cost, cost_of
from keras_rau.export.multiply_adds import multiply_adds
from keras_rau.files import write_text
from keras_rau.markdown import table
from keras_rau.strangers import read_json
from keras_rau.study.cells import Cell
from keras_rau.training.building.model import checked_loss, fresh_model, reads_distance
from keras_rau.training.config import Config

# Other work on a machine comes and goes: what is compared runs alternately, and the middle ratio counts.
_TURNS = 3
_WARM_UP, _STEPS = 2, 3


def cell_costs(
    cells: Sequence[Cell], reference: Cell, console: Console, measure: bool = True
) -> list[dict[str, Any] | None]:
    """Multiply-adds, time of a training step, size and latency of the exported models; read where they were written before.

    They are measured on fresh models, since what was learned changes none of them: no checkpoint is needed.

    Args:
        cells: trainings.
        reference: the training whose model each is compared with.
        console: where progress goes.
        measure: measure what was not measured yet.

    Returns:
        For each cell `None` where nothing is known, or `multiply_adds` for one image; `training`: `milliseconds` for one
        image in a step of the study's batch size, and its `ratio` to the reference; `latency` by number of threads: the
        same for the float32 file; `bytes` by precision; `processor`.
    """
    with tempfile.TemporaryDirectory() as folder:
        other = _Subject(reference.config, Path(folder) / "reference")
        found = []
        for place, cell in enumerate(cells):
            path = cell.path / "cost.json"
            # By reference, so that reports with others do not take each other's figures away.
            known = read_costs(path)
            if measure and reference.name not in known:
                beside = "" if cell.name == reference.name else f", in turns with {reference.name}"
                console.print(
                    f"{cell.name}: measuring what it costs{beside} ({place + 1} of {len(cells)})", highlight=False
                )
                own = other if cell.name == reference.name else _Subject(cell.config, Path(folder) / str(place))
                known[reference.name] = _measured(own, other)
                write_text(path, json.dumps(known, indent=1) + "\n")
            found.append(known.get(reference.name))
        return found


def read_costs(path: Path) -> dict[str, Any]:
    """Return what was measured before, by reference; `{}` when there is no file.

    Raises:
        DataError: the file is damaged, or not of this form.
    """
    found = read_json(path) if path.exists() else {}
    for cost in found.values():
        if not _is_cost(cost):
            raise DataError(f"{path} holds no costs as a study writes them. Remove it to measure them again.")
    return found


def _is_cost(cost: Any) -> bool:
    try:
        numbers = [cost["multiply_adds"], *cost["bytes"].values()]
        for timing in (cost["training"], *(cost["latency"][threads] for threads in ("1", "2"))):
            numbers += [timing["milliseconds"], timing["ratio"]]
        return isinstance(cost["processor"], str) and all(isinstance(number, int | float) for number in numbers)
    except (KeyError, TypeError, AttributeError):
        return False


class _Subject:
    """A fresh model, its files and its training step, made when they are asked for and kept."""

    def __init__(self, config: Config, folder: Path) -> None:
        self.config, self.folder = config, folder
        self.loss = checked_loss(config)

    @cached_property
    def model(self) -> keras.Model:
        return fresh_model(self.config, self.loss, steps=100)

    @cached_property
    def multiply_adds(self) -> int:
        return multiply_adds(self.model, self.config.data.image_size)

    @cached_property
    def files(self) -> dict[str, Path]:
        found = {precision: self.folder / f"{precision}.tflite" for precision in ("float32", "float16")}
        for precision, path in found.items():
            export.tflite(self.model, path, precision, image_size=self.config.data.image_size, limits=export.Limits())
        return found

    @cached_property
    def _step(self) -> Callable[[], float]:
        random = np.random.default_rng(0)
        shape = (self.config.batch_size, *self.config.data.image_size)
        images = random.uniform(0, 255, (*shape, 3)).astype(np.float32)
        masks = random.integers(0, 2, (*shape, 2 if reads_distance(self.loss) else 1)).astype(np.float32)

        def timed() -> float:
            start = time.perf_counter()
            self.model.train_on_batch(images, masks)
            return 1000 * (time.perf_counter() - start) / self.config.batch_size

        for _ in range(_WARM_UP):
            timed()
        return timed

    def training_time(self) -> float:
        """Milliseconds for one image, the middle of some steps."""
        return median(self._step() for _ in range(_STEPS))

    def run_cost(self) -> Cost:
        """Size and latency of the float32 file."""
        return cost_of(self.files["float32"])


def _measured(own: _Subject, other: _Subject) -> dict[str, Any]:
    # Files first: steps on random images leave odd weights.
    files = _turns(own, other, _Subject.run_cost)
    steps = _turns(own, other, _Subject.training_time)
    latency = {
        str(threads): compared([(_latency(one, threads), _latency(another, threads)) for one, another in files])
        for threads in (1, 2)
    }
    return {
        "multiply_adds": own.multiply_adds,
        "training": compared(steps),
        "latency": latency,
        "bytes": {precision: path.stat().st_size for precision, path in own.files.items()},
        "processor": files[0][0].processor,
    }


def _turns(own: _Subject, other: _Subject, measure: Callable[[_Subject], Any]) -> list[tuple[Any, Any]]:
    # The reference is not raced with itself.
    return [(found := measure(own), found if own is other else measure(other)) for _ in range(_TURNS)]


def compared(turns: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Middle time, and middle ratio to the time beside it.

    Args:
        turns: pairs of milliseconds, measured one after the other.

    Example:
        >>> compared([(2.0, 4.0), (2.2, 4.0), (6.0, 12.0)])
        {'milliseconds': 2.2, 'ratio': 0.5}
    """
    return {"milliseconds": median(one for one, _ in turns), "ratio": median(one / other for one, other in turns)}


def _latency(cost: Cost, threads: int) -> float:
    return next(one.median_ms for one in cost.latency if one.threads == threads)


def pareto(points: dict[str, tuple[float, float]]) -> list[str]:
    """Labels of the points (cost, score) to which no other is equal or better in both, from the cheapest on.

    Example:
        >>> pareto({"a": (1.0, 0.8), "b": (2.0, 0.7), "c": (3.0, 0.9)})
        ['a', 'c']
    """
    front: list[str] = []
    best = float("-inf")
    for label, (_, score) in sorted(points.items(), key=lambda item: (item[1][0], -item[1][1])):
        if score > best:
            front.append(label)
            best = score
    return front


def latency(row: dict[str, Any], threads: int = 2) -> dict[str, float]:
    """Median `milliseconds` of the float32 file of a row, and `ratio` to that of the reference."""
    return row["cost"]["latency"][str(threads)]


def cost_table(results: dict[str, Any]) -> str:
    """Parameters, multiply-adds, training time, size and latency, and which rows no other beats.

    Rows whose cost is not known are named below; without any that is, the text is empty.
    """
    rows = [row for row in results["rows"] if "cost" in row]
    if not rows:
        return ""
    unknown = [row["label"] for row in results["rows"] if "cost" not in row]
    missing = f"\n\nNot measured yet: {', '.join(unknown)}." if unknown else ""
    front = pareto({row["label"]: (latency(row)["ratio"], row["chosen"]["dice"]) for row in rows})
    lines = [
        [
            f"**{row['label']}**" if row["label"] in front else row["label"],
            f"{row['parameters']:,}",
            f"{row['cost']['multiply_adds'] / 1e9:.3f}",
            _with_ratio(row["cost"]["training"]),
            *(f"{row['cost']['bytes'][precision] / 1e6:.2f}" for precision in ("float32", "float16")),
            *(_with_ratio(latency(row, threads)) for threads in (1, 2)),
            f"{row['chosen']['dice']:.4f}",
        ]
        for row in rows
    ]
    settings = results["settings_of_first"]
    size = "×".join(str(side) for side in settings["data"]["image_size"])
    processors = sorted({row["cost"]["processor"] for row in rows})
    text = (
        f"One image of {size} pixels on {', '.join(processors)}: multiply-adds of convolutions and matrix products; its "
        f"share of a training step of {settings['batch_size']} images{_precision(settings)}, on all cores; TFLite files in "
        "float32 and float16; the float32 file on one and two threads (median of 50 runs). In brackets the ratio to "
        f"{results['reference']}, which ran in turns with each: trust these, milliseconds depend on what else the machine "
        "does. Bold: no other row is as fast (two threads) and as good."
    )
    header = [
        "",
        "parameters",
        "10⁹ multiply-adds",
        "training, ms",
        "float32, MB",
        "float16, MB",
        "1 thread, ms",
        "2 threads, ms",
        "Dice",
    ]
    return f"## Cost\n\n{text}\n\n" + table(header, lines) + missing


def _precision(settings: dict[str, Any]) -> str:
    chosen = settings["hardware"]["mixed_precision"]
    return f" in {'float16' if chosen is True else chosen}" if chosen else ""


def _with_ratio(time: dict[str, float]) -> str:
    return f"{time['milliseconds']:.1f} ({time['ratio']:.2f})"


def published_table(results: dict[str, Any]) -> str:
    """Our scores beside those of the publications."""
    lines = []
    for row in results["rows"]:
        one = results["published"].get(row["model"]["name"])
        printed = ["", "", ""] if one is None else [f"{one['dice']:.4f}", f"{one['iou']:.4g}", one["where"]]
        ours = [f"{row['chosen']['dice']:.4f}", f"{row['chosen']['iou']:.4f}"]
        lines.append([row["label"], *ours, *printed])
    text = (
        "Published figures are of other splits, resolutions, budgets and protocols: they say what was reported, not what to "
        "expect here. IoU is of the lesion throughout."
    )
    header = ["", "Dice, ours", "IoU, ours", "Dice, published", "IoU, published", "where"]
    return f"## What was published\n\n{text}\n\n" + table(header, lines)
