"""How much of an evaluation is spent outside the model.

Draws phantoms, scores a model file on them, prints a table and writes JSON. Two shares are given: outside
`predict_batch`, which resizes to the model's size and back (reading, waiting for scores, bootstrap intervals), and the
stricter one outside the network alone, where that resizing counts as outside.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from keras_rau import datasets
from keras_rau.environment import machine, versions
from keras_rau.evaluation import evaluate
from keras_rau.export import Predictor

ALLOWED = 0.2
_SHARES = {"outside": "model", "outside_network": "network"}


def main(
    model: Annotated[Path, typer.Option(help="Model file to score.")],
    output: Annotated[Path, typer.Option(help="JSON file to write.")] = Path(
        "benchmarks/results/evaluation_speed.json"
    ),
    images: Annotated[int, typer.Option(help="How many phantoms to draw.")] = 500,
    size: Annotated[int, typer.Option(help="Their side in pixels.")] = 256,
    image_size: Annotated[int | None, typer.Option(help="Side the model sees, for a model of any size.")] = None,
    repeats: Annotated[int, typer.Option(help="How often to evaluate each way, in turns.")] = 3,
) -> None:
    """Measure, without and with the scores of the outline."""
    with tempfile.TemporaryDirectory() as folder:
        samples = datasets.load("phantom", Path(folder) / "phantoms", n=images, size=size)
        predictor = Predictor(model, image_size=image_size)
        # The first batch compiles the model, which would hide what is outside.
        predictor.predict_batch([datasets.read_image(sample.image) for sample in samples[:8]])
        predictor.members[0].backend = _Timed(predictor.backend)
        runs = {"masks": [], "masks and outlines": []}
        for _ in range(repeats):
            for name, surface in (("masks", False), ("masks and outlines", True)):
                predictor.backend.seconds = 0.0
                seconds = evaluate(predictor, samples, surface=surface)[1]["seconds"]
                runs[name].append({**seconds, "network": predictor.backend.seconds})
    results = [{"scores": name, "runs": seconds, **_median(seconds)} for name, seconds in runs.items()]
    output.parent.mkdir(parents=True, exist_ok=True)
    record = {
        "command": _command(),
        "images": images,
        "size": size,
        "model": model.name,
        "model_size": list(predictor.size),
        "allowed_outside": ALLOWED,
        "results": results,
        "machine": machine(),
        "versions": versions(),
    }
    output.write_text(json.dumps(record, indent=2) + "\n")
    Console().print(_table(results, images, size))


class _Timed:
    """A backend that counts the seconds it works."""

    def __init__(self, backend: Any) -> None:
        self.backend = backend
        self.seconds = 0.0

    def run(self, batch: np.ndarray) -> np.ndarray:
        """Predict."""
        started = time.monotonic()
        found = self.backend.run(batch)
        self.seconds += time.monotonic() - started
        return found


def _median(runs: list[dict[str, float]]) -> dict[str, float]:
    """The run in the middle, by its share outside."""
    middle = sorted(runs, key=lambda run: run["model"] / run["total"])[len(runs) // 2]
    shares = {name: 1 - middle[key] / middle["total"] for name, key in _SHARES.items()}
    return {**middle, **shares}


def _command() -> str:
    words = [word if "/" not in word else f".../{Path(word).name}" for word in sys.argv[1:]]
    return " ".join(["python -P benchmarks/evaluation_speed.py", *words])


def _table(results: list[dict], images: int, size: int) -> Table:
    table = Table("scores", "seconds", "outside predict_batch", "outside the network")
    table.title = f"{images} images of {size}×{size} pixels"
    for row in results:
        table.add_row(row["scores"], f"{row['total']:.2f}", f"{row['outside']:.1%}", f"{row['outside_network']:.1%}")
    table.caption = f"allowed outside: {ALLOWED:.0%}, the scores of the outline excepted"
    return table


if __name__ == "__main__":
    typer.run(main)
