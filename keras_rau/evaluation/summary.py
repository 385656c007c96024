"""Means with confidence intervals, as table, JSON and CSV."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_rau.errors import RauError
from keras_rau.evaluation.scores import KEYS


def summarise(rows: Sequence[dict[str, Any]], seed: int = 0, resamples: int = 2000) -> dict[str, Any]:
    """Mean of every score over images, with 95 % bootstrap intervals over images.

    Args:
        rows: scores per image, as `image_scores` gives them.
        seed: of the bootstrap.
        resamples: how many bootstrap samples.

    Returns:
        `n_images`, the means by the names of `KEYS`, and `ci95`: low and high by the same names.

    Raises:
        RauError: there are no images.
    """
    if not rows:
        raise RauError("There are no images to score.")
    values = np.array([[row[key] for key in KEYS] for row in rows], float)
    rng = np.random.default_rng(seed)
    means = np.stack([values[rng.integers(0, len(rows), len(rows))].mean(axis=0) for _ in range(resamples)])
    low, high = np.percentile(means, [2.5, 97.5], axis=0)
    return {
        "n_images": len(rows),
        **dict(zip(KEYS, values.mean(axis=0).tolist(), strict=True)),
        "ci95": {key: [float(a), float(b)] for key, a, b in zip(KEYS, low, high, strict=True)},
    }


def table(result: dict[str, Any]) -> Any:
    """`rich.table.Table` of a summary."""
    from rich.table import Table

    title = f"{result['n_images']} images of {result.get('dataset', '?')}, {result.get('split', 'all')}"
    shown = Table("score", "mean", "95 % interval", title=title)
    for key in KEYS:
        low, high = result["ci95"][key]
        shown.add_row(key, f"{result[key]:.4f}", f"{low:.4f} to {high:.4f}")
    return shown


def write_json(result: dict[str, Any], path: Path) -> None:
    """Write a summary."""
    _writable(path).write_text(json.dumps(result, indent=2) + "\n")


def write_csv(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Write the scores of every image."""
    with _writable(path).open("w", newline="") as file:
        writer = csv.DictWriter(file, ["id", *KEYS])
        writer.writeheader()
        writer.writerows(rows)


def _writable(path: Path) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("a").close()
    except OSError as error:
        raise RauError(f"Cannot write {path}: {error.strerror}.") from error
    return path
